import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Memories } from './memories.ts';

const error = { code: 'web-error', message: 'no', webErrorStatus: null } as const;

test('the latest 20 failed attempts are remembered, newest last', () => {
  const memories = new Memories();
  for (let at = 1; at <= 25; at += 1) memories.failed('a', { at, error });
  const times = memories.attempts('a').map(({ at }) => at);
  assert.deepEqual([times.length, times[0], times.at(-1)], [20, 6, 25]);
  assert.deepEqual(memories.attempts('b'), []);
  memories.forget('a');
  assert.deepEqual(memories.attempts('a'), []);
});

test('rates count what came, not what was there before nor what a restart took away', () => {
  const memories = new Memories();
  assert.deepEqual(memories.rateHistory('a', 5_000), []);
  memories.began('a', 1_000, 0);
  memories.progressed('a', 1_500, 500);
  memories.progressed('a', 0, 1_100);
  memories.progressed('a', 300, 1_200);
  assert.deepEqual(memories.rateHistory('a', 2_000), [500, 300]);
});

test('of many transfers those are forgotten that were quiet for longest', () => {
  const memories = new Memories();
  memories.failed('quiet', { at: 0, error });
  memories.failed('busy', { at: 0, error });
  for (let count = 0; count < 999; count += 1) {
    memories.began(`${count}`, 0, 0);
    memories.progressed('busy', 1, 0);
  }
  assert.deepEqual([memories.attempts('quiet').length, memories.attempts('busy').length], [0, 1]);
});
