import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FactFeed } from './fact-feed.ts';

const pace = { factIntervalMs: 1_000_000, factBurst: 1 };

test('an end is told at once, however much was told just before, and once', () => {
  const told: string[] = [];
  {
    using feed = new FactFeed(pace, id => told.push(id));
    feed.changed('a');
    feed.changed('a');
    assert.deepEqual(told, ['a'], 'the second waits for its time');
    feed.ended('a');
    assert.deepEqual(told, ['a', 'a']);
  }
  assert.deepEqual(told, ['a', 'a'], 'what was due is told already');
});

test('what is due when the feed closes is told', () => {
  const told: string[] = [];
  {
    using feed = new FactFeed(pace, id => told.push(id));
    feed.changed('a');
    feed.changed('a');
  }
  assert.deepEqual(told, ['a', 'a']);
});
