import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MessageAssembler } from './message-assembler.ts';
import type { Message, MessagePart } from './message-parts.ts';

const limits = { maxMessageBytes: 100, maxFragments: 5 };

/** The parts of one frame, cut into the pieces given. */
function frame(opcode: number, isFinal: boolean, ...pieces: (string | Buffer)[]): MessagePart[] {
  const payloads = pieces.map(piece => Buffer.from(piece));
  const frameBytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
  return payloads.map((payload, i) => ({
    type: opcode === 1 ? 'text' : 'binary',
    announcedBytes: i === 0 ? frameBytes : 0,
    fragments: i === 0 ? 1 : 0,
    startsMessage: i === 0 && opcode !== 0,
    endsMessage: i === payloads.length - 1 && isFinal,
    isCompressed: false,
    payload,
  }));
}

/** Continuations have the type of what they continue. */
function assemble(...frames: MessagePart[][]): Message[] {
  const assembler = new MessageAssembler(limits);
  const type = frames[0]![0]!.type;
  return frames
    .flat()
    .flatMap(part => assembler.add(frames.length > 1 && !part.startsMessage ? { ...part, type } : part) ?? []);
}

describe('the message assembler', () => {
  test('gives a message that came in one piece', () => {
    assert.deepEqual(assemble(frame(1, true, 'héllo'), frame(2, true, Buffer.of(1, 2))), [
      { type: 'text', data: 'héllo' },
      { type: 'binary', data: Buffer.of(1, 2) },
    ]);
  });

  test('puts pieces and fragments together, empty ones too (5.3, 6.1)', () => {
    assert.deepEqual(assemble(frame(1, false, '', 'a', 'b'), frame(0, false, ''), frame(0, true, 'c')), [
      { type: 'text', data: 'abc' },
    ]);
    assert.deepEqual(assemble(frame(1, false, ''), frame(0, false, ''), frame(0, true, '')), [
      { type: 'text', data: '' },
    ]);
    assert.deepEqual(assemble(frame(2, false, 'x'), frame(0, true, '')), [{ type: 'binary', data: Buffer.from('x') }]);
  });

  test('takes a character that is cut between fragments (6.2)', () => {
    const bytes = Buffer.from('κό');
    assert.deepEqual(assemble(frame(1, false, bytes.subarray(0, 1)), frame(0, true, bytes.subarray(1))), [
      { type: 'text', data: 'κό' },
    ]);
  });

  test('gives the beginning of a message to somebody who wants it in pieces', () => {
    const assembler = new MessageAssembler(limits);
    for (const part of frame(1, false, 'ab', 'c')) assembler.add(part);
    const begun = assembler.release('text');
    assert.equal(begun.payload.toString(), 'abc');
    assert.deepEqual([begun.fragments, begun.announcedBytes, begun.startsMessage], [1, 3, true]);
    assert.equal(assembler.add(frame(2, true, 'next')[0]!)?.data.toString(), 'next');
  });

  test('refuses a message over the limit at its header, before the bytes arrive', () => {
    assert.equal(assemble(frame(2, true, Buffer.alloc(100))).length, 1);
    assert.throws(() => assemble(frame(2, true, Buffer.alloc(101))), { code: 'message-too-big' });
    const announced = { ...frame(2, true, '')[0]!, announcedBytes: 101, endsMessage: false };
    assert.throws(() => new MessageAssembler(limits).add(announced), { code: 'message-too-big' });
    assert.throws(() => assemble(frame(2, false, Buffer.alloc(60)), frame(0, true, Buffer.alloc(41))), {
      code: 'message-too-big',
    });
  });

  test('refuses one fragment too many', () => {
    const parts = (count: number) =>
      Array.from({ length: count }, (_, i) => frame(i === 0 ? 2 : 0, i === count - 1, 'x'));
    assert.equal(assemble(...parts(5)).length, 1);
    assert.throws(() => assemble(...parts(6)), { code: 'too-many-fragments' });
  });

  test('gives binary data that is not a view of what was pushed', () => {
    for (const frames of [
      [frame(2, true, Buffer.alloc(50, 1))],
      [frame(2, false, Buffer.alloc(50, 1)), frame(0, true, '')],
    ]) {
      const pushed = frames[0]![0]!.payload;
      const [message] = assemble(...frames);
      pushed.fill(9);
      assert.deepEqual(message?.data, Buffer.alloc(50, 1));
    }
  });
});
