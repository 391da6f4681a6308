import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import { WatchedTransfers } from './watched-transfers.ts';

const [a, b] = ['a', 'b'];
const failed = { status: 'error', error: { code: 'web-error', message: '404', webErrorStatus: 'http-404' } } as const;

test('without names everything is watched, and what is removed is out of the picture', () => {
  const watched = new WatchedTransfers();
  watched.changed(transferRecord({ id: a, status: 'running' }));
  watched.changed(transferRecord({ id: b, status: 'completed' }));
  watched.caughtUp();
  assert.equal(watched.haveAllEnded, false);
  assert.deepEqual(
    watched.unfinished.map(({ id }) => id),
    [a],
  );
  watched.removed(a);
  assert.deepEqual([watched.haveAllEnded, watched.exitCode], [true, 0]);
});

test('with names nothing else is seen', () => {
  const watched = new WatchedTransfers(new Set([a]));
  watched.changed(transferRecord({ id: b, status: 'running' }));
  assert.deepEqual(watched.records, []);
  assert.equal(watched.has(b), false);
});

test('one that was named has its own exit code, several have 5', () => {
  const one = new WatchedTransfers(new Set([a]));
  one.changed(transferRecord({ id: a, ...failed, error: { ...failed.error, code: 'file-changed' } }));
  assert.equal(one.exitCode, 8);
  for (const several of [new WatchedTransfers(new Set([a, b])), new WatchedTransfers()]) {
    several.changed(transferRecord({ id: a, ...failed }));
    several.changed(transferRecord({ id: b, status: 'completed' }));
    assert.equal(several.exitCode, 5);
  }
});

test('a named one that is removed before it was completed has failed, also when nobody ever saw it', () => {
  const watched = new WatchedTransfers(new Set([a]));
  watched.changed(transferRecord({ id: a, status: 'running' }));
  watched.removed(a);
  assert.deepEqual([watched.haveAllEnded, watched.exitCode], [true, 4]);
  const unseen = new WatchedTransfers(new Set([a]));
  unseen.caughtUp();
  assert.equal(unseen.exitCode, 4);
  const done = new WatchedTransfers(new Set([a]));
  done.changed(transferRecord({ id: a, status: 'completed' }));
  done.removed(a);
  done.caughtUp();
  assert.equal(done.exitCode, 0);
});
