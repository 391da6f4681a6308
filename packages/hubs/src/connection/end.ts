// Why a connection ends, and what follows from it (§8.4): the Close message the client reads, and the error that
// onDisconnected is given. Decides only.

import { HubServerError } from '../errors.ts';
import { formatErrorDetail } from '../protocol/error-text.ts';
import { handshakeCanceled } from '../protocol/handshake.ts';
import type { CloseMessage } from '../protocol/messages.ts';
import type { Due } from './deadlines.ts';

export type ConnectionEnd =
  /** The handshake was answered with this error (§5). */
  | { readonly kind: 'handshake-refused'; readonly text: string; readonly cause?: Error | undefined }
  /** The client sent a Close message (type 7). */
  | { readonly kind: 'client-closed' }
  /** The client closed the transport in an orderly way; nothing can be written any more. */
  | { readonly kind: 'transport-closed' }
  /** The transport broke. */
  | { readonly kind: 'transport-lost'; readonly error: unknown }
  /** `call.abort()`. */
  | { readonly kind: 'aborted' }
  /** The hub server closes. */
  | { readonly kind: 'server-closed' }
  /** onConnected threw: no onDisconnected, no reconnect. */
  | { readonly kind: 'connected-failed'; readonly error: unknown }
  /** A malformed or oversized message, a silent client, a slow consumer, a fault of ours. */
  | { readonly kind: 'failed'; readonly error: unknown };

const closeText = 'Connection closed with an error.';

/** The Close message for this end; `undefined` when nobody is there to read it. */
export function closeMessageFor(end: ConnectionEnd, enableDetailedErrors: boolean): CloseMessage | undefined {
  switch (end.kind) {
    case 'handshake-refused':
    case 'transport-closed':
    case 'transport-lost':
      return undefined;
    case 'client-closed':
    case 'aborted':
      return { type: 'close' };
    case 'server-closed':
      return { type: 'close', allowReconnect: true };
    case 'connected-failed':
      return { type: 'close', error: closeText + formatErrorDetail(end.error, enableDetailedErrors) };
    case 'failed':
      return {
        type: 'close',
        error: closeText + formatErrorDetail(end.error, enableDetailedErrors),
        allowReconnect: true,
      };
  }
}

/** How a deadline that has passed ends the connection. */
export function endByDeadline(due: Exclude<Due, 'ping'>): ConnectionEnd {
  switch (due) {
    case 'handshake-timeout':
      return { kind: 'handshake-refused', text: handshakeCanceled };
    case 'authentication-expired':
      return { kind: 'server-closed' };
    case 'client-timeout': {
      const text = "Client hasn't sent a message/ping within the configured ClientTimeoutInterval.";
      return { kind: 'failed', error: new HubServerError('client-timeout', text) };
    }
  }
}

/** What onDisconnected gets: `undefined` after an end that somebody wanted. */
export function disconnectErrorFor(end: ConnectionEnd): Error | undefined {
  if (end.kind === 'transport-lost') {
    return new HubServerError('connection-lost', 'The connection was lost.', { cause: end.error });
  }
  if (end.kind !== 'failed') return undefined;
  return end.error instanceof Error ? end.error : new Error('The connection failed.', { cause: end.error });
}
