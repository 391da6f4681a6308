import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import { isNews, progressOf } from './progress.ts';

test('a progress is a frozen copy of the numbers (BT-70, BT-71, BT-72, BT-76)', () => {
  const progress = progressOf(
    transferRecord({ bytesReceived: 5, totalBytesToReceive: 9, status: 'running' }),
    undefined,
  );
  assert.ok(Object.isFrozen(progress));
  assert.equal(progress.bytesReceived, 5);
  assert.equal(progress.totalBytesToReceive, 9);
  assert.equal(progress.status, 'running');
});

test('hasRestarted is true in the first progress after a restart and false afterwards (BT-74)', () => {
  const before = transferRecord({ bytesReceived: 500, status: 'running' });
  const restarted = transferRecord({ bytesReceived: 0, status: 'running', hasRestarted: true });
  const later = transferRecord({ bytesReceived: 10, status: 'running', hasRestarted: true });
  const again = transferRecord({ bytesReceived: 4, status: 'running', hasRestarted: true });
  assert.equal(progressOf(before, undefined).hasRestarted, false);
  assert.equal(progressOf(restarted, before).hasRestarted, true);
  assert.equal(progressOf(later, restarted).hasRestarted, false);
  assert.equal(progressOf(again, later).hasRestarted, true);
});

test('hasResponseChanged is true when an answer came or another took its place (BT-73)', () => {
  const none = transferRecord();
  const first = transferRecord({ statusCode: 200, actualUrl: 'http://a/', isResumable: true });
  const second = transferRecord({ statusCode: 206, actualUrl: 'http://a/', isResumable: true });
  assert.equal(progressOf(none, undefined).hasResponseChanged, false);
  assert.equal(progressOf(first, none).hasResponseChanged, true);
  assert.equal(progressOf(first, first).hasResponseChanged, false);
  assert.equal(progressOf(second, first).hasResponseChanged, true);
});

test('a record that differs only in its revision is no news', () => {
  const record = transferRecord({ bytesReceived: 1 });
  assert.equal(isNews(transferRecord({ bytesReceived: 1, revision: 9 }), record), false);
  assert.equal(isNews(transferRecord({ bytesReceived: 2 }), record), true);
  assert.equal(isNews(record, undefined), true);
});
