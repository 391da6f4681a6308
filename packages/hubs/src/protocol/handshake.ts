// The handshake (§5), always JSON and 0x1E, whatever protocol follows: the client names a protocol and a version, the
// server answers `{}` or an error. Decides only; the driver reads and writes.
import { HubServerError } from '../errors.ts';
import { formatErrorDetail } from './error-text.ts';
import type { HubProtocol, TransferFormat } from './protocol.ts';
import { recordSeparator } from './record-reader.ts';

export const handshakeAccepted = `{}${recordSeparator}`;

/** 15 s without a complete request, a request over the size limit, or a connection that ended (§5). */
export const handshakeCanceled = 'Handshake was canceled.';

export const handshakeRefused = (error: string): string => JSON.stringify({ error }) + recordSeparator;

/** The request is not what §5 says. */
export const handshakeFailed = (error: HubServerError, enableDetailedErrors: boolean): string =>
  `An unexpected error occurred during connection handshake.${formatErrorDetail(error, enableDetailedErrors)}`;

export type HandshakeAnswer =
  | { readonly protocol: HubProtocol; readonly version: number }
  | { readonly error: string; readonly cause?: HubServerError };

export interface HandshakeContext {
  readonly protocols: readonly HubProtocol[];
  /** What the transport can carry. */
  readonly transferFormats: readonly TransferFormat[];
  readonly enableDetailedErrors: boolean;
}

export function answerHandshake(record: string, context: HandshakeContext): HandshakeAnswer {
  let request: { protocol: string; version: number };
  try {
    request = parseRequest(record);
  } catch (thrown) {
    const cause = thrown as HubServerError;
    return { error: handshakeFailed(cause, context.enableDetailedErrors), cause };
  }
  const name = request.protocol.toLowerCase();
  const protocol = context.protocols.find(known => known.name === name);
  if (protocol === undefined) return { error: `The protocol '${request.protocol}' is not supported.` };
  if (!context.transferFormats.includes(protocol.transferFormat)) {
    return {
      error: `Cannot use the '${protocol.name}' protocol on the current transport. The transport does not support '${protocol.transferFormat}' transfer format.`,
    };
  }
  if (request.version > protocol.version) {
    return { error: `The server does not support version ${request.version} of the '${protocol.name}' protocol.` };
  }
  return { protocol, version: request.version };
}

function parseRequest(record: string): { protocol: string; version: number } {
  let request: unknown;
  try {
    request = JSON.parse(record);
  } catch (cause) {
    throw new HubServerError('invalid-message', 'Error reading JSON.', { cause });
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new HubServerError('invalid-message', 'Unexpected JSON Token Type. Expected a JSON Object.');
  }
  const { protocol, version } = request as { protocol?: unknown; version?: unknown };
  if (typeof protocol !== 'string') throw missing('protocol', protocol, 'String');
  if (typeof version !== 'number' || !Number.isInteger(version)) throw missing('version', version, 'Number');
  return { protocol, version };
}

function missing(name: string, value: unknown, type: string): HubServerError {
  const problem =
    value === undefined ? `Missing required property '${name}'.` : `Expected '${name}' to be of type ${type}.`;
  return new HubServerError('invalid-message', problem);
}
