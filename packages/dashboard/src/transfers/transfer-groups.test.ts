import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferStatuses } from '@longhaul/agent-protocol';
import { transferRecord } from '../../test/fixtures/transfer-records.ts';
import { countGroups, groupOf, inGroups } from './transfer-groups.ts';
import { fromSnapshot } from './transfer-list.ts';

test('groups stand in the order running, waiting, paused, failed, finished, and empty ones are left out', () => {
  const records = [...transferStatuses].reverse().map(status => transferRecord({ status }));
  const all = fromSnapshot(new Map(), records, 0, 1000);
  assert.deepEqual(
    inGroups(all).map(({ group, entries }) => [group, entries.length]),
    [
      ['running', 1],
      ['waiting', 4],
      ['paused', 2],
      ['failed', 1],
      ['finished', 2],
    ],
  );
  assert.deepEqual(countGroups(all), { running: 1, waiting: 4, paused: 2, failed: 1, finished: 2 });
  const few = fromSnapshot(new Map(), [transferRecord({ status: 'error' })], 0, 1000);
  assert.deepEqual(
    inGroups(few).map(({ group }) => group),
    ['failed'],
  );
});

test('what goes on by itself waits, what needs somebody is paused (section 3.5)', () => {
  assert.equal(groupOf('paused-no-network'), 'waiting');
  assert.equal(groupOf('paused-costed-network'), 'waiting');
  assert.equal(groupOf('paused-system-policy'), 'waiting');
  assert.equal(groupOf('paused-recoverable-web-error'), 'paused');
});

test('running ones stand oldest first and keep their place whatever changes; finished ones latest first', () => {
  const at = (status: 'running' | 'completed', id: string, createdAt: number, finishedAt: number | null) =>
    transferRecord({ status, id, createdAt, finishedAt, startedAt: 0 });
  const records = [
    at('running', 'r-new', 20, null),
    at('running', 'r-old', 10, null),
    at('completed', 'f-early', 1, 30),
    at('completed', 'f-late', 2, 40),
    at('running', 'r-same', 10, null),
  ];
  const order = (list: typeof records) =>
    inGroups(fromSnapshot(new Map(), list, 0, 1000)).flatMap(({ entries }) => entries.map(entry => entry.record.id));
  const expected = ['r-old', 'r-same', 'r-new', 'f-late', 'f-early'];
  assert.deepEqual(order(records), expected);
  assert.deepEqual(order([...records].reverse()), expected);
});
