import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRecord, socketRecord, taskRecord } from '../test/fixtures/task-records.ts';
import { transferRecord } from '../test/fixtures/transfer-records.ts';
import { type DashboardEvent, initialState, rowsIn, step } from './dashboard-state.ts';
import { placeOf } from './route.ts';

const after = (...events: DashboardEvent[]) => events.reduce(step, initialState);
const record = transferRecord({ status: 'running', revision: 1 });
const { id } = record;
const problem = { message: 'No.', fix: null };
const snapshot: DashboardEvent = { type: 'snapshot', records: [record], at: 0 };
const asked: DashboardEvent = { type: 'action-asked', id, action: 'pause' };
const failed: DashboardEvent = { type: 'action-failed', id, action: 'pause', problem };
const changed = (given: object): DashboardEvent => ({
  type: 'changes',
  changes: [{ type: 'changed', record: { ...record, ...given } }],
  at: 1,
});

test('before the first snapshot nothing is known, after an empty one it is known that there is nothing', () => {
  assert.equal(initialState.transfers, null);
  assert.equal(after({ type: 'snapshot', records: [], at: 0 }).transfers?.size, 0);
});

test('a click is remembered until the agent has answered', () => {
  assert.deepEqual(after(snapshot, asked).activities.get(id), { type: 'asked', action: 'pause' });
  assert.equal(after(snapshot, asked, { type: 'action-done', id }).activities.size, 0);
});

test('a refused click stands at its row until it is dismissed, repeated, or the row moves on', () => {
  const refused = { type: 'failed', action: 'pause', problem };
  assert.deepEqual(after(snapshot, asked, failed).activities.get(id), refused);
  assert.deepEqual(after(snapshot, asked, failed, changed({ revision: 2 })).activities.get(id), refused);
  assert.equal(after(snapshot, asked, failed, { type: 'problem-dismissed', id }).activities.size, 0);
  assert.equal(after(snapshot, asked, failed, changed({ revision: 2, status: 'completed' })).activities.size, 0);
});

test('a click that is under way survives changes of its row, and is forgotten with it', () => {
  assert.equal(after(snapshot, asked, changed({ revision: 2, status: 'completed' })).activities.size, 1);
  const gone: DashboardEvent = { type: 'changes', changes: [{ type: 'removed', id }], at: 1 };
  assert.equal(after(snapshot, asked, gone).activities.size, 0);
  assert.equal(after(snapshot, asked, gone, failed).activities.size, 0);
});

test('changes that say nothing new leave the state as it is, so that nothing is drawn', () => {
  const state = after(snapshot);
  assert.equal(step(state, changed({ revision: 1 })), state);
});

test('the last known transfers stay when the link breaks', () => {
  const state = after(
    { type: 'link', event: { type: 'login-accepted' } },
    { type: 'link', event: { type: 'connected' } },
    snapshot,
    { type: 'link', event: { type: 'connection-lost', at: 5, nextAttemptAt: 10 } },
    { type: 'link', event: { type: 'session-refused', at: 11 } },
  );
  assert.equal(state.link.name, 'needs-link');
  assert.equal(state.transfers?.size, 1);
});

const socket = socketRecord();
const key = 'com.example.chat/room 1';
const sockets: DashboardEvent = { type: 'sockets-snapshot', records: [socket], changes: [] };
const socketChanged = (given: object): DashboardEvent => ({
  type: 'socket-changes',
  changes: [{ type: 'changed', record: { ...socket, ...given } }],
});

test('the list that is seen has its own rows, its own filter and its own counts', () => {
  const task = taskRecord();
  const state = after(
    snapshot,
    sockets,
    { type: 'tasks-snapshot', records: [task], runs: [runRecord()], changes: [] },
    { type: 'view', event: { type: 'went', place: placeOf('sockets') } },
  );
  assert.deepEqual(rowsIn(state).groups, [{ group: 'parked', ids: [key] }]);
  const filtered = step(state, { type: 'view', event: { type: 'filtered', query: 'nothing like it' } });
  assert.equal(rowsIn(filtered).found, 0);
  assert.equal(filtered.arrangement.found, 1, 'the transfers are not filtered by it');
  const turned = step(filtered, { type: 'view', event: { type: 'went', place: placeOf('tasks') } });
  assert.deepEqual(rowsIn(turned).groups, [{ group: 'ready', ids: [task.taskId] }]);
});

test('a wake makes no new arrangement within a group, a new status and an end do', () => {
  const state = after(snapshot, sockets);
  const woken = step(state, socketChanged({ wakes: 1, lastWakeAt: 1 }));
  assert.equal(woken.sockets?.get(key)?.record.wakes, 1);
  assert.equal(woken.socketRows, state.socketRows);
  const lent = step(state, socketChanged({ status: 'lent' }));
  assert.equal(lent.socketRows.counts.awake, 1);
  const gone = step(state, { type: 'socket-changes', changes: [{ type: 'removed', name: socket }] });
  assert.equal(gone.socketRows.found, 0);
});

test('a refused click stands at a socket and at a run, and goes when they move on', () => {
  const run = runRecord({ status: 'running' });
  const known: DashboardEvent = { type: 'tasks-snapshot', records: [taskRecord()], runs: [run], changes: [] };
  const refusedAt = (refusedId: string): DashboardEvent => ({
    type: 'action-failed',
    id: refusedId,
    action: 'cancel-run',
    problem,
  });
  const state = after(snapshot, sockets, known, refusedAt(key), refusedAt(run.id), refusedAt('nobody'));
  assert.deepEqual([...state.activities.keys()], [key, run.id]);
  const ended: DashboardEvent = {
    type: 'task-changes',
    changes: [{ type: 'run', run: { ...run, status: 'canceled' } }],
  };
  assert.deepEqual([...step(step(state, ended), socketChanged({ status: 'closed' })).activities.keys()], []);
});
