import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import { isAsAsked, lossMeansDone, reconnectDelayMs, wasAlreadyGone } from './retry.ts';

test('the delay before the next dial doubles up to its limit and never loses more than a quarter to chance', () => {
  const delays = [1, 2, 3, 4, 5].map(failures => reconnectDelayMs(failures, 0, 20, 200));
  assert.deepEqual(delays, [20, 40, 80, 160, 200]);
  assert.equal(reconnectDelayMs(1, 0.999999, 20, 200), 15);
  assert.equal(reconnectDelayMs(10_000, 0, 20, 200), 200);
});

test('only stop and restart are over when the connection is', () => {
  assert.equal(lossMeansDone('stopAgent'), true);
  assert.equal(lossMeansDone('restartAgent'), true);
  assert.equal(lossMeansDone('createDownload'), false);
});

test('a removal sent twice that finds nothing has worked; a pause that finds nothing has not', () => {
  assert.equal(wasAlreadyGone('removeTransfer', 'not-found'), true);
  assert.equal(wasAlreadyGone('removeTransfer', 'access-denied'), false);
  assert.equal(wasAlreadyGone('pauseTransfer', 'not-found'), false);
});

test('the record tells whether a call sent twice had its effect the first time', () => {
  assert.equal(isAsAsked('startTransfer', transferRecord({ isStarted: true })), true);
  assert.equal(isAsAsked('startTransfer', transferRecord({ isStarted: false })), false);
  assert.equal(isAsAsked('pauseTransfer', transferRecord({ status: 'paused-by-application' })), true);
  assert.equal(isAsAsked('pauseTransfer', transferRecord({ status: 'running' })), false);
  assert.equal(isAsAsked('resumeTransfer', transferRecord({ status: 'running', isStarted: true })), true);
  assert.equal(isAsAsked('resumeTransfer', transferRecord({ status: 'completed', isStarted: true })), false);
  assert.equal(isAsAsked('cancelTransfer', transferRecord({ status: 'canceled' })), true);
  assert.equal(isAsAsked('listTransfers', transferRecord({ status: 'canceled' })), false);
});
