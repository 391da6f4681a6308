import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdleReturns, idlePauseAfter } from './idle-returns.ts';
import { defaults } from './options.ts';

test('the first return without reading costs nothing, those that follow cost more and more, 10 s at most', () => {
  const pauses = [1, 2, 3, 4, 8, 9, 60].map(returns => idlePauseAfter(returns, defaults));
  assert.deepEqual(pauses, [0, 100, 200, 400, 6_400, 10_000, 10_000]);
});

test('they are counted for each socket until something is read, and for no more than 1,024 sockets', () => {
  const returns = new IdleReturns();
  assert.deepEqual([returns.count('a', true), returns.count('b', true), returns.count('a', true)], [1, 1, 2]);
  assert.equal(returns.count('a', false), 0);
  assert.equal(returns.count('a', true), 1);
  for (let index = 0; index < 1_023; index++) returns.count(`other ${index}`, true);
  assert.deepEqual([returns.count('b', true), returns.count('a', true)], [1, 1], 'the longest ago first');
});
