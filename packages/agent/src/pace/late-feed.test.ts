import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LateFeed } from './late-feed.ts';

const pace = { factIntervalMs: 1_000_000, factBurst: 2 };

test('what changes in a turn is told after it, once each, in the order of the first changes', async () => {
  const told: string[] = [];
  using feed = new LateFeed(pace, id => told.push(id));
  feed.changed('a');
  feed.changed('b');
  feed.ended('a');
  assert.deepEqual(told, []);
  await turn();
  assert.deepEqual(told, ['a', 'b']);
});

test('what is forgotten in its turn is not told, and what is due at the end is', async () => {
  const told: string[] = [];
  {
    using feed = new LateFeed(pace, id => told.push(id));
    feed.changed('a');
    feed.changed('b');
    feed.forget('a');
  }
  assert.deepEqual(told, ['b']);
  await turn();
  assert.deepEqual(told, ['b']);
});
