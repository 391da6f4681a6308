import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { Deflater } from './deflater.ts';
import { History } from './history.ts';
import { ZlibSlots } from './zlib-slots.ts';

test('a history is the end of all that was appended, whatever the sizes', () => {
  for (const limit of [1, 7, 512, 4_096]) {
    const history = new History(limit);
    let all = Buffer.alloc(0);
    assert.equal(history.last, undefined);
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.alloc((i * 37) % 61 === 0 ? limit * 2 : (i * 13) % (limit + 3), i);
      history.append(bytes);
      all = Buffer.concat([all, bytes]).subarray(-limit);
      assert.deepEqual(history.last ?? Buffer.alloc(0), all, `limit ${limit}, step ${i}`);
    }
    history.clear();
    assert.equal(history.last, undefined);
  }
});

test('slots let so many start, then one for each that is released, in order', () => {
  const slots = new ZlibSlots(2);
  const started: number[] = [];
  for (let i = 0; i < 5; i++) slots.acquire(() => started.push(i));
  assert.deepEqual(started, [0, 1]);
  slots.release();
  slots.release();
  assert.deepEqual(started, [0, 1, 2, 3]);
  for (let i = 0; i < 3; i++) slots.release();
  slots.acquire(() => started.push(9));
  assert.deepEqual(started, [0, 1, 2, 3, 4, 9]);
});

describe('what a deflater makes is read by one inflater that keeps its window', () => {
  const settings = { level: 3, thresholdBytes: 0 } as never;
  for (const sendWindowBits of [9, 10, 12, 15]) {
    for (const sendKeepsContext of [true, false]) {
      test(`with ${sendWindowBits} bits, context ${sendKeepsContext ? 'kept' : 'let go'}`, () => {
        const agreement = { sendWindowBits, sendKeepsContext, receiveWindowBits: 15, receiveKeepsContext: true };
        const deflater = new Deflater(agreement, settings);
        const stream: Uint8Array[] = [];
        const plain: Buffer[] = [];
        for (let i = 0; i < 60; i++) {
          const bytes = Buffer.from(`{"id":${i},"text":"${'lorem ipsum '.repeat((i * 7) % 80)}"}`);
          const isShared = i % 5 === 0;
          const deflated = isShared ? deflater.deflateAlone(bytes) : deflater.deflate(bytes, true);
          deflater.sent(bytes, true);
          stream.push(deflated, Buffer.of(0, 0, 0xff, 0xff));
          plain.push(bytes);
        }
        // A window of just the promised size: a distance beyond it would be refused.
        const inflated = inflateRawSync(Buffer.concat(stream), {
          windowBits: sendWindowBits,
          finishFlush: constants.Z_SYNC_FLUSH,
        });
        assert.ok(inflated.equals(Buffer.concat(plain)));
      });
    }
  }

  test('empty messages and empty last parts are one byte (RFC 7692 §7.2.3.6)', () => {
    const agreement = { sendWindowBits: 15, sendKeepsContext: true, receiveWindowBits: 15, receiveKeepsContext: true };
    const deflater = new Deflater(agreement, settings);
    assert.deepEqual(deflater.deflate(Buffer.alloc(0), true), Buffer.of(0));
    assert.equal(deflater.deflate(Buffer.alloc(0), false).length, 0);
    assert.equal(deflateRawSync(Buffer.alloc(0)).toString('hex'), '0300');
  });

  test('a window of 8 bits, which zlib cannot do, is never compressed into', () => {
    const agreement = { sendWindowBits: 8, sendKeepsContext: true, receiveWindowBits: 15, receiveKeepsContext: true };
    assert.equal(new Deflater(agreement, settings).wants(1_000), false);
  });
});
