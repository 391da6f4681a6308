import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import { TransferMirror } from './transfer-mirror.ts';

const a = (revision: number) => transferRecord({ id: 'a', revision });
const b = (revision: number) => transferRecord({ id: 'b', revision });

test('a change that is not newer than what is known is dropped', () => {
  const mirror = new TransferMirror();
  assert.equal(mirror.changed(a(2)).length, 1);
  assert.deepEqual(mirror.changed(a(2)), []);
  assert.deepEqual(mirror.changed(a(1)), []);
  assert.equal(mirror.get('a')?.revision, 2);
});

test('a fresh snapshot after a reconnect tells what changed and what went in the meantime', () => {
  const mirror = new TransferMirror();
  mirror.changed(a(1));
  mirror.changed(b(1));
  mirror.asked();
  assert.deepEqual(mirror.snapshotArrived([b(7)]), [
    { what: 'changed', record: b(7) },
    { what: 'removed', id: 'a' },
  ]);
});

test('a removal that overtakes the snapshot is not undone by it', () => {
  const mirror = new TransferMirror();
  mirror.asked();
  assert.deepEqual(mirror.removed('a'), []);
  assert.deepEqual(mirror.snapshotArrived([a(1), b(1)]), [{ what: 'changed', record: b(1) }]);
  assert.equal(mirror.get('a'), undefined);
});

test('a record asked for before a removal and answered after it is not brought back', () => {
  const mirror = new TransferMirror();
  mirror.asked();
  mirror.removed('a');
  assert.deepEqual(mirror.recordArrived(a(1)), []);
  mirror.asked();
  assert.equal(mirror.recordArrived(a(1)).length, 1);
});

test('a change that overtakes the snapshot wins over it', () => {
  const mirror = new TransferMirror();
  mirror.asked();
  mirror.changed(a(5));
  assert.deepEqual(mirror.snapshotArrived([a(4)]), []);
  assert.equal(mirror.get('a')?.revision, 5);
});

test('records are frozen, so that a handler keeps what it was given (BT-76)', () => {
  const mirror = new TransferMirror();
  mirror.changed({ ...a(1) });
  assert.ok(Object.isFrozen(mirror.get('a')));
});
