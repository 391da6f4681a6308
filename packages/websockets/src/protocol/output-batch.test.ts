import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveSettings } from '../options.ts';
import { ConnectionCore } from './connection.ts';
import { encodeFrame } from './frame-encoder.ts';
import { FrameJoins } from './frame-joins.ts';
import { MessageAssembler } from './message-assembler.ts';
import { isPart } from './message-parts.ts';
import { OutputBatch } from './output-batch.ts';

function messagesIn(chunks: readonly Uint8Array[], role: 'client' | 'server'): (string | Buffer)[] {
  const settings = resolveSettings({ maxMessageBytes: 1e9, maxFragments: 1e9 });
  const core = new ConnectionCore(role, settings, role === 'client' ? () => 0 : undefined, 0);
  const assembler = new MessageAssembler(settings);
  const seen: (string | Buffer)[] = [];
  for (const chunk of chunks) core.push(Buffer.from(chunk), 0);
  for (let item = core.next(() => 0); item !== undefined; item = core.next(() => 0)) {
    const message = isPart(item) ? assembler.add(item) : item;
    if (message !== undefined) seen.push(message.data);
  }
  assert.equal(core.pendingBytes, 0);
  return seen;
}

const lengths = [0, 1, 41, 42, 125, 126, 127, 341, 1_024, 1_025, 16_383, 16_384, 65_535, 65_536, 70_000];

