// The sink on a real file: every byte at its place whatever the sizes and gaps, room lent to the kernel, back-pressure, failures
// that are told.
import assert from 'node:assert/strict';
import { write as fsWrite, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { seededRandom } from '@longhaul/testing';
import { FileSink, type WriteParts } from '../../src/transfers/sink.ts';
import { SlabPool } from '../../src/transfers/slab-pool.ts';
import { sha256 } from './room.ts';

const small = { maxBytes: 8_192, largeSlabBytes: 1_024, smallSlabBytes: 256, manyTransfers: 2, keptBytes: 0 };
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
        const room = random.below(2) === 0 ? sink.reserve() : undefined;
        if (room === undefined) {
          canGoOn = sink.write(body.subarray(at, at + length));
          at += length;
        } else {
          // A checkpoint comes while the kernel holds the room.
          if (random.below(4) === 0) sink.submit();
          sink.skip(0);
          for (let used = 0; used < room.byteLength && at < body.byteLength && random.below(5) > 0; ) {
            const gap = Math.min(random.below(40), room.byteLength - used);
            room.fill(255, used, used + gap);
            if (gap > 0) sink.skip(gap);
            const taken = body.copy(room, used + gap, at, Math.min(body.byteLength, at + random.below(length) + 1));
            if (taken > 0) sink.advance(taken);
            used += gap + taken;
            at += taken;
          }
          canGoOn = !sink.isFull;
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

  test("a slab whose room is lent is nobody else's, although a checkpoint wrote what was in it", async () => {
    const pool = new SlabPool(small);
    using first = new FileSink(file.fd, 0, pool);
    using second = new FileSink(file.fd, 1_000, pool);
    first.reserve()?.write('begun ');
    first.advance(6);
    const lent = first.reserve();
    assert.equal(await first.flush(), 6);
    second.write(Buffer.from('another file'));
    lent?.write('and ended');
    first.advance(9);
    await Promise.all([first.flush(), second.flush()]);
    const written = readFileSync(join(folder, 'f'), 'utf8');
    assert.deepEqual([written.slice(0, 15), written.slice(1_000)], ['begun and ended', 'another file']);
  });

  test('room that is lent takes no copies', () => {
    using sink = new FileSink(file.fd, 0, new SlabPool(small));
    sink.reserve();
    assert.throws(() => sink.write(Buffer.from('x')), /kernel/);
  });

  test('nothing is lent while it is full or the pool is used up: then copies are taken all the same', async () => {
    const pool = new SlabPool({ ...small, maxBytes: 1_024 });
    using first = new FileSink(file.fd, 0, pool);
    using second = new FileSink(file.fd, 1_000, pool);
    assert.ok(first.reserve());
    assert.equal(second.reserve(), undefined);
    assert.equal(second.write(Buffer.from('late')), false);
    assert.equal(second.reserve(), undefined);
    assert.equal(await second.flush(), 1_004);
  });

  test('short bodies between gaps are one write, long ones several parts of one', async () => {
    const body = Buffer.alloc(30_000, 'abcdefghi');
    const calls: number[][] = [];
    const write: WriteParts = (_fd, parts, _position, written) => {
      calls.push(parts.map(part => part.byteLength));
      written(null, 30_000);
    };
    using sink = new FileSink(file.fd, 0, new SlabPool({ ...small, largeSlabBytes: 64_000, maxBytes: 640_000 }), write);
    sink.reserve()?.set(body);
    for (const bytes of [100, 200, 10_000, 300, 12_000]) {
      sink.skip(7);
      sink.advance(bytes);
    }
    assert.equal(await sink.flush(), 22_600);
    assert.deepEqual(calls, [[300, 10_300, 12_000]]);
  });

  test('a write that takes less is continued, in the middle of a part or between two', async () => {
    const body = Buffer.alloc(40_000, '0123456789abc');
    const write: WriteParts = (fd, parts, position, written) => {
      const some = Buffer.concat(parts).subarray(0, 7_001);
      fsWrite(fd, some, 0, some.byteLength, position, written);
    };
    using sink = new FileSink(file.fd, 0, new SlabPool({ ...small, largeSlabBytes: 64_000, maxBytes: 640_000 }), write);
    const room = sink.reserve();
    let [used, taken] = [0, 0];
    for (const bytes of [9_000, 14_002, 16_998]) {
      body.copy(room!, used + 5, taken, taken + bytes);
      sink.skip(5);
      sink.advance(bytes);
      used += 5 + bytes;
      taken += bytes;
    }
    assert.equal(await sink.flush(), 40_000);
    assert.equal(sha256(readFileSync(join(folder, 'f'))), sha256(body));
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
