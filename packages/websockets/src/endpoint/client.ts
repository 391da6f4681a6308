// The client: one call, one connection. Holds the clock and the signal of an attempt, follows redirects when told to, and
// joins the ways to get there: dial and upgrade (HTTP/1.1), dial and extended CONNECT, or a stream of a given session.
import { type ClientOptions, type ClientSettings, resolveClientOptions, type TlsOptions } from '../client-options.ts';
import { ZlibSlots } from '../compression/zlib-slots.ts';
import { zlibJobsAtOnce } from '../compression-options.ts';
import { WebSocketError } from '../errors.ts';
import { harmlessHeaders, isSameOrigin, redirectTarget } from '../handshake/redirect.ts';
import type { Agreement } from '../handshake/server-answer.ts';
import { parseUrl } from '../handshake/url.ts';
import { dial } from './client-dial.ts';
import { upgrade } from './client-http1.ts';
import { connectByOwnSession, extendedConnect } from './client-http2.ts';
import { Driver } from './driver.ts';
import { maskingKeys } from './masking-keys.ts';
import type { Transport } from './transport.ts';
import { WebSocketConnection } from './websocket.ts';

/** Where to go and what to take along; changes with every redirect. */
export interface Attempt {
  /** `ws:` or `wss:`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: TlsOptions;
  readonly settings: ClientSettings;
}

/** An open WebSocket, not yet driven. `head`: bytes that came with the answer. */
export interface Opened {
  readonly transport: Transport;
  readonly head: Buffer;
  readonly agreement: Agreement;
}

/** The answer of a server that sends us elsewhere. */
export interface Redirect {
  readonly status: number;
  readonly location: string | undefined;
  /** What to reject with when it is not followed. */
  readonly refusal: WebSocketError;
}

/**
 * Connects to a `ws:`, `wss:`, `http:` or `https:` URL.
 * Rejects with `invalid-url`, `invalid-argument`, `connect-failed`, `connect-timeout`, `proxy-refused`,
 * `handshake-timeout`, `handshake-refused` (with `status` and `body`), `handshake-invalid`, `redirect-refused`,
 * `http2-unsupported`, `extended-connect-unsupported`, or the reason of the signal. No message repeats path, query,
 * user or password of a URL.
 */
export async function connectWebSocket(url: string | URL, options: ClientOptions = {}): Promise<WebSocketConnection> {
  const target = parseUrl(url);
  if (target === undefined) throw new WebSocketError('invalid-url', 'The URL is no ws: or wss: URL without a fragment');
  const settings = resolveClientOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const { transport, head, agreement } = await inTime(target, settings, signal, end =>
    open({ url: target, headers: settings.headers, tls: settings.tls, settings }, end),
  );
  const { compression } = settings.connection;
  const deflate =
    agreement.deflate === undefined || compression === undefined
      ? undefined
      : { agreement: agreement.deflate, settings: compression, slots: new ZlibSlots(zlibJobsAtOnce) };
  const driver = new Driver(transport, 'client', settings.connection, head, maskingKeys(), deflate);
  const connection = new WebSocketConnection(driver, agreement.subprotocol, agreement.extensions, false);
  if (signal !== undefined) abortWith(connection, signal);
  return connection;
}

/** Runs `work` with a signal that ends it when the time is over or the caller's signal says so. */
async function inTime(
  url: URL,
  settings: ClientSettings,
  signal: AbortSignal | undefined,
  work: (end: AbortSignal) => Promise<Opened>,
): Promise<Opened> {
  const end = new AbortController();
  const onAbort = () => end.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  const milliseconds = settings.handshakeTimeoutMs;
  const timer = setTimeout(() => {
    end.abort(new WebSocketError('handshake-timeout', `No WebSocket at ${url.host} within ${milliseconds} ms`));
  }, milliseconds);
  try {
    return await work(end.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

async function open(first: Attempt, end: AbortSignal): Promise<Opened> {
  let attempt = first;
  for (let left = first.settings.maxRedirects; ; left--) {
    const answer = await ask(attempt, end);
    if (!('refusal' in answer)) return answer;
    if (left <= 0) throw answer.refusal;
    attempt = redirected(attempt, answer);
  }
}

async function ask(attempt: Attempt, end: AbortSignal): Promise<Opened | Redirect> {
  const { settings } = attempt;
  if (settings.http2Session !== undefined) return await extendedConnect(settings.http2Session, attempt, end);
  if (settings.httpVersion === '1.1') return await upgrade(await dial(attempt, undefined, end), attempt, end);
  return await connectByOwnSession(await dial(attempt, 'h2', end), attempt, end);
}

function redirected(attempt: Attempt, answer: Redirect): Attempt {
  const { settings, tls } = attempt;
  const url = redirectTarget(attempt.url, answer.location);
  if (isSameOrigin(attempt.url, url)) return { ...attempt, url };
  if (settings.socketPath !== undefined || settings.http2Session !== undefined) {
    throw new WebSocketError('redirect-refused', `The redirect leads elsewhere than to the given socket or session`, {
      cause: answer.refusal,
    });
  }
  return {
    url,
    headers: harmlessHeaders(attempt.headers),
    tls: tls.ca === undefined ? {} : { ca: tls.ca },
    settings,
  };
}

function abortWith(connection: WebSocketConnection, signal: AbortSignal): void {
  const onAbort = () => connection.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort);
  void connection.closed.then(() => signal.removeEventListener('abort', onAbort));
}