describe('an output batch', () => {
  test('writes the frames of RFC 6455 §5.7', () => {
    const server = new OutputBatch(undefined);
    server.addText(1, true, 'Hello');
    assert.equal(Buffer.concat(server.take()).toString('hex'), '810548656c6c6f');
    const client = new OutputBatch(() => 0x3d21fa37);
    client.addText(1, true, 'Hello');
    assert.equal(Buffer.concat(client.take()).toString('hex'), '818537fa213d7f9f4d5158');
    assert.equal(encodeFrame(2, true, Buffer.alloc(256), undefined).subarray(0, 4).toString('hex'), '827e0100');
    assert.equal(
      encodeFrame(2, true, Buffer.alloc(65_536), undefined).subarray(0, 10).toString('hex'),
      '827f0000000000010000',
    );
  });

  for (const role of ['client', 'server'] as const) {
    test(`of a ${role} carries texts and bytes of every length class, in order`, () => {
      const batch = new OutputBatch(role === 'client' ? () => 0x12345678 : undefined);
      const sent: (string | Buffer)[] = [];
      for (const length of lengths) {
        for (const text of ['a'.repeat(length), 'é'.repeat(length), '漢'.repeat(length)]) {
          batch.addText(1, true, text);
          sent.push(text);
        }
        const bytes = Buffer.alloc(length, length);
        batch.addBytes(2, true, bytes);
        sent.push(bytes);
      }
      const expectedBytes = batch.bytes;
      const chunks = batch.take();
      assert.equal(
        chunks.reduce((sum, chunk) => sum + chunk.length, 0),
        expectedBytes,
      );
      assert.deepEqual(messagesIn(chunks, role === 'client' ? 'server' : 'client'), sent);
      assert.equal(batch.bytes, 0);
      assert.deepEqual(batch.take(), []);
    });
  }

  test('puts sixteen small messages into one buffer', () => {
    const batch = new OutputBatch(undefined);
    for (let i = 0; i < 16; i++) batch.addText(1, true, 'x'.repeat(10));
    assert.equal(batch.take().length, 1);
    const frame = encodeFrame(1, true, Buffer.from('shared'), undefined);
    for (let i = 0; i < 8; i++) batch.addFrame(frame);
    const chunks = batch.take();
    assert.equal(chunks.length, 1);
    assert.deepEqual(messagesIn(chunks, 'client'), Array(8).fill('shared'));
  });

  test('passes a lone shared frame on without a copy', () => {
    const batch = new OutputBatch(undefined);
    const frame = encodeFrame(1, true, Buffer.from('shared'), undefined);
    batch.addFrame(frame);
    assert.equal(batch.take()[0], frame);
    batch.addFrame(frame);
    assert.equal(batch.takeWhole(), frame);
    assert.equal(batch.bytes, 0);
    assert.equal(batch.takeWhole(), undefined);
  });

  test('is taken whole where it is one buffer, and stays as it is where it is more', () => {
    const batch = new OutputBatch(undefined);
    batch.addText(1, true, 'a');
    batch.addText(1, true, 'b');
    assert.deepEqual(messagesIn([batch.takeWhole()!], 'client'), ['a', 'b']);
    batch.addText(1, true, 'c');
    batch.addBytes(1, true, Buffer.alloc(20_000, 'd'));
    assert.equal(batch.takeWhole(), undefined);
    assert.deepEqual(messagesIn(batch.take(), 'client'), ['c', 'd'.repeat(20_000)]);
  });

  test('keeps the order of shared frames among others', () => {
    const batch = new OutputBatch(undefined);
    const shared = (text: string) => encodeFrame(1, true, Buffer.from(text), undefined);
    batch.addText(1, true, 'a');
    batch.addFrame(shared('b'));
    batch.addFrame(shared('c'.repeat(20_000)));
    batch.addFrame(shared('d'));
    batch.addText(1, true, 'e');
    assert.deepEqual(messagesIn(batch.take(), 'client'), ['a', 'b', 'c'.repeat(20_000), 'd', 'e']);
  });

  test('gives a batch that is as long as the last one out as one chunk', () => {
    const batch = new OutputBatch(undefined);
    const chunksOfSixteen = () => {
      for (let i = 0; i < 16; i++) batch.addText(1, true, 'x'.repeat(100));
      return batch.take().map(chunk => chunk.length);
    };
    assert.equal(chunksOfSixteen().length, 3);
    assert.deepEqual(chunksOfSixteen(), [16 * 102]);
    assert.deepEqual(chunksOfSixteen(), [16 * 102]);
  });

  test('joins shared frames once for all connections that send them in the same order', () => {
    const shared = (text: string) => ({
      frame: encodeFrame(1, true, Buffer.from(text), undefined),
      joins: new FrameJoins(),
    });
    const frames = ['a', 'b', 'c'].map(shared);
    const same = [new OutputBatch(undefined), new OutputBatch(undefined)];
    const own = new OutputBatch(undefined);
    const late = new OutputBatch(undefined);
    own.addText(1, true, 'own');
    for (const [index, { frame, joins }] of frames.entries()) {
      for (const batch of [...same, own]) batch.addFrame(frame, joins);
      if (index > 0) late.addFrame(frame, joins);
    }
    late.addText(1, true, 'end');
    const [first, second] = same.map(batch => batch.take());
    assert.equal(first!.length, 1);
    assert.equal(first![0], second![0], 'the very same bytes');
    assert.deepEqual(messagesIn(first!, 'client'), ['a', 'b', 'c']);
    assert.equal(own.bytes, 3 * 3 + 5);
    assert.deepEqual(messagesIn(own.take(), 'client'), ['own', 'a', 'b', 'c']);
    assert.deepEqual(messagesIn(late.take(), 'client'), ['b', 'c', 'end']);
    assert.deepEqual(messagesIn(first!, 'client'), ['a', 'b', 'c'], 'untouched by the others');
  });

  test('never writes to bytes it has given out', () => {
    const one = new OutputBatch(undefined);
    const other = new OutputBatch(undefined);
    const taken: { chunks: Uint8Array[]; copy: Buffer }[] = [];
    for (let round = 0; round < 200; round++) {
      for (const batch of [one, other]) {
        batch.addText(1, true, `${round}`.repeat(round));
        batch.addBytes(2, true, Buffer.alloc(round, round));
        const chunks = batch.take();
        taken.push({ chunks, copy: Buffer.concat(chunks) });
      }
    }
    for (const { chunks, copy } of taken) assert.ok(Buffer.concat(chunks).equals(copy));
  });
});
