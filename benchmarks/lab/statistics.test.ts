import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, medians, quantile, ratiosTo } from './statistics.ts';

test('the median of an even count is the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 100]), 3.5);
  assert.throws(() => median([]), /median of nothing/);
});

test('a quantile is a value that was measured', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  assert.equal(quantile(values, 0.5), 100);
  assert.equal(quantile(values, 0.99), 198);
  assert.equal(quantile(values, 1), 200);
  assert.equal(quantile([7], 0.99), 7);
});

test('medians are taken of each figure, ratios of medians', () => {
  const rounds = [
    { ours: { wall: 3, cpu: 1 }, curl: { wall: 4, cpu: 2 } },
    { ours: { wall: 1, cpu: 9 }, curl: { wall: 4, cpu: 8 } },
    { ours: { wall: 2, cpu: 3 }, curl: { wall: 9, cpu: 6 } },
  ];
  const middle = medians(rounds);
  assert.deepEqual(middle, { ours: { wall: 2, cpu: 3 }, curl: { wall: 4, cpu: 6 } });
  assert.deepEqual(ratiosTo('curl', middle).ours, { wall: 0.5, cpu: 0.5 });
  assert.throws(() => ratiosTo('wget', middle), /no figures of wget/);
});
