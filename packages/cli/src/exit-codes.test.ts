import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorTable, LonghaulError } from '@longhaul/agent-protocol';
import { transferRecord } from '@longhaul/testing/transfer-record';
import { errorOfRecord, errorReport, exitCodeOf, exitCodeOfAll, signalExitCodes } from './exit-codes.ts';

test('every kind of failure has the exit code that is documented for it', () => {
  const code = (name: keyof typeof errorTable) => exitCodeOf(new LonghaulError(name, ''));
  assert.equal(code('internal'), 1);
  assert.equal(code('invalid-url'), 2);
  assert.equal(code('unsupported-scheme'), 2);
  assert.equal(code('agent-not-reachable'), 3);
  assert.equal(code('not-found'), 4);
  assert.equal(code('target-not-writable'), 6);
  assert.equal(code('quota-exceeded'), 7);
  assert.equal(code('file-changed'), 8);
  assert.equal(code('target-exists'), 9);
  assert.equal(code('timeout'), 28);
  assert.equal(exitCodeOf(new TypeError('a bug')), 1);
  assert.deepEqual(signalExitCodes, { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 });
});

test('one failed thing has its own code, one of several makes 5', () => {
  assert.equal(exitCodeOfAll([4]), 4);
  assert.equal(exitCodeOfAll([0, 0]), 0);
  assert.equal(exitCodeOfAll([0, 4]), 5);
  assert.equal(exitCodeOfAll([4, 4]), 5);
  assert.equal(exitCodeOfAll([]), 0);
});

test('a failed record is an error with the code of the transfer', () => {
  const failed = transferRecord({
    status: 'error',
    error: { code: 'web-error', message: 'the server said 404', webErrorStatus: 'http-404' },
  });
  assert.deepEqual(errorReport(errorOfRecord(failed)), {
    code: 'web-error',
    message: 'the server said 404',
    fix: errorTable['web-error'].fix,
    webErrorStatus: 'http-404',
  });
  assert.equal(errorOfRecord(transferRecord({ status: 'completed' })), undefined);
  assert.equal(errorOfRecord(transferRecord({ status: 'canceled' }))?.code, 'operation-canceled');
});

test('a bug is reported as one, with what to do about it', () => {
  assert.equal(errorReport(new TypeError('x is not a function')).code, 'internal');
  assert.equal(errorReport(new LonghaulError('not-found', 'm'), 'abcd').about, 'abcd');
});
