// Options of the server's side: of `useWebSockets` and of one `acceptWebSocket`.
import { mustBeObject, unfit } from './arguments.ts';
import { type ConnectionOptions, resolveSettings } from './options.ts';

/** Options of `useWebSockets`: those of every connection, and what is checked before the handler runs. */
export interface ServerOptions extends ConnectionOptions {
  /**
   * Origins whose pages may connect, exact and without case, as `https://example.com`; `['*']` or empty = all (default).
   * Looked at only when the request has an `Origin` header; anything else is answered 403 (signalr-protocol.md §12).
   */
  allowedOrigins?: readonly string[];
  /**
   * Time in ms for the handler to accept or answer a WebSocket request; then it is answered 503 (`handler-timeout`).
   * 0 or Infinity = off. Default 30,000: nobody waits longer for a page to come to life. A client that does not finish
   * its request is the business of the server's own `headersTimeout`.
   */
  handshakeTimeoutMs?: number;
  /** Called with what a handler threw after its connection was closed with 1011, and with `handler-timeout`. Default: `console.error`. */
  onHandlerError?: (error: unknown) => void;
}

/** Options of one `acceptWebSocket`, over those of the server. */
export interface AcceptOptions extends ConnectionOptions {
  /** Sub-protocol to answer with; must be one of those the client offered. Default: none. */
  subprotocol?: string | undefined;
}

export const serverDefaults = Object.freeze({ handshakeTimeoutMs: 30_000 });

/** Throws `invalid-argument` for a value that is none. */
export function checkServerOptions(options: ServerOptions): void {
  mustBeObject('options', options);
  resolveSettings(options);
  const { allowedOrigins = [], handshakeTimeoutMs = 0, onHandlerError } = options;
  if (!Array.isArray(allowedOrigins) || !allowedOrigins.every(origin => typeof origin === 'string')) {
    throw unfit('Option allowedOrigins', allowedOrigins);
  }
  if (typeof handshakeTimeoutMs !== 'number' || !(handshakeTimeoutMs >= 0)) {
    throw unfit('Option handshakeTimeoutMs', handshakeTimeoutMs);
  }
  if (onHandlerError !== undefined && typeof onHandlerError !== 'function') {
    throw unfit('Option onHandlerError', onHandlerError);
  }
}
