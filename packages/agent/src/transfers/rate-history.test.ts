import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateHistory } from './rate-history.ts';

test('each whole second has its bytes, the one that runs is left out', () => {
  const history = new RateHistory(10_200);
  assert.deepEqual(history.at(10_900), []);
  history.add(5, 10_300);
  history.add(7, 10_999);
  history.add(1, 11_000);
  assert.deepEqual(history.at(11_999), [12]);
  assert.deepEqual(history.at(14_000), [12, 1, 0, 0]);
});

test('no more than the last 60 are remembered, silent ones as 0', () => {
  const history = new RateHistory(0);
  for (let second = 0; second < 100; second += 1) history.add(second, second * 1_000 + 500);
  assert.deepEqual(
    history.at(100_000),
    Array.from({ length: 60 }, (_, index) => 40 + index),
  );
  assert.deepEqual(history.at(100_000 + 59_000).slice(0, 2), [99, 0]);
  assert.deepEqual(
    history.at(1_000_000),
    Array.from({ length: 60 }, () => 0),
  );
  history.add(3, 1_000_001);
  assert.deepEqual(history.at(1_001_000).slice(-2), [0, 3]);
});
