// Group 9 of websocket-conformance.md: big messages, many fragments, many small reads, many round trips; what comes back is
// compared byte by byte, which the suite does not do. All rows on HTTP/1.1, the largest of each on the other transports.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { FrameDecoder } from '../src/protocol/frame-decoder.ts';
import type { TestServer } from './echo-server.ts';
import { closeFrame, frame, type RawClient } from './raw-client.ts';
import { openRaw, serveOn, transports } from './transports.ts';

after(leakCheck());

const kib = 1_024;
const mib = kib * kib;

/** Sends pieces of the socket's bytes and gives opcode, length and hash of the messages that come back. */
async function echoes(client: RawClient, pieces: Iterable<Buffer>, count: number): Promise<string[]> {
  const decoder = new FrameDecoder('client');
  const messages: string[] = [];
  let hash = createHash('sha1');
  let type = 0;
  let length = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (bytes: Buffer) => {
    decoder.push(Buffer.from(bytes));
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      if (event.kind === 'control') continue;
      if (event.isFirst && event.opcode !== 0) type = event.opcode;
      hash.update(event.payload);
      length += event.payload.length;
      if (!event.isLast || !event.isFinal) continue;
      messages.push(`${type} ${length} ${hash.digest('hex')}`);
      hash = createHash('sha1');
      length = 0;
    }
  });
  for (const piece of pieces) {
    if (!client.socket.write(piece)) await new Promise(resolve => client.socket.once('drain', resolve));
  }
  await waitFor(`${count} echoes, so far ${messages.length}`, () => messages.length >= count || client.hasEnded, {
    timeoutMs: 60_000,
  });
  await client.send(closeFrame(1000));
  await client.ended();
  return messages;
}

const seenAs = (opcode: number, payload: Buffer) =>
  `${opcode} ${payload.length} ${createHash('sha1').update(payload).digest('hex')}`;
const contentOf = (length: number) => Buffer.alloc(length, 'longhaul, 0123456789; ');

function* inPieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Full fragments and an empty last one, many to a write. */
function* inFragments(opcode: number, payload: Buffer, size: number): Generator<Buffer> {
  let batch: Buffer[] = [];
  for (let at = 0; at < payload.length; at += size) {
    batch.push(frame(at === 0 ? opcode : 0, payload.subarray(at, at + size), false));
    if (batch.length < 1_000) continue;
    yield Buffer.concat(batch);
    batch = [];
  }
  yield Buffer.concat([...batch, frame(0, '')]);
}

for (const transport of transports) {
  const all = transport.name === 'HTTP/1.1';
  /** All rows here, the last one elsewhere. */
  const rows = <T>(values: readonly T[]) => (all ? values : values.slice(-1));

  describe(transport.name, () => {
    let server: TestServer;
    before(async () => {
      server = await serveOn(transport, { maxMessageBytes: 16 * mib, maxFragments: 65_537 });
    });
    after(() => server[Symbol.asyncDispose]());

    const comesBack = async (opcode: number, payload: Buffer, pieces: Iterable<Buffer>) => {
      using client = await openRaw(transport, server);
      assert.deepEqual(await echoes(client, pieces, 1), [seenAs(opcode, payload)]);
    };

    for (const [group, opcode] of [
      ['9.1 text', 1],
      ['9.2 binary', 2],
    ] as const) {
      for (const length of rows([64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib])) {
        test(`${group} of ${length} bytes in one frame`, async () => {
          const payload = contentOf(length);
          await comesBack(opcode, payload, [frame(opcode, payload)]);
        });
      }
    }

    for (const [group, opcode] of [
      ['9.3 text', 1],
      ['9.4 binary', 2],
    ] as const) {
      for (const size of rows([4 * mib, mib, 256 * kib, 64 * kib, 16 * kib, 4 * kib, kib, 256, 64])) {
        test(`${group} of 4 MiB in fragments of ${size} bytes: ${(4 * mib) / size + 1} frames`, async () => {
          const payload = contentOf(4 * mib);
          await comesBack(opcode, payload, inFragments(opcode, payload, size));
        });
      }
    }

    for (const [group, opcode] of [
      ['9.5 text', 1],
      ['9.6 binary', 2],
    ] as const) {
      for (const size of rows([2 * kib, kib, 512, 256, 128, 64])) {
        test(`${group} of 1 MiB written in pieces of ${size} bytes`, async () => {
          const payload = contentOf(mib);
          await comesBack(opcode, payload, inPieces(frame(opcode, payload), size));
        });
      }
    }

    for (const [group, opcode] of [
      ['9.7 text', 1],
      ['9.8 binary', 2],
    ] as const) {
      for (const length of rows([0, 16, 64, 256, kib, 4 * kib])) {
        test(`${group}: 1,000 messages of ${length} bytes`, async () => {
          const payload = contentOf(length);
          using client = await openRaw(transport, server);
          const sent = Array.from({ length: 1_000 }, () => frame(opcode, payload));
          assert.deepEqual(await echoes(client, sent, 1_000), Array(1_000).fill(seenAs(opcode, payload)));
        });
      }
    }
  });
}

describe('limits at their edges', () => {
  const [http1] = transports;
  test('65,537 fragments pass where that is the limit, one more does not (1008)', async () => {
    await using server = await serveOn(http1!, { maxFragments: 65_537 });
    using client = await openRaw(http1!, server);
    const payload = Buffer.alloc(65_537, 'x');
    for (const piece of inFragments(1, payload, 1)) client.socket.write(piece);
    await client.ended();
    assert.deepEqual(client.frames, ['8:03f0']);
  });
  test('a message of the limit passes, one byte more does not (1009), in one frame and in two', async () => {
    await using server = await serveOn(http1!, { maxMessageBytes: 100_000 });
    const whole = Buffer.alloc(100_000, 'x');
    for (const pieces of [[frame(2, whole)], [frame(2, whole.subarray(1), false), frame(0, 'x')]]) {
      using client = await openRaw(http1!, server);
      assert.deepEqual(await echoes(client, pieces, 1), [seenAs(2, whole)]);
    }
    for (const pieces of [[frame(2, Buffer.alloc(100_001))], [frame(2, whole, false), frame(0, 'x')]]) {
      using client = await openRaw(http1!, server);
      await client.send(...pieces);
      await client.ended();
      assert.deepEqual(client.frames, ['8:03f1']);
    }
  });
});
