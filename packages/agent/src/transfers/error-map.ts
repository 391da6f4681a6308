// What Node, TLS and HTTP report, as a WebErrorStatus (BT-134, BT-141; the table of section 9.4). Pure, exported for the docs.
import { LonghaulError, type TransferError, type WebErrorStatus } from '@longhaul/agent-protocol';

/** Error code → status. */
export const webErrorOfCode: Readonly<Record<string, WebErrorStatus>> = Object.freeze({
  ENOTFOUND: 'host-name-not-resolved',
  EAI_AGAIN: 'host-name-not-resolved',
  EAI_NODATA: 'host-name-not-resolved',
  EAI_NONAME: 'host-name-not-resolved',
  ECONNREFUSED: 'cannot-connect',
  EADDRNOTAVAIL: 'cannot-connect',
  EPROTO: 'cannot-connect',
  ERR_PROXY_TUNNEL: 'cannot-connect',
  EHOSTUNREACH: 'server-unreachable',
  ENETUNREACH: 'server-unreachable',
  EHOSTDOWN: 'server-unreachable',
  ENETDOWN: 'server-unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'connection-reset',
  ECONNABORTED: 'connection-aborted',
  UND_ERR_SOCKET: 'disconnected',
  EPIPE: 'disconnected',
  ERR_STREAM_PREMATURE_CLOSE: 'disconnected',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-common-name-is-incorrect',
  HOSTNAME_MISMATCH: 'certificate-common-name-is-incorrect',
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
  CERT_REVOKED: 'certificate-revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-is-invalid',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-is-invalid',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-is-invalid',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-is-invalid',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-is-invalid',
  CERT_UNTRUSTED: 'certificate-is-invalid',
  CERT_REJECTED: 'certificate-is-invalid',
  INVALID_CA: 'certificate-is-invalid',
  INVALID_PURPOSE: 'certificate-is-invalid',
  PATH_LENGTH_EXCEEDED: 'certificate-is-invalid',
  CERT_CHAIN_TOO_LONG: 'certificate-is-invalid',
  CERT_SIGNATURE_FAILURE: 'certificate-contains-errors',
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 'certificate-contains-errors',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'certificate-contains-errors',
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 'certificate-contains-errors',
  ERROR_IN_CERT_NOT_AFTER_FIELD: 'certificate-contains-errors',
  ABORT_ERR: 'operation-canceled',
});

/** Code families → status, looked at when the code itself is not listed. */
export const webErrorOfPrefix: readonly (readonly [string, WebErrorStatus])[] = Object.freeze([
  ['HPE_', 'error-http-invalid-server-response'],
  ['ERR_SSL_', 'cannot-connect'],
] as const);

const ownHttpStatuses = new Set([
  300, 301, 302, 303, 304, 305, 307, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415,
  416, 417, 500, 501, 502, 503, 504, 505,
]);

/** An HTTP status that is no success, as BT-141 lists it. */
export function webErrorOfStatus(status: number): WebErrorStatus {
  if (ownHttpStatuses.has(status)) return `http-${status}`;
  if (status >= 300 && status < 400) return 'unexpected-redirection';
  if (status >= 400 && status < 500) return 'unexpected-client-error';
  if (status >= 500 && status < 600) return 'unexpected-server-error';
  return 'unexpected-status-code';
}

/** The status of anything that was thrown; `unknown` where the table has no row (BT-137). */
export function webErrorOf(thrown: unknown): WebErrorStatus {
  if (thrown instanceof LonghaulError) {
    const known = thrown.data?.webErrorStatus;
    if (typeof known === 'string') return known as WebErrorStatus;
    return thrown.cause === undefined ? 'unknown' : webErrorOf(thrown.cause);
  }
  if (!(thrown instanceof Error)) return 'unknown';
  if (thrown.name === 'AbortError') return 'operation-canceled';
  const code = codeOf(thrown);
  if (code === undefined) return 'unknown';
  const listed = Object.hasOwn(webErrorOfCode, code) ? webErrorOfCode[code] : undefined;
  return listed ?? webErrorOfPrefix.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'unknown';
}

/** The code of an error or, for the AggregateError of several tried addresses, of the first of them that has one. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return error.errors.map(codeOf).find(code => code !== undefined);
  return undefined;
}

/** Ways to fail before the host was reached: with no network at hand, they say "offline" (BT-133). */
const onTheWay = new Set<WebErrorStatus>(['host-name-not-resolved', 'server-unreachable', 'cannot-connect', 'timeout']);
export const isOnTheWay = (status: WebErrorStatus): boolean => onTheWay.has(status);

/** Failures that come again with the same request: certificates, refused redirects, answers that are final. */
const final = new Set<WebErrorStatus>([
  'certificate-common-name-is-incorrect',
  'certificate-expired',
  'certificate-contains-errors',
  'certificate-revoked',
  'certificate-is-invalid',
  'http-to-https-on-redirection',
  'https-to-http-on-redirection',
  'redirect-failed',
  'operation-canceled',
]);
export const isFinalWebError = (status: WebErrorStatus): boolean => final.has(status);

/** As a record shows it. */
export function toTransferError(error: LonghaulError): TransferError {
  const isWeb = error.code === 'web-error' || error.code === 'timeout';
  return { code: error.code, message: error.message, webErrorStatus: isWeb ? webErrorOf(error) : null };
}

/** Anything thrown on the way to the origin and back as our error, with its `webErrorStatus`. */
export function toWebError(thrown: unknown): LonghaulError {
  if (thrown instanceof LonghaulError) return thrown;
  const webErrorStatus = webErrorOf(thrown);
  const why = thrown instanceof Error && thrown.message !== '' ? thrown.message : (codeOf(thrown) ?? String(thrown));
  const code = webErrorStatus === 'timeout' || webErrorStatus === 'operation-canceled' ? webErrorStatus : 'web-error';
  return new LonghaulError(code, `The transfer was interrupted (${webErrorStatus}): ${why}.`, {
    cause: thrown,
    data: { webErrorStatus },
  });
}
