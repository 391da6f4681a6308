import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LonghaulError, type WebErrorStatus } from '@longhaul/agent-protocol';
import {
  isFinalWebError,
  isOnTheWay,
  toTransferError,
  toWebError,
  webErrorOf,
  webErrorOfCode,
  webErrorOfStatus,
} from './error-map.ts';

const thrown = (code: string) => Object.assign(new Error('boom'), { code });

describe('every row of section 9.4', () => {
  const rows: [string, WebErrorStatus][] = [
    ['ENOTFOUND', 'host-name-not-resolved'],
    ['EAI_AGAIN', 'host-name-not-resolved'],
    ['ECONNREFUSED', 'cannot-connect'],
    ['EHOSTUNREACH', 'server-unreachable'],
    ['ENETUNREACH', 'server-unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['ECONNRESET', 'connection-reset'],
    ['ECONNABORTED', 'connection-aborted'],
    ['UND_ERR_SOCKET', 'disconnected'],
    ['EPIPE', 'disconnected'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-common-name-is-incorrect'],
    ['CERT_HAS_EXPIRED', 'certificate-expired'],
    ['CERT_REVOKED', 'certificate-revoked'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-is-invalid'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-is-invalid'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-is-invalid'],
    ['CERT_SIGNATURE_FAILURE', 'certificate-contains-errors'],
    ['HPE_INVALID_CONSTANT', 'error-http-invalid-server-response'],
    ['HPE_HEADER_OVERFLOW', 'error-http-invalid-server-response'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'cannot-connect'],
    ['EPROTO', 'cannot-connect'],
    ['ESOMETHING', 'unknown'],
    ['constructor', 'unknown'],
  ];
  for (const [code, expected] of rows)
    test(`${code}: ${expected}`, () => assert.equal(webErrorOf(thrown(code)), expected));

  test('every listed code maps as listed', () => {
    for (const [code, expected] of Object.entries(webErrorOfCode)) assert.equal(webErrorOf(thrown(code)), expected);
  });
  test('AbortError: operation-canceled', () => {
    assert.equal(webErrorOf(new DOMException('aborted', 'AbortError')), 'operation-canceled');
  });
  test('several tried addresses: the code of the whole, else of the first', () => {
    assert.equal(webErrorOf(new AggregateError([new Error('x'), thrown('ECONNREFUSED')])), 'cannot-connect');
    assert.equal(webErrorOf(Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' })), 'timeout');
  });
  test('anything else: unknown (BT-137)', () => {
    for (const odd of [new Error('x'), 'text', undefined, null, 7]) assert.equal(webErrorOf(odd), 'unknown');
  });
});

test('statuses of BT-141 keep their number, others say whose error it was', () => {
  const all = [300, 307, 308, 400, 417, 418, 451, 500, 505, 511, 206, 204, 101, 600].map(webErrorOfStatus);
  assert.deepEqual(all, [
    'http-300',
    'http-307',
    'unexpected-redirection',
    'http-400',
    'http-417',
    'unexpected-client-error',
    'unexpected-client-error',
    'http-500',
    'http-505',
    'unexpected-server-error',
    'unexpected-status-code',
    'unexpected-status-code',
    'unexpected-status-code',
    'unexpected-status-code',
  ]);
});

test('our own errors say their status, or their cause does', () => {
  assert.equal(webErrorOf(new LonghaulError('web-error', 'x', { data: { webErrorStatus: 'http-404' } })), 'http-404');
  assert.equal(webErrorOf(new LonghaulError('web-error', 'x', { cause: thrown('EPIPE') })), 'disconnected');
  assert.equal(webErrorOf(new LonghaulError('disk-full', 'x')), 'unknown');
});

test('what was thrown becomes one of our errors, with the cause, once', () => {
  const cause = thrown('ECONNREFUSED');
  const error = toWebError(cause);
  assert.deepEqual([error.code, error.cause, error.data], ['web-error', cause, { webErrorStatus: 'cannot-connect' }]);
  assert.equal(toWebError(error), error);
  assert.equal(toWebError(thrown('ETIMEDOUT')).code, 'timeout');
  assert.equal(toWebError(new DOMException('aborted', 'AbortError')).code, 'operation-canceled');
});

test('a record shows a WebErrorStatus only for errors of the web', () => {
  assert.deepEqual(toTransferError(toWebError(thrown('EPIPE'))).webErrorStatus, 'disconnected');
  assert.deepEqual(toTransferError(new LonghaulError('disk-full', 'full')), {
    code: 'disk-full',
    message: 'full',
    webErrorStatus: null,
  });
});

test('certificates are final, and only ways to the host can mean that there is no network', () => {
  assert.equal(isFinalWebError('certificate-expired'), true);
  assert.equal(isFinalWebError('connection-reset'), false);
  assert.equal(isOnTheWay('host-name-not-resolved'), true);
  assert.equal(isOnTheWay('http-503'), false);
});
