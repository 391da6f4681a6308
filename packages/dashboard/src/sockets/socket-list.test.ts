import assert from 'node:assert/strict';
import { test } from 'node:test';
import { socketRecord } from '../../test/fixtures/task-records.ts';
import { socketKey, socketsFromSnapshot, withSocketChanges } from './socket-list.ts';
import { arrangeSockets } from './socket-rows.ts';

const one = socketRecord({ since: 100, wakes: 2 });
const changed = (given: object) => ({ type: 'changed' as const, record: { ...one, ...given } });

test('two apps may have a socket of the same id', () => {
  const list = socketsFromSnapshot([one, socketRecord({ app: 'com.example.mail' })]);
  assert.deepEqual([...list.keys()], ['com.example.chat/room 1', 'com.example.mail/room 1']);
});

test('changes count in the order they are heard, whatever the clocks say', () => {
  const list = socketsFromSnapshot([one]);
  const next = withSocketChanges(list, [changed({ status: 'lent', since: 50 })]);
  assert.equal(next.get(socketKey(one))?.record.status, 'lent');
  assert.equal(withSocketChanges(list, [{ type: 'removed', name: one }]).size, 0);
});

test('what was heard before the snapshot and is older than it does not undo it', () => {
  const list = socketsFromSnapshot([one]);
  const after = (given: object) =>
    withSocketChanges(list, [changed(given)], 'before-snapshot').get(socketKey(one))?.record.status;
  assert.equal(after({ status: 'lent', since: 90 }), 'parked');
  assert.equal(after({ status: 'lent', since: 100, wakes: 1 }), 'parked');
  assert.equal(after({ status: 'lent', since: 110 }), 'lent');
});

test('orphaned ones stand first, the living by name as people count, the closed by the latest end', () => {
  const list = socketsFromSnapshot([
    socketRecord({ id: 'room 10' }),
    socketRecord({ id: 'room 2' }),
    socketRecord({ id: 'early', status: 'closed', since: 1 }),
    socketRecord({ id: 'late', status: 'closed', since: 2 }),
    socketRecord({ id: 'lost', status: 'orphaned' }),
    socketRecord({ id: 'woken', status: 'signalled' }),
  ]);
  assert.deepEqual(
    arrangeSockets(list, '').groups.map(({ group, ids }) => [group, ids.map(id => id.split('/')[1])]),
    [
      ['orphaned', ['lost']],
      ['awake', ['woken']],
      ['parked', ['room 2', 'room 10']],
      ['closed', ['late', 'early']],
    ],
  );
});

test('id, app, kind, status and both addresses are looked through', () => {
  const list = socketsFromSnapshot([socketRecord({ status: 'orphaned' }), socketRecord({ id: 'other' })]);
  for (const query of ['ROOM', 'orphaned', 'room stream', 'room 41000', 'room :7000', 'com.example orphaned']) {
    assert.equal(arrangeSockets(list, query).groups[0]?.ids[0], 'com.example.chat/room 1', query);
  }
  assert.equal(arrangeSockets(list, 'room parked').found, 0);
});
