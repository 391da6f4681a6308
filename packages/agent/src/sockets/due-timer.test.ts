import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DueTimer } from './due-timer.ts';

test('what could not be done, the disk being full, is told and tried again a second later', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const errors: unknown[] = [];
  const acts: number[] = [];
  const full = new Error('database or disk is full');
  using timer = new DueTimer(
    Date.now,
    () => null,
    () => {
      acts.push(Date.now());
      if (acts.length < 3) throw full;
      return false;
    },
    error => errors.push(error),
  );
  timer.wantedAt(5_000);
  for (let second = 0; second < 60; second++) t.mock.timers.tick(1_000);
  assert.deepEqual(acts, [5_000, 6_000, 7_000]);
  assert.deepEqual(errors, [full, full]);
});
