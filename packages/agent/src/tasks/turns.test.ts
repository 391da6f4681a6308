import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayStart, yielding } from './turns.ts';

const safe = { losses: 0 };
const suspect = { losses: 1 };

test('runs start side by side up to the limit', () => {
  assert.equal(mayStart(safe, [], 2), true);
  assert.equal(mayStart(safe, [safe], 2), true);
  assert.equal(mayStart(safe, [safe, safe], 2), false);
});

test('one that may have brought a host down runs alone', () => {
  assert.equal(mayStart(suspect, [], 2), true);
  assert.equal(mayStart(suspect, [safe], 2), false);
  assert.equal(mayStart(safe, [suspect], 2), false);
});

test('with room for another host nobody yields; without, the idle first, then who has had its host longest', () => {
  const hosts = [
    { app: 'old', startedAt: 1, activeRuns: 3 },
    { app: 'new', startedAt: 3, activeRuns: 1 },
    { app: 'idle', startedAt: 2, activeRuns: 0 },
  ];
  assert.deepEqual([...yielding(hosts, 1, 4)], []);
  assert.deepEqual([...yielding(hosts, 1, 3)], ['idle']);
  assert.deepEqual([...yielding(hosts, 2, 3)], ['idle', 'old']);
  assert.deepEqual([...yielding(hosts, 0, 3)], []);
});
