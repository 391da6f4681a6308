// The sink on a real file: every byte at its place whatever the sizes, back-pressure, failures that are told.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { seededRandom } from '@longhaul/testing';
import { FileSink } from '../../src/transfers/sink.ts';
import { SlabPool } from '../../src/transfers/slab-pool.ts';
import { sha256 } from './room.ts';

const small = { maxBytes: 8_192, largeSlabBytes: 1_024, smallSlabBytes: 256, manyTransfers: 2 };
let folder: string;
let file: FileHandle;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'longhaul-sink-'));
  file = await open(join(folder, 'f'), 'w+');
});
afterEach(async () => {
  await file.close();
  rmSync(folder, { recursive: true, force: true });
});
const drained = (sink: FileSink) => new Promise<void>(resolve => sink.onceDrained(resolve));

describe('the sink', () => {
  test('chunks of any size, copied in or filled in place, make the same file', async () => {
    const random = seededRandom();
    process.stderr.write(`sink test: LONGHAUL_SEED=${random.seed}\n`);
    const body = random.bytes(200_000);
    const pool = new SlabPool(small);
    {
      using sink = new FileSink(file.fd, 0, pool);
      for (let at = 0; at < body.byteLength; ) {
        const length = Math.min(body.byteLength - at, 1 + random.below(random.pick([3, 1_500, 5_000])));
        let canGoOn: boolean;
        if (random.below(2) === 0) {
          canGoOn = sink.write(body.subarray(at, at + length));
          at += length;
        } else {
          const room = sink.reserve();
          const taken = body.copy(room, 0, at, Math.min(at + length, at + room.byteLength));
          canGoOn = sink.advance(taken);
          at += taken;
        }
        // Some sources deliver a little more after a pause.
        if (!canGoOn && random.below(3) > 0) await drained(sink);
        if (random.below(20) === 0) assert.ok((await sink.flush()) <= at);
        assert.ok(sink.writtenOffset <= sink.receivedOffset);
      }
      assert.equal(await sink.flush(), body.byteLength);
      assert.equal(sink.writtenOffset, body.byteLength);
    }
    assert.equal(sha256(readFileSync(join(folder, 'f'))), sha256(body));
    assert.equal(pool.usedBytes, 0, 'every slab was given back');
  });

  test('it begins where it is told to', async () => {
    await file.write('0123456789');
    using sink = new FileSink(file.fd, 4, new SlabPool(small));
    sink.write(Buffer.from('ab'));
    assert.deepEqual([sink.receivedOffset, sink.writtenOffset], [6, 4]);
    assert.equal(await sink.flush(), 6);
    assert.equal(readFileSync(join(folder, 'f'), 'utf8'), '0123ab6789');
  });

  test('three writes in flight are enough: it is full until one has ended', async () => {
    using sink = new FileSink(file.fd, 0, new SlabPool(small));
    assert.equal(sink.write(Buffer.alloc(2 * 1_024)), true);
    assert.equal(sink.write(Buffer.alloc(1_024)), false);
    assert.equal(sink.isFull, true);
    await drained(sink);
    assert.equal(sink.isFull, false);
    await sink.flush();
  });

  test('a used-up pool holds transfers back without holding them up for ever', async () => {
    const pool = new SlabPool({ ...small, maxBytes: 3_072 });
    const sinks = [0, 1].map(at => new FileSink(file.fd, at * 100_000, pool));
    for (const sink of sinks) {
      for (let round = 0; round < 40; round += 1) {
        if (!sink.write(Buffer.alloc(700, 7))) await drained(sink);
      }
    }
    assert.deepEqual(await Promise.all(sinks.map(sink => sink.flush())), [28_000, 128_000]);
    for (const sink of sinks) sink[Symbol.dispose]();
    assert.equal(pool.usedBytes, 0);
  });

  test('a failed write is told, wakes who waits, and what came before it still counts', async () => {
    await using readOnly = await open(join(folder, 'f'), 'r');
    const pool = new SlabPool(small);
    const sink = new FileSink(readOnly.fd, 0, pool);
    sink.write(Buffer.alloc(3 * 1_024));
    await drained(sink);
    await assert.rejects(sink.flush(), { code: 'EBADF' });
    assert.ok(sink.error);
    assert.equal(sink.writtenOffset, 0);
    sink.write(Buffer.alloc(5_000));
    await drained(sink);
    await assert.rejects(sink.flush(), { code: 'EBADF' });
    sink[Symbol.dispose]();
    assert.equal(pool.usedBytes, 0);
  });
});
