// PURE. What an error of a socket means, in the document's words (SB-47): Node's errors carry the codes of the system, of the
// resolver and of OpenSSL, and whoever decides whether to try again wants one list.

/** SocketErrorStatus, in kebab-case and in its order. */
export const socketErrorStatuses = [
  'unknown',
  'operation-aborted',
  'http-invalid-server-response',
  'connection-timed-out',
  'address-family-not-supported',
  'socket-type-not-supported',
  'host-not-found',
  'no-data-record-of-requested-type',
  'non-authoritative-host-not-found',
  'class-type-not-found',
  'address-already-in-use',
  'cannot-assign-requested-address',
  'connection-refused',
  'network-is-unreachable',
  'unreachable-host',
  'network-is-down',
  'network-dropped-connection-on-reset',
  'software-caused-connection-abort',
  'connection-reset-by-peer',
  'host-is-down',
  'no-addresses-found',
  'too-many-open-files',
  'message-too-long',
  'certificate-expired',
  'certificate-untrusted-root',
  'certificate-common-name-is-incorrect',
  'certificate-wrong-usage',
  'certificate-revoked',
  'certificate-no-revocation-check',
  'certificate-revocation-server-offline',
  'certificate-is-invalid',
] as const;
export type SocketErrorStatus = (typeof socketErrorStatuses)[number];

/** Node never asks a revocation server, so that nothing here leads to `certificate-revocation-server-offline`. */
const statusOf: Readonly<Record<string, SocketErrorStatus>> = {
  ECANCELED: 'operation-aborted',
  'operation-canceled': 'operation-aborted',
  ETIMEDOUT: 'connection-timed-out',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'connection-timed-out',
  EAFNOSUPPORT: 'address-family-not-supported',
  EAI_FAMILY: 'address-family-not-supported',
  ESOCKTNOSUPPORT: 'socket-type-not-supported',
  EPROTONOSUPPORT: 'socket-type-not-supported',
  EPROTOTYPE: 'socket-type-not-supported',
  EAI_SOCKTYPE: 'socket-type-not-supported',
  ENOTFOUND: 'host-not-found',
  EAI_NONAME: 'host-not-found',
  ENODATA: 'no-data-record-of-requested-type',
  EAI_NODATA: 'no-data-record-of-requested-type',
  EAI_AGAIN: 'non-authoritative-host-not-found',
  EAI_SERVICE: 'class-type-not-found',
  EADDRINUSE: 'address-already-in-use',
  EADDRNOTAVAIL: 'cannot-assign-requested-address',
  ECONNREFUSED: 'connection-refused',
  ENETUNREACH: 'network-is-unreachable',
  EHOSTUNREACH: 'unreachable-host',
  ENETDOWN: 'network-is-down',
  ENETRESET: 'network-dropped-connection-on-reset',
  ECONNABORTED: 'software-caused-connection-abort',
  ECONNRESET: 'connection-reset-by-peer',
  EPIPE: 'connection-reset-by-peer',
  EHOSTDOWN: 'host-is-down',
  EAI_ADDRFAMILY: 'no-addresses-found',
  EMFILE: 'too-many-open-files',
  ENFILE: 'too-many-open-files',
  EMSGSIZE: 'message-too-long',
  CERT_HAS_EXPIRED: 'certificate-expired',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted-root',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted-root',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted-root',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted-root',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted-root',
  CERT_UNTRUSTED: 'certificate-untrusted-root',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-common-name-is-incorrect',
  HOSTNAME_MISMATCH: 'certificate-common-name-is-incorrect',
  INVALID_PURPOSE: 'certificate-wrong-usage',
  CERT_REVOKED: 'certificate-revoked',
  UNABLE_TO_GET_CRL: 'certificate-no-revocation-check',
  CERT_NOT_YET_VALID: 'certificate-is-invalid',
  CERT_SIGNATURE_FAILURE: 'certificate-is-invalid',
  CERT_REJECTED: 'certificate-is-invalid',
  CERT_CHAIN_TOO_LONG: 'certificate-is-invalid',
  INVALID_CA: 'certificate-is-invalid',
  PATH_LENGTH_EXCEEDED: 'certificate-is-invalid',
};

/**
 * SocketError.GetStatus (SB-47): of an error that a socket has emitted, `connect` or `listen` has failed with, or anything that
 * was thrown because of one. `unknown` for every other value.
 */
export function socketErrorStatus(error: unknown): SocketErrorStatus {
  // A cause may lead round in a circle.
  for (let depth = 0; depth < 8 && error instanceof Error; depth++, error = error.cause) {
    const code = 'code' in error ? String(error.code) : '';
    if (Object.hasOwn(statusOf, code)) return statusOf[code]!;
    if (error.name === 'AbortError') return 'operation-aborted';
    if (code.startsWith('HPE_')) return 'http-invalid-server-response';
  }
  return 'unknown';
}
