import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '../test/fixtures/transfer-records.ts';
import { type DashboardEvent, initialState, step } from './dashboard-state.ts';

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
