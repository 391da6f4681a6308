import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixtureNow as now, transferRecord } from '../../test/fixtures/transfer-records.ts';
import { type DashboardEvent, type DashboardState, initialState, step } from '../dashboard-state.ts';
import { ageOfPicture, announcementsOf, noticeOf, titleOf } from './page-words.ts';

const after = (state: DashboardState, ...events: DashboardEvent[]) => events.reduce(step, state);
const live = after(
  initialState,
  { type: 'link', event: { type: 'login-accepted' } },
  { type: 'link', event: { type: 'connected' } },
);
const cutOff: DashboardEvent = {
  type: 'link',
  event: { type: 'connection-lost', at: now - 12_000, nextAttemptAt: now + 3000 },
};

test('the title counts what there is, and says when the page is cut off', () => {
  assert.equal(titleOf(initialState), 'Longhaul');
  const records = [transferRecord(), transferRecord(), transferRecord({ status: 'error' })];
  const busy = after(live, { type: 'snapshot', records, at: now });
  assert.equal(titleOf(busy), '2 running · 1 failed – Longhaul');
  assert.equal(titleOf(after(live, { type: 'snapshot', records: [], at: now })), 'Longhaul');
  assert.equal(titleOf(after(busy, cutOff)), 'Disconnected – Longhaul');
});

test('a lost connection says when the next attempt is and how old the picture is', () => {
  const { link } = after(live, cutOff);
  assert.match(noticeOf(link, now)?.text ?? '', /Trying again in 3 s\./);
  assert.equal(ageOfPicture(link, now), 'Last known state, 12 s ago');
  assert.equal(noticeOf(live.link, now), null);
  assert.equal(ageOfPicture(live.link, now), null);
});

test('a loss that lasts names the command that starts a stopped agent, a short one does not', () => {
  const { link } = after(live, cutOff);
  assert.equal(noticeOf(link, now)?.command, 'longhaul dashboard');
  assert.equal(noticeOf(link, now - 5_000)?.command, null);
});

test('every way to need a link names the command that gives one', () => {
  for (const why of ['no-code', 'link-refused', 'agent-unreachable', 'session-ended'] as const) {
    assert.equal(noticeOf({ name: 'needs-link', why, since: now }, now)?.command, 'longhaul dashboard');
  }
});

test('a screen reader hears changes of status, additions and removals, but no progress', () => {
  const record = transferRecord({ file: '/t/film.mp4' });
  const before = after(live, { type: 'snapshot', records: [record], at: now });
  const change = (given: object): DashboardState =>
    after(before, {
      type: 'changes',
      changes: [{ type: 'changed', record: { ...record, revision: 2, ...given } }],
      at: now,
    });
  assert.deepEqual(announcementsOf(before, change({ bytesReceived: 999 })), []);
  assert.deepEqual(announcementsOf(before, change({ status: 'completed' })), ['film.mp4: completed.']);
  assert.deepEqual(announcementsOf(before, change({ id: 'other', file: '/t/b.bin' })), ['b.bin was added.']);
  const gone = after(before, { type: 'changes', changes: [{ type: 'removed', id: record.id }], at: now });
  assert.deepEqual(announcementsOf(before, gone), ['film.mp4 was removed from the list.']);
});

test('the first picture is not read out row by row, a loss of the connection is', () => {
  const first = after(live, { type: 'snapshot', records: [transferRecord()], at: now });
  assert.deepEqual(announcementsOf(live, first), []);
  assert.deepEqual(announcementsOf(first, after(first, cutOff)), ['Connection to the agent lost. Trying again.']);
});
