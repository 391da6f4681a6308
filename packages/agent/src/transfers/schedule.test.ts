import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferQueue } from './schedule.ts';

const queueOf = (maxActive: number, maxActivePerHost: number, ...entries: string[]) => {
  const queue = new TransferQueue({ maxActive, maxActivePerHost });
  for (const entry of entries) queue.enqueue(entry, entry[0]!);
  return queue;
};

test('oldest first, up to the limit for all', () => {
  const queue = queueOf(2, 9, 'a1', 'b1', 'a2', 'c1');
  assert.deepEqual(queue.grant(), ['a1', 'b1']);
  assert.deepEqual(queue.grant(), []);
  queue.release('b1');
  assert.deepEqual(queue.grant(), ['a2']);
  assert.deepEqual([queue.activeCount, queue.waitingCount], [2, 1]);
});

test('a busy host holds back its own line only', () => {
  const queue = queueOf(9, 2, 'a1', 'a2', 'a3', 'a4', 'b1');
  assert.deepEqual(queue.grant(), ['a1', 'a2', 'b1']);
  queue.release('a2');
  assert.deepEqual(queue.grant(), ['a3']);
});

test('more slots are given at once; with fewer, whoever has one keeps it and nobody follows until enough are free', () => {
  const queue = queueOf(1, 9, 'a1', 'a2', 'a3', 'a4');
  assert.deepEqual(queue.grant(), ['a1']);
  queue.setMaxActive(3);
  assert.deepEqual(queue.grant(), ['a2', 'a3']);
  queue.setMaxActive(2);
  queue.release('a1');
  assert.deepEqual(queue.grant(), []);
  queue.release('a2');
  assert.deepEqual(queue.grant(), ['a4']);
});

test('who leaves the line is not granted; who comes back stands at its end', () => {
  const queue = queueOf(1, 1, 'a1', 'a2', 'a3');
  queue.drop('a1');
  queue.enqueue('a1', 'a');
  assert.deepEqual(queue.grant(), ['a2']);
  queue.release('a2');
  queue.drop('a3');
  assert.deepEqual(queue.grant(), ['a1']);
});

test('waiting twice is waiting once; releasing what does not run and dropping what does not wait do nothing', () => {
  const queue = queueOf(5, 5, 'a1', 'a1');
  queue.release('a9');
  queue.drop('a9');
  assert.deepEqual(queue.grant(), ['a1']);
  queue.release('a1');
  queue.release('a1');
  assert.equal(queue.activeCount, 0);
});

test('whole hosts can be taken out of line', () => {
  const queue = queueOf(9, 9, 'a1', 'b1', 'a2', 'c1');
  assert.deepEqual(queue.hosts, ['a', 'b', 'c']);
  assert.deepEqual(
    queue.dropWhere(host => host !== 'b'),
    ['a1', 'a2', 'c1'],
  );
  assert.deepEqual(queue.grant(), ['b1']);
});

test('ten thousand in line to one host are granted without looking at each other', () => {
  const queue = new TransferQueue({ maxActive: 1, maxActivePerHost: 1 });
  for (let number = 0; number < 10_000; number += 1) queue.enqueue(`${number}`, 'host');
  for (let number = 0; number < 10_000; number += 1) {
    assert.deepEqual(queue.grant(), [`${number}`]);
    queue.release(`${number}`);
  }
  assert.equal(queue.waitingCount, 0);
});
