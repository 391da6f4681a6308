import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '../../test/fixtures/transfer-records.ts';
import { amountOf, stepPace, timeLeftMs } from './pace.ts';

const running = (bytesPerSecond: number, bytesReceived = 0) =>
  transferRecord({ bytesPerSecond, bytesReceived, totalBytesToReceive: 10_000 });

test('the first rate is taken as it is', () => {
  assert.deepEqual(stepPace(null, running(1000), 0, 6000), { bytesPerSecond: 1000, at: 0 });
});

test('a sudden change of the rate moves the pace slowly, a lasting one fully', () => {
  const pace = { bytesPerSecond: 1000, at: 0 };
  const soon = stepPace(pace, running(100), 100, 6000);
  assert.ok(soon !== null && soon.bytesPerSecond > 980 && soon.bytesPerSecond < 1000);
  const later = stepPace(pace, running(100), 60_000, 6000);
  assert.ok(later !== null && later.bytesPerSecond < 101);
});

test('a transfer that does not run or has no rate yet has no pace', () => {
  assert.equal(
    stepPace({ bytesPerSecond: 5, at: 0 }, transferRecord({ status: 'paused-by-application' }), 1, 6000),
    null,
  );
  assert.equal(stepPace(null, running(0), 0, 6000), null);
});

test('the time left counts down between two records and never below zero', () => {
  const pace = { bytesPerSecond: 1000, at: 5000 };
  assert.equal(timeLeftMs(running(1000, 4000), pace, 5000), 6000);
  assert.equal(timeLeftMs(running(1000, 4000), pace, 7000), 4000);
  assert.equal(timeLeftMs(running(1000, 4000), pace, 70_000), 0);
});

test('nobody knows the time left without a size (BT-71), while it stalls, or while it does not run', () => {
  const pace = { bytesPerSecond: 1000, at: 0 };
  assert.equal(timeLeftMs(transferRecord({ totalBytesToReceive: 0 }), pace, 0), null);
  assert.equal(timeLeftMs(running(0, 4000), pace, 0), null);
  assert.equal(timeLeftMs(transferRecord({ status: 'paused-no-network' }), pace, 0), null);
  assert.equal(timeLeftMs(running(1000), null, 0), null);
});

test('a download counts what came, an upload what went', () => {
  const both = { bytesReceived: 1, totalBytesToReceive: 2, bytesSent: 3, totalBytesToSend: 4 };
  assert.deepEqual(amountOf(transferRecord(both)), { moved: 1, total: 2 });
  assert.deepEqual(amountOf(transferRecord({ ...both, kind: 'upload' })), { moved: 3, total: 4 });
});
