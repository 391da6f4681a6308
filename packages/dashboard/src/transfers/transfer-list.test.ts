import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '../../test/fixtures/transfer-records.ts';
import { fromSnapshot, type TransferList, withChanges } from './transfer-list.ts';

const list = (...records: ReturnType<typeof transferRecord>[]): TransferList =>
  fromSnapshot(new Map(), records, 0, 1000);

test('a newer revision replaces the record, the same or an older one is dropped', () => {
  const record = transferRecord({ revision: 5, bytesReceived: 500 });
  const known = list(record);
  const older = { ...record, revision: 4, bytesReceived: 400 };
  const newer = { ...record, revision: 6, bytesReceived: 600 };
  assert.equal(withChanges(known, [{ type: 'changed', record: older }], 1, 1000), known);
  assert.equal(withChanges(known, [{ type: 'changed', record: { ...record } }], 1, 1000), known);
  assert.equal(withChanges(known, [{ type: 'changed', record: newer }], 1, 1000).get(record.id)?.record, newer);
});

test('of several changes of one transfer in a frame the newest stays, in whatever order they came', () => {
  const record = transferRecord({ revision: 1 });
  const changes = [3, 2].map(revision => ({ type: 'changed' as const, record: { ...record, revision } }));
  assert.equal(withChanges(list(record), changes, 1, 1000).get(record.id)?.record.revision, 3);
});

test('unknown transfers are added, removed ones go, and the list before is left as it was', () => {
  const [a, b] = [transferRecord(), transferRecord()];
  const known = list(a);
  const next = withChanges(
    known,
    [
      { type: 'changed', record: b },
      { type: 'removed', id: a.id },
    ],
    1,
    1000,
  );
  assert.deepEqual([...next.keys()], [b.id]);
  assert.deepEqual([...known.keys()], [a.id]);
  assert.equal(withChanges(known, [{ type: 'removed', id: b.id }], 1, 1000), known);
});

test('rows that did not change keep their identity, so that they are not drawn again', () => {
  const [a, b] = [transferRecord(), transferRecord()];
  const known = list(a, b);
  const next = withChanges(known, [{ type: 'changed', record: { ...a, revision: 2 } }], 1, 1000);
  assert.equal(next.get(b.id), known.get(b.id));
});

test('a snapshot is the whole truth: it drops what it lacks and counts even with a lower revision', () => {
  const [a, b] = [transferRecord({ revision: 9 }), transferRecord()];
  const stored = { ...a, revision: 7 };
  const next = fromSnapshot(list(a, b), [stored], 1, 1000);
  assert.deepEqual([...next.keys()], [a.id]);
  assert.equal(next.get(a.id)?.record, stored);
});
