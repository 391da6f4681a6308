import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaults } from '../options.ts';
import { reconnectDelayMs } from './retry.ts';

test('the wait doubles from the first delay up to the longest and stays there', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 1000].map(attempt => reconnectDelayMs(attempt, 0, defaults));
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test('the dice shorten the wait by at most the jitter', () => {
  assert.equal(reconnectDelayMs(1, 1, defaults), 400);
  assert.equal(reconnectDelayMs(20, 0.5, defaults), 13_500);
});
