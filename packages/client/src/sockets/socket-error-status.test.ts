import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { socketErrorStatus, socketErrorStatuses } from './socket-error-status.ts';

const coded = (code: string) => Object.assign(new Error(code), { code });

test('an error of the system, the resolver or a certificate has the status of the document (SB-47)', () => {
  for (const [code, status] of [
    ['ECONNREFUSED', 'connection-refused'],
    ['ECONNRESET', 'connection-reset-by-peer'],
    ['EPIPE', 'connection-reset-by-peer'],
    ['ENOTFOUND', 'host-not-found'],
    ['EAI_AGAIN', 'non-authoritative-host-not-found'],
    ['EHOSTUNREACH', 'unreachable-host'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-untrusted-root'],
    ['HPE_INVALID_CONSTANT', 'http-invalid-server-response'],
  ] as const) {
    assert.equal(socketErrorStatus(coded(code)), status, code);
  }
  assert.equal(socketErrorStatus(new LonghaulError('operation-canceled', 'no')), 'operation-aborted');
  assert.equal(socketErrorStatus(AbortSignal.abort().reason), 'operation-aborted');
});

test('what was thrown because of such an error has its status; everything else is unknown', () => {
  const wrapped = new LonghaulError('agent-not-reachable', 'no', { cause: coded('ECONNREFUSED') });
  assert.equal(socketErrorStatus(wrapped), 'connection-refused');
  const round: Error = new Error('round');
  round.cause = round;
  for (const other of [round, new Error('plain'), coded('constructor'), 'ECONNREFUSED', null, undefined]) {
    assert.equal(socketErrorStatus(other), 'unknown');
  }
});

test('there are 31 statuses, numbered from 0 as in the document', () => {
  assert.equal(socketErrorStatuses.length, 31);
  assert.deepEqual([socketErrorStatuses[0], socketErrorStatuses[12]], ['unknown', 'connection-refused']);
  assert.equal(socketErrorStatuses[30], 'certificate-is-invalid');
});
