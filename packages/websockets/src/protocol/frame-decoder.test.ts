// Every stream of bytes is decoded whole, cut at every byte, and byte by byte, and again with trailing bytes behind it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byteSplits, singleBytes } from '@longhaul/testing';
import { WebSocketError } from '../errors.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { encodeFrame } from './frame-encoder.ts';
import type { Role } from './opcodes.ts';

const key = 0x3d21fa37; // 37 fa 21 3d on the wire, as in RFC 6455 §5.7

/** `opcode final length payload` per frame, then the code of the error if there was one. */
function decode(pieces: readonly Buffer[], role: Role): string[] {
  const decoder = new FrameDecoder(role);
  const seen: string[] = [];
  let payload: Buffer[] = [];
  try {
    for (const piece of pieces) {
      decoder.push(piece);
      for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
        if (event.kind === 'control') seen.push(`${event.opcode} final ${event.payload.toString('latin1')}`);
        else {
          assert.equal(event.isFirst, payload.length === 0);
          payload.push(Buffer.from(event.payload));
          if (!event.isLast) continue;
          const whole = Buffer.concat(payload);
          payload = [];
          assert.equal(whole.length, event.frameBytes);
          seen.push(`${event.opcode} ${event.isFinal ? 'final' : 'more'} ${whole.toString('latin1')}`);
        }
      }
    }
  } catch (error) {
    assert.ok(error instanceof WebSocketError, String(error));
    seen.push(error.code);
  }
  return seen;
}

const frame = (code: number, text: string, isFinal = true) =>
  encodeFrame(code, isFinal, Buffer.from(text, 'latin1'), key);

const cases: [name: string, bytes: Buffer, seen: string[]][] = [
  ['the masked hello of RFC 6455 §5.7', Buffer.from('818537fa213d7f9f4d5158', 'hex'), ['1 final Hello']],
  ['an empty text', frame(1, ''), ['1 final ']],
  [
    'an empty binary frame between two pings',
    Buffer.concat([frame(9, 'a'), frame(2, ''), frame(9, 'b')]),
    ['9 final a', '2 final ', '9 final b'],
  ],
  [
    'fragments with a ping inside',
    Buffer.concat([frame(1, 'ab', false), frame(9, 'p'), frame(0, '', false), frame(0, 'c')]),
    ['1 more ab', '9 final p', '0 more ', '0 final c'],
  ],
  ['125 bytes', frame(2, 'x'.repeat(125)), [`2 final ${'x'.repeat(125)}`]],
  ['126 bytes', frame(2, 'x'.repeat(126)), [`2 final ${'x'.repeat(126)}`]],
  ['a close with a code', frame(8, '\x03\xe8'), ['8 final \x03\xe8']],
  ['a good frame, then RSV1', Buffer.concat([frame(1, 'ok'), Buffer.of(0xc1)]), ['1 final ok', 'reserved-bits']],
  ['RSV2 on a ping', Buffer.of(0xa9), ['reserved-bits']],
  ['RSV3 on a close', Buffer.of(0x98), ['reserved-bits']],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    code => [`reserved opcode ${code}`, Buffer.of(0x80 | code), ['reserved-opcode']] as [string, Buffer, string[]],
  ),
  ['a close of one byte', Buffer.of(0x88, 0x81), ['close-payload-invalid']],
  ['a fragmented ping', Buffer.of(0x09), ['control-fragmented']],
  ['a ping of 126 bytes', Buffer.of(0x89, 0xfe), ['control-too-long']],
  ['a continuation of nothing', Buffer.of(0x80), ['unexpected-continuation']],
  [
    'a continuation after a finished message',
    Buffer.concat([frame(1, 'a', false), frame(0, 'b'), Buffer.of(0x00)]),
    ['1 more a', '0 final b', 'unexpected-continuation'],
  ],
  [
    'a text inside a text',
    Buffer.concat([frame(1, 'a', false), Buffer.of(0x81)]),
    ['1 more a', 'expected-continuation'],
  ],
  ['an unmasked frame', Buffer.of(0x81, 0x00), ['mask-missing']],
  ['16 bits for a length of 125', Buffer.of(0x82, 0xfe, 0x00, 0x7d), ['length-not-minimal']],
  ['64 bits for a length of 65,535', Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff), ['length-not-minimal']],
  ['a 64-bit length with its top bit set', Buffer.of(0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0), ['length-out-of-range']],
];

