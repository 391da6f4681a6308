import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransferRecord } from '@longhaul/agent-protocol';
import { MiB, fixtureNow as now, transferRecord } from '../../test/fixtures/transfer-records.ts';
import { searchTextOf } from './transfer-filter.ts';
import { clockOf, rowOf } from './transfer-row-model.ts';

const entryOf = (given: Partial<TransferRecord>) => {
  const record = transferRecord(given);
  const pace = record.bytesPerSecond > 0 ? { bytesPerSecond: record.bytesPerSecond, at: now } : null;
  return { record, pace, searchText: searchTextOf(record) };
};
const row = (given: Partial<TransferRecord>, isLive = true) => rowOf(entryOf(given), now, isLive);

test('a running transfer shows bytes of total, percent, rate and time left', () => {
  const shown = row({ bytesReceived: 30 * MiB, totalBytesToReceive: 100 * MiB, bytesPerSecond: MiB });
  assert.equal(shown.amount, '30.0 MiB of 100 MiB');
  assert.equal(shown.percent, 30);
  assert.equal(shown.rate, '1.0 MiB/s');
  assert.equal(shown.timeLeft, 'about a minute left');
  assert.equal(shown.progressWords, '30 %, 30.0 MiB of 100 MiB');
  assert.equal(shown.isMoving, true);
});

test('without a size the bar is indeterminate and nothing is guessed (BT-71)', () => {
  const shown = row({ totalBytesToReceive: 0, bytesReceived: 3 * MiB });
  assert.equal(shown.percent, null);
  assert.equal(shown.amount, '3.0 MiB of an unknown size');
  assert.equal(shown.timeLeft, null);
  assert.equal(row({ totalBytesToReceive: 0, bytesReceived: 0 }).amount, 'Size not known yet');
  assert.equal(row({ totalBytesToReceive: 0, bytesReceived: 0, status: 'error' }).amount, 'Nothing received');
});

test('a completed transfer is all of it, also when the server never told the size', () => {
  const shown = row({ status: 'completed', totalBytesToReceive: 0, bytesReceived: 3 * MiB, finishedAt: now - 5000 });
  assert.deepEqual([shown.percent, shown.share, shown.amount], [100, 1, '3.0 MiB']);
  assert.equal(row({ status: 'completed', bytesReceived: 0, totalBytesToReceive: 0 }).amount, '0 B');
});

test('an almost whole file is not called whole', () => {
  assert.equal(row({ bytesReceived: 99_999, totalBytesToReceive: 100_000 }).percent, 99);
});

test('cut off from the agent a row claims neither a rate nor a time left', () => {
  const shown = row({}, false);
  assert.deepEqual([shown.rate, shown.timeLeft, shown.isMoving], [null, null, false]);
  assert.equal(shown.amount, '400 MiB of 1.2 GiB');
});

test('between two attempts it says when the next one is, shows what failed, and asks nothing of the reader', () => {
  const shown = row({
    bytesPerSecond: 0,
    retryAt: now + 12_000,
    failedAttempts: 2,
    error: { code: 'web-error', message: 'the server cut the connection', webErrorStatus: 'connection-reset' },
  });
  assert.equal(shown.status, 'Retrying');
  assert.equal(shown.detail, 'next attempt in 12 s, 2 have failed');
  assert.equal(shown.rate, null);
  assert.deepEqual(shown.problem, { message: 'The server cut the connection.', fix: null });
});

test('once all bytes are here it shows what is still done instead of a rate', () => {
  const reason = 'All bytes are there; the file gets its name.';
  const shown = row({ bytesReceived: MiB, totalBytesToReceive: MiB, bytesPerSecond: 0, reason });
  assert.deepEqual([shown.detail, shown.rate, shown.timeLeft], [reason, null, null]);
});

test('a reason that is only the message of the error is not said twice', () => {
  const error = { code: 'disk-full', message: 'no space left on /home', webErrorStatus: null };
  const shown = row({ status: 'paused-system-policy', reason: error.message, error });
  assert.equal(shown.detail, 'the system holds it back for now');
  assert.match(shown.problem?.fix ?? '', /Free space/);
});

test('a failure is told with what helps; a cancel is no failure', () => {
  const error = { code: 'web-error', message: 'the server answered 404', webErrorStatus: 'http-404' } as const;
  assert.deepEqual(row({ status: 'error', error }).problem, {
    message: 'The server answered 404.',
    fix: 'There is nothing at this address; check it for a slip.',
  });
  const canceled = { code: 'operation-canceled', message: 'canceled', webErrorStatus: null };
  assert.equal(row({ status: 'canceled', error: canceled }).problem, null);
});

test('what the reader should know beyond the status is noted (BT-74)', () => {
  assert.match(row({ hasRestarted: true }).notes.join(), /started again from the beginning/);
  assert.match(row({ status: 'completed', isLengthVerified: false }).notes.join(), /could not be checked/);
  assert.match(row({ isResumable: false }).notes.join(), /a pause starts it from the beginning/);
  assert.deepEqual(row({}).notes, []);
});

test("another app's transfer says whose it is, the command's own does not", () => {
  assert.equal(row({ app: 'com.example.player' }).app, 'com.example.player');
  assert.equal(row({ app: 'longhaul' }).app, null);
});

test('the clock of a row moves only as often as its words', () => {
  assert.equal(clockOf(entryOf({ status: 'running' }), now), now);
  assert.equal(clockOf(entryOf({ status: 'paused-by-application' }), now), 0);
  const finished = entryOf({ status: 'completed', finishedAt: now - 150_000 });
  assert.equal(clockOf(finished, now), clockOf(finished, now + 1000));
  assert.notEqual(clockOf(finished, now), clockOf(finished, now + 60_000));
  const fresh = entryOf({ status: 'completed', finishedAt: now - 5_000 });
  assert.equal(clockOf(fresh, now), now);
});
