import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlabPool } from './slab-pool.ts';

const options = { maxBytes: 40, largeSlabBytes: 10, smallSlabBytes: 5, manyTransfers: 2, keptBytes: 10 };

test('slabs are large while few transfers flow and small when many do', () => {
  const pool = new SlabPool(options);
  pool.join();
  assert.equal(pool.acquire().byteLength, 10);
  pool.join();
  pool.join();
  assert.equal(pool.acquire().byteLength, 5);
  assert.equal(pool.usedBytes, 15);
});

test('a slab given back is used again; one of the other size is not kept', () => {
  const pool = new SlabPool(options);
  pool.join();
  const slab = pool.acquire();
  pool.release(slab);
  assert.equal(pool.acquire(), slab);
  pool.join();
  pool.join();
  pool.release(slab);
  assert.deepEqual([pool.usedBytes, pool.freeBytes], [0, 0]);
});

test('it never holds more than its limit, and says when it is used up', () => {
  const pool = new SlabPool(options);
  pool.join();
  const slabs = Array.from({ length: 4 }, () => pool.acquire());
  assert.equal(pool.isUsedUp, true);
  const beyond = pool.acquire();
  let woken = 0;
  pool.onceFree(() => {
    woken += 1;
  });
  pool.release(beyond);
  assert.equal(woken, 0, 'still used up');
  for (const slab of slabs) pool.release(slab);
  assert.equal(woken, 1);
  assert.ok(pool.usedBytes === 0 && pool.freeBytes <= 40);
});

test('with the last transfer the free memory goes, but for what the next small one will want', () => {
  const pool = new SlabPool(options);
  pool.join();
  const slabs = [pool.acquire(), pool.acquire(), pool.acquire()];
  for (const slab of slabs) pool.release(slab);
  assert.equal(pool.freeBytes, 30);
  pool.leave();
  assert.equal(pool.freeBytes, 10);
  pool.join();
  assert.ok(slabs.includes(pool.acquire()), 'one of those');
});

test('a slab that a write held beyond the last transfer is kept only within the same bound', () => {
  const pool = new SlabPool(options);
  pool.join();
  const [first, second] = [pool.acquire(), pool.acquire()];
  pool.leave();
  pool.release(first);
  pool.release(second);
  assert.deepEqual([pool.usedBytes, pool.freeBytes], [0, 10]);
});