describe('the frame decoder of a server', () => {
  for (const [name, bytes, seen] of cases) {
    test(`sees ${name}, however the bytes are cut`, () => {
      for (const pieces of byteSplits(bytes)) assert.deepEqual(decode(pieces, 'server'), seen);
    });
    test(`sees ${name} before trailing bytes`, () => {
      const isBroken = seen.some(entry => /^[a-z]/.test(entry));
      const withMore = Buffer.concat([bytes, frame(9, 'tail')]);
      const expected = isBroken ? seen : [...seen, '9 final tail'];
      // A lone offending byte takes what follows for the rest of its header; the offence stays the same.
      assert.deepEqual(decode([Buffer.from(withMore)], 'server'), expected);
      assert.deepEqual(decode(singleBytes(withMore), 'server'), expected);
    });
  }

  test('gives out the header of a frame before its payload arrives', () => {
    const decoder = new FrameDecoder('server');
    decoder.push(Buffer.from('82ff0000000000100000aabbccdd', 'hex'));
    const part = decoder.next();
    assert.ok(part?.kind === 'data');
    assert.equal(part.frameBytes, 1_048_576);
    assert.equal(part.payload.length, 0);
    assert.equal(part.isLast, false);
    assert.equal(decoder.pendingBytes, 0);
  });

  test('unmasks a large frame cut at odd places', () => {
    const payload = Buffer.from(Uint8Array.from({ length: 70_001 }, (_, i) => i * 7));
    const bytes = encodeFrame(2, true, payload, key);
    for (const step of [1, 3, 997, 65_536]) {
      const decoder = new FrameDecoder('server');
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        decoder.push(Buffer.from(bytes.subarray(at, at + step)));
        for (let part = decoder.next(); part !== undefined; part = decoder.next())
          parts.push(Buffer.from(part.payload));
      }
      assert.ok(Buffer.concat(parts).equals(payload), `in pieces of ${step}`);
    }
  });

  test('takes a backlog of many pushed pieces', () => {
    const decoder = new FrameDecoder('server');
    for (const piece of singleBytes(Buffer.concat([frame(1, 'one'), frame(1, 'two')]))) decoder.push(piece);
    assert.equal(decoder.pendingBytes, 18);
    const seen: string[] = [];
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) seen.push(event.payload.toString());
    assert.equal(seen.join(''), 'onetwo');
    assert.equal(decoder.pendingBytes, 0);
  });
});

describe('where deflate was agreed on', () => {
  const rows: [name: string, first: number, outcome: string][] = [
    ['a text', 0xc1, 'deflated'],
    ['the first fragment of a binary', 0x42, 'deflated'],
    ['a continuation', 0x40, 'reserved-bits'],
    ['a close', 0xc8, 'reserved-bits'],
    ['a ping', 0xc9, 'reserved-bits'],
    ['a pong', 0xca, 'reserved-bits'],
    ['a text with RSV2 too', 0xe1, 'reserved-bits'],
    ['a reserved opcode', 0xc3, 'reserved-bits'],
  ];
  for (const [name, first, outcome] of rows) {
    test(`RSV1 on ${name}: ${outcome}`, () => {
      const bytes = Buffer.concat([Buffer.of(first, 0x81), Buffer.of(0, 0, 0, 0), Buffer.from('x')]);
      for (const pieces of byteSplits(bytes)) {
        const decoder = new FrameDecoder('server', true);
        let seen = '';
        try {
          for (const piece of pieces) {
            decoder.push(piece);
            for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
              seen = event.isCompressed ? 'deflated' : 'plain';
            }
          }
        } catch (error) {
          seen = (error as WebSocketError).code;
        }
        assert.equal(seen, outcome);
      }
    });
  }
});

test('a length that a number cannot hold is refused at its header (CVE-2026-1528)', () => {
  const decoder = new FrameDecoder('server');
  decoder.push(Buffer.from('82ff7fffffffffffffff00000000', 'hex'));
  assert.throws(() => decoder.next(), { code: 'message-too-big' });
});

describe('the frame decoder of a client', () => {
  test('sees unmasked frames and refuses masked ones', () => {
    const hello = Buffer.from('810548656c6c6f', 'hex');
    for (const pieces of byteSplits(hello)) assert.deepEqual(decode(pieces, 'client'), ['1 final Hello']);
    for (const pieces of byteSplits(frame(1, 'x'))) assert.deepEqual(decode(pieces, 'client'), ['mask-forbidden']);
  });
});
