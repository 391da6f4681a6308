import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TransferRecord, transferStatuses } from '@longhaul/agent-protocol';
import { transferRecord } from '../../test/fixtures/transfer-records.ts';
import { rowAfter } from '../rows/row-groups.ts';
import { arrange, movesRows } from './arrangement.ts';
import type { SortOrder } from './transfer-groups.ts';
import { fromSnapshot, withChanges } from './transfer-list.ts';

const listOf = (records: readonly TransferRecord[]) => fromSnapshot(new Map(), records, 0, 1000);
const everyStatus = [...transferStatuses].reverse().map(status => transferRecord({ status }));

test('groups stand in the order running, waiting, paused, failed, finished, and empty ones are left out', () => {
  const { groups, counts, found } = arrange(listOf(everyStatus), '', 'time');
  assert.deepEqual(
    groups.map(({ group, ids }) => [group, ids.length]),
    [
      ['running', 1],
      ['waiting', 4],
      ['paused', 2],
      ['failed', 1],
      ['finished', 2],
    ],
  );
  assert.equal(found, 10);
  assert.deepEqual(counts, { running: 1, waiting: 4, paused: 2, failed: 1, finished: 2 });
});

test('the filter leaves what it finds, and the counts are still of everything', () => {
  const { groups, counts, found } = arrange(listOf(everyStatus), 'failed', 'time');
  assert.deepEqual(
    groups.map(({ group }) => group),
    ['failed'],
  );
  assert.equal(found, 1);
  assert.equal(counts.waiting, 4);
});

const orderOf = (records: readonly TransferRecord[], order: SortOrder) =>
  arrange(listOf(records), '', order).groups.flatMap(({ ids }) => ids);

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
  const expected = ['r-old', 'r-same', 'r-new', 'f-late', 'f-early'];
  assert.deepEqual(orderOf(records, 'time'), expected);
  assert.deepEqual(orderOf([...records].reverse(), 'time'), expected);
});

test('names are sorted as people count, sizes from the largest down, unknown ones last', () => {
  const named = ['a10.bin', 'B1.bin', 'a9.bin'].map(name => transferRecord({ id: name, file: `/z/${name}` }));
  assert.deepEqual(orderOf(named, 'name'), ['a9.bin', 'a10.bin', 'B1.bin']);
  const sized = [5, 0, 9].map(total => transferRecord({ id: `${total}`, totalBytesToReceive: total }));
  assert.deepEqual(orderOf(sized, 'size'), ['9', '5', '0']);
});

test('progress moves no row; a new status, a size, an addition and a removal do', () => {
  const record = transferRecord({ revision: 1, totalBytesToReceive: 0 });
  const before = listOf([record]);
  const moves = (...changes: Parameters<typeof movesRows>[2]) =>
    movesRows(before, withChanges(before, changes, 1, 1000), changes);
  const changed = (given: Partial<TransferRecord>) =>
    moves({ type: 'changed', record: { ...record, revision: 2, ...given } });
  assert.ok(!changed({ bytesReceived: 77 }));
  assert.ok(changed({ status: 'completed' }));
  assert.ok(changed({ totalBytesToReceive: 5 }));
  assert.ok(changed({ id: 'another' }));
  assert.ok(moves({ type: 'removed', id: record.id }));
  assert.ok(!moves({ type: 'removed', id: 'unknown' }));
});

test('the keyboard walks over all groups and stays at the ends', () => {
  const arrangement = arrange(
    listOf([transferRecord({ id: 'a' }), transferRecord({ id: 'z', status: 'error' })]),
    '',
    'time',
  );
  assert.equal(rowAfter(arrangement, null, 'next'), 'a');
  assert.equal(rowAfter(arrangement, 'a', 'next'), 'z');
  assert.equal(rowAfter(arrangement, 'z', 'next'), 'z');
  assert.equal(rowAfter(arrangement, 'a', 'previous'), 'a');
  assert.equal(rowAfter(arrangement, 'a', 'last'), 'z');
  assert.equal(rowAfter(arrangement, 'z', 'first'), 'a');
  assert.equal(rowAfter(arrangement, 'gone', 'previous'), 'a');
  assert.equal(rowAfter(arrange(new Map(), '', 'time'), 'a', 'next'), null);
});
