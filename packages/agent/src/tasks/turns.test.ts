import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, yielding } from './turns.ts';

const safe = { taskId: 'one', losses: 0 };
const suspect = { taskId: 'one', losses: 1 };
const limits = { maxParallelRuns: 3, maxParallelRunsOfTask: 2, maxHostsOfApp: 3 };
const host = (...active: (typeof safe)[]) => ({ takesRuns: true, active });
const leaving = (...active: (typeof safe)[]) => ({ takesRuns: false, active });

test('runs start side by side in one host up to the limit, and wait then', () => {
  assert.equal(placeOf(safe, [], limits), 'new-host');
  const shared = host(safe);
  assert.equal(placeOf(safe, [shared], limits), shared);
  assert.equal(placeOf(safe, [host(safe, safe)], { ...limits, maxParallelRuns: 2 }), 'nowhere');
});

test('no task takes all the room of a host that others share', () => {
  const other = { taskId: 'two', losses: 0 };
  const shared = host(safe, safe);
  assert.equal(placeOf(safe, [shared], limits), 'nowhere');
  assert.equal(placeOf(other, [shared], limits), shared);
  assert.equal(placeOf(other, [host(safe, safe, other)], limits), 'nowhere');
});

test('one that may have brought a host down runs alone, in a host of its own where others run', () => {
  const idle = host();
  assert.equal(placeOf(suspect, [host(safe), idle], limits), idle);
  assert.equal(placeOf(suspect, [], limits), 'new-host');
  assert.equal(placeOf(suspect, [host(safe)], limits), 'new-host');
  assert.equal(placeOf(suspect, [host(safe), host(suspect)], limits), 'new-host');
  assert.equal(placeOf(suspect, [host(safe), host(suspect), host(suspect)], limits), 'nowhere');
});

test('beside such runs, and beside hosts that are on their way out, there is always a place for the others', () => {
  assert.equal(placeOf(safe, [host(suspect), host(suspect)], limits), 'new-host');
  assert.equal(placeOf(suspect, [host(suspect), host(suspect)], limits), 'nowhere', 'the last is not for it');
  assert.equal(placeOf(safe, [leaving(safe)], limits), 'new-host');
  assert.equal(placeOf(safe, [leaving(), leaving(safe), leaving(safe)], limits), 'nowhere');
});

test('with room for another host nobody yields; without, the idle first, then who has been there longest', () => {
  const old = { startedAt: 1, activeRuns: 3 };
  const idle = { startedAt: 2, activeRuns: 0 };
  const young = { startedAt: 3, activeRuns: 1 };
  const hosts = [old, young, idle];
  assert.deepEqual(yielding(hosts, 1, 4), []);
  assert.deepEqual(yielding(hosts, 1, 3), [idle]);
  assert.deepEqual(yielding(hosts, 2, 3), [idle, old]);
  assert.deepEqual(yielding(hosts, 0, 3), []);
});
