// What may be asked of `connectWebSocket`, the defaults and the reasons for them. Resolved and frozen once, at the call.
import { validateHeaderValue } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import type { SecureContextOptions } from 'node:tls';
import { mustBeObject, unfit } from './arguments.ts';
import { WebSocketError } from './errors.ts';
import { isToken } from './handshake/header-values.ts';
import { type ConnectionOptions, type ConnectionSettings, resolveSettings } from './options.ts';

/** The part of `tls.connect`'s options that concerns who is at the other end. */
export interface TlsOptions extends SecureContextOptions {
  /** Name to ask for and to expect in the certificate. Default: the host of the URL. */
  servername?: string;
  /** False: accept any certificate. Anybody on the way can then read and change everything. Default true. */
  rejectUnauthorized?: boolean;
}

/** A proxy, in place of its bare URL, where more has to be said. */
export interface ProxyOptions {
  /** `http:` or `https:`; user and password in it become Basic authorization to the proxy, and appear in no error. */
  url: string | URL;
  /** More headers of the CONNECT request, seen by the proxy alone. */
  headers?: Readonly<Record<string, string>>;
  /** For an `https:` proxy. */
  tls?: TlsOptions;
}

/** Options of `connectWebSocket`. */
export interface ClientOptions extends ConnectionOptions {
  /** Dial this Unix socket in place of the URL's host; the URL still gives path and `Host`. Default: none. */
  socketPath?: string | undefined;
  /**
   * For `wss:`: certificate authorities, a client certificate and the like, as `tls.connect` takes them. After a
   * redirect to another origin only `ca` still holds. Default: Node's own authorities.
   */
  tls?: TlsOptions | undefined;
  /** More request headers, for example `Authorization`. Those of the handshake itself cannot be set (`invalid-argument`). Default: none. */
  headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Sub-protocols to offer, in order of preference. Default: none. */
  subprotocols?: readonly string[] | undefined;
  /**
   * `1.1` (default): an upgrade. `2`: extended CONNECT on a connection of its own (RFC 8441), agreed on by ALPN for
   * `wss:`, by prior knowledge for `ws:`. There is no falling back from one to the other.
   */
  httpVersion?: '1.1' | '2';
  /**
   * Open the WebSocket as a stream of this session (`http2.connect`), any number of them beside its ordinary requests.
   * The session stays yours to close. Not together with `socketPath`, `tls` and `proxy`: they are the session's.
   * Default: none.
   */
  http2Session?: ClientHttp2Session | undefined;
  /**
   * Reach the server through this HTTP proxy by CONNECT, also for `ws:`. A function is asked for every URL dialled;
   * `proxy: proxyFromEnvironment` obeys `HTTPS_PROXY` and `NO_PROXY`. Default: none; the environment is not looked at.
   */
  proxy?: string | URL | ProxyOptions | ((url: URL) => string | URL | ProxyOptions | undefined) | undefined;
  /**
   * Redirects to follow, never from `wss:` to `ws:`. To another origin only Accept, Accept-Language and User-Agent of
   * `headers` go along. Default 0: a redirect is `handshake-refused`.
   */
  maxRedirects?: number;
  /** Ends the attempt to connect (the promise rejects with its reason), and later the connection, as `abort()` does. Default: none. */
  signal?: AbortSignal | undefined;
  /** Time in ms for DNS, TCP, proxy and TLS together, for each URL dialled. Default 10,000: a TCP SYN may be lost twice (1 s + 2 s). */
  connectTimeoutMs?: number;
  /** Time in ms from the call to the open connection, redirects included. Default 20,000: `connectTimeoutMs`, and as much for the answer. */
  handshakeTimeoutMs?: number;
  /** Largest head of an answer in bytes. Default 16,384: as Node's servers accept. */
  maxHeaderBytes?: number;
}

export const clientDefaults = Object.freeze({
  httpVersion: '1.1',
  maxRedirects: 0,
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 20_000,
  maxHeaderBytes: 16_384,
}) satisfies ClientOptions;

/** Most of the body of a refusal that is kept for `WebSocketError.body`, and how long it is waited for. */
export const snippet = Object.freeze({ maxBytes: 1_024, timeoutMs: 1_000 });

/** Complete, frozen settings of one call of `connectWebSocket`. */
export interface ClientSettings {
  readonly connection: ConnectionSettings;
  readonly socketPath: string | undefined;
  readonly tls: TlsOptions;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly subprotocols: readonly string[];
  readonly httpVersion: '1.1' | '2';
  readonly http2Session: ClientHttp2Session | undefined;
  readonly proxy: ClientOptions['proxy'];
  readonly maxRedirects: number;
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly maxHeaderBytes: number;
}

