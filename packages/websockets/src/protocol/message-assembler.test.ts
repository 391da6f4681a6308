import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DataPart } from './frame-decoder.ts';
import { type Message, MessageAssembler } from './message-assembler.ts';

const limits = { maxMessageBytes: 100, maxFragments: 5 };

/** The parts of one frame, cut into the pieces given. */
function frame(opcode: number, isFinal: boolean, ...pieces: (string | Buffer)[]): DataPart[] {
  const payloads = pieces.map(piece => Buffer.from(piece));
  const frameBytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
  return payloads.map((payload, i) => ({
    kind: 'data',
    opcode,
    isFinal,
    frameBytes,
    isFirst: i === 0,
    isLast: i === payloads.length - 1,
    payload,
  }));
}

function assemble(...frames: DataPart[][]): Message[] {
  const assembler = new MessageAssembler(limits);
  return frames.flat().flatMap(part => assembler.add(part) ?? []);
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

  test('refuses bad UTF-8 with the piece that has it, not at the end of the message (6.4)', () => {
    const assembler = new MessageAssembler(limits);
    const [first, second] = frame(1, false, Buffer.from('cebaf4', 'hex'), Buffer.from('90', 'hex'), 'never reached');
    assert.equal(assembler.add(first!), undefined);
    assert.throws(() => assembler.add(second!), { code: 'invalid-utf8' });
  });

  test('refuses a text that ends inside a character, whole or in fragments', () => {
    assert.throws(() => assemble(frame(1, true, Buffer.from('c3', 'hex'))), { code: 'invalid-utf8' });
    assert.throws(() => assemble(frame(1, false, 'a'), frame(0, true, Buffer.from('c3', 'hex'))), {
      code: 'invalid-utf8',
    });
  });

  test('leaves binary bytes unchecked', () => {
    assert.equal(assemble(frame(2, false, Buffer.of(0xff)), frame(0, true, Buffer.of(0xc0))).length, 1);
  });

  test('refuses a message over the limit at its header, before the bytes arrive', () => {
    assert.equal(assemble(frame(2, true, Buffer.alloc(100))).length, 1);
    assert.throws(() => assemble(frame(2, true, Buffer.alloc(101))), { code: 'message-too-big' });
    const announced: DataPart = { ...frame(2, true, '')[0]!, frameBytes: 101, isLast: false };
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
