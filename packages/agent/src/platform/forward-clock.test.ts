import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardClock } from './forward-clock.ts';

test('the clock for deadlines follows the wall clock forward, and goes on when that is set back', () => {
  let wall = 1_000_000;
  let steady = 5;
  const now = forwardClock(
    () => wall,
    () => steady,
  );
  assert.equal(now(), 1_000_000);
  wall += 100;
  steady += 100;
  assert.equal(now(), 1_000_100);
  wall += 3_600_000; // the machine slept, or the clock was set right
  assert.equal(now(), 4_600_100);
  wall -= 7_200_000;
  steady += 50.5;
  assert.equal(now(), 4_600_150);
  steady += 0.5;
  assert.equal(now(), 4_600_151);
});