/** Headers that belong to the handshake or to HTTP itself. */
const reserved =
  /^(:.*|connection|content-length|expect|http2-settings|keep-alive|proxy-connection|sec-websocket-.*|te|trailer|transfer-encoding|upgrade)$/i;

/** Throws `invalid-argument`. */
export function resolveClientOptions(options: ClientOptions): ClientSettings {
  mustBeObject('options', options);
  const { subprotocols = [], headers = {}, tls = {}, socketPath, proxy, http2Session } = options;
  mustBeObject('Option headers', headers);
  mustBeObject('Option tls', tls);
  checkKinds(options);
  if (!Array.isArray(subprotocols)) throw unfit('Option subprotocols', subprotocols);
  if (
    new Set(subprotocols).size !== subprotocols.length ||
    !subprotocols.every(name => typeof name === 'string' && isToken(name))
  ) {
    throw new WebSocketError('invalid-argument', 'Sub-protocols must be different tokens (RFC 6455 §4.1)');
  }
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value);
  const { httpVersion = http2Session === undefined ? clientDefaults.httpVersion : '2' } = options;
  if (httpVersion !== '1.1' && httpVersion !== '2') {
    throw unfit('Option httpVersion', httpVersion);
  }
  const others = { socketPath, tls: options.tls, proxy };
  for (const [name, value] of Object.entries(others)) {
    if (http2Session !== undefined && value !== undefined) {
      throw new WebSocketError('invalid-argument', `Options http2Session and ${name} exclude each other`);
    }
  }
  if (http2Session !== undefined && httpVersion !== '2') {
    throw new WebSocketError('invalid-argument', 'Option http2Session needs httpVersion 2');
  }
  if (socketPath !== undefined && proxy !== undefined) {
    throw new WebSocketError('invalid-argument', 'Options socketPath and proxy exclude each other');
  }
  return Object.freeze({
    connection: resolveSettings(options),
    socketPath,
    tls,
    headers,
    subprotocols,
    httpVersion,
    http2Session,
    proxy,
    maxRedirects: numberOf(options, 'maxRedirects', 0),
    connectTimeoutMs: numberOf(options, 'connectTimeoutMs', 1),
    handshakeTimeoutMs: numberOf(options, 'handshakeTimeoutMs', 1),
    maxHeaderBytes: numberOf(options, 'maxHeaderBytes', 1),
  });
}

/** What JavaScript lets through where the compiler would not: a wrong kind of thing fails here, not halfway to the server. */
function checkKinds({ socketPath, proxy, http2Session, signal }: ClientOptions): void {
  if (socketPath !== undefined && (typeof socketPath !== 'string' || socketPath === '')) {
    throw unfit('Option socketPath', socketPath);
  }
  if (proxy !== undefined && !['string', 'object', 'function'].includes(typeof proxy))
    throw unfit('Option proxy', proxy);
  if (proxy === null) throw unfit('Option proxy', proxy);
  if (http2Session !== undefined && typeof http2Session?.request !== 'function') {
    throw unfit('Option http2Session', http2Session);
  }
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') throw unfit('Option signal', signal);
}

function checkHeader(name: string, value: string | readonly string[]): void {
  if (!isToken(name) || reserved.test(name)) {
    throw new WebSocketError('invalid-argument', `Header ${JSON.stringify(name)} cannot be set for a WebSocket`);
  }
  try {
    for (const line of Array.isArray(value) ? value : [value]) {
      if (typeof line !== 'string') throw new TypeError(`A header is a string, not ${typeof line}`);
      validateHeaderValue(name, line);
    }
  } catch (cause) {
    throw new WebSocketError('invalid-argument', `The value of header ${name} cannot be sent`, { cause });
  }
}

/** Node's timers know no more; a longer time, or Infinity, would be over at once. */
const longestMs = 2 ** 31 - 1;

function numberOf(
  options: ClientOptions,
  name: 'maxRedirects' | 'connectTimeoutMs' | 'handshakeTimeoutMs' | 'maxHeaderBytes',
  least: number,
): number {
  const value: unknown = options[name] === undefined ? clientDefaults[name] : options[name];
  if (typeof value === 'number' && value >= least) return Math.min(value, longestMs);
  throw unfit(`Option ${name}`, value);
}
