// The client: dials over TCP, TLS or a Unix socket, does the opening handshake by node:http, gives a connection object.
import { randomBytes } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { WebSocketError } from '../errors.ts';
import { isToken } from '../handshake/header-values.ts';
import { readUpgradeResponse } from '../handshake/upgrade-response.ts';
import { type ClientOptions, clientDefaults, resolveSettings } from '../options.ts';
import { Driver } from './driver.ts';
import { maskingKeys } from './masking-keys.ts';
import { WebSocketConnection } from './websocket.ts';

/**
 * Connects to a `ws:`, `wss:`, `http:` or `https:` URL. Redirects are not followed.
 * Rejects with `invalid-url`, `invalid-argument`, `connect-failed`, `handshake-timeout`, `handshake-refused` (with
 * `status`), `handshake-invalid`, or the reason of the signal.
 */
export async function connectWebSocket(url: string | URL, options: ClientOptions = {}): Promise<WebSocketConnection> {
  const target = parseUrl(url);
  const settings = resolveSettings(options);
  const { subprotocols = [], signal } = options;
  if (new Set(subprotocols).size !== subprotocols.length || !subprotocols.every(isToken)) {
    throw new WebSocketError('invalid-argument', 'Sub-protocols must be different tokens (RFC 6455 §4.1)');
  }
  signal?.throwIfAborted();
  const key = randomBytes(16).toString('base64');
  const { response, socket, head } = await handshake(target, key, subprotocols, options);
  try {
    const subprotocol = readUpgradeResponse(response, key, subprotocols);
    socket.setNoDelay(true);
    const driver = new Driver(socket, 'client', settings, head, maskingKeys());
    return new WebSocketConnection(driver, subprotocol, false);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function parseUrl(url: string | URL): URL {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed === undefined || !/^(wss?|https?):$/.test(parsed.protocol) || parsed.hash !== '') {
    throw new WebSocketError('invalid-url', `${String(url)} is no ws: or wss: URL without a fragment`);
  }
  return parsed;
}

interface Handshake {
  readonly response: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

function handshake(url: URL, key: string, subprotocols: readonly string[], options: ClientOptions): Promise<Handshake> {
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>();
  const timeoutMs = options.handshakeTimeoutMs ?? clientDefaults.handshakeTimeoutMs;
  const request = startRequest(url, key, subprotocols, options);
  const onAbort = () => fail(options.signal?.reason);
  const timer = setTimeout(() => {
    fail(new WebSocketError('handshake-timeout', `No WebSocket at ${url.host} within ${timeoutMs} ms`));
  }, timeoutMs);
  const settled = () => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  };
  function fail(error: unknown): void {
    settled();
    reject(error);
    request.destroy();
  }
  options.signal?.addEventListener('abort', onAbort);
  request.on('upgrade', (response, socket: Socket, head) => {
    settled();
    resolve({ response, socket, head });
  });
  request.on('response', response => {
    try {
      readUpgradeResponse(response, key, subprotocols);
      fail(new WebSocketError('handshake-invalid', 'The 101 answer does not upgrade'));
    } catch (error) {
      fail(error);
    }
  });
  request.on('error', (cause: Error & { code?: string }) => {
    const isBadAnswer = cause.code?.startsWith('HPE_') === true;
    const code = isBadAnswer ? 'handshake-invalid' : 'connect-failed';
    fail(new WebSocketError(code, `No WebSocket at ${options.socketPath ?? url.host}: ${cause.message}`, { cause }));
  });
  request.end();
  return promise;
}

function startRequest(url: URL, key: string, subprotocols: readonly string[], options: ClientOptions): ClientRequest {
  const isTls = url.protocol === 'wss:' || url.protocol === 'https:';
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  headers.Connection = 'Upgrade';
  headers.Upgrade = 'websocket';
  headers['Sec-WebSocket-Version'] = '13';
  headers['Sec-WebSocket-Key'] = key;
  if (subprotocols.length > 0) headers['Sec-WebSocket-Protocol'] = subprotocols.join(', ');
  const start = isTls ? requestHttps : requestHttp;
  try {
    return start({
      ...(options.socketPath === undefined
        ? { hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? (isTls ? 443 : 80) : url.port }
        : { socketPath: options.socketPath }),
      path: `${url.pathname}${url.search}`,
      headers: { Host: url.host, ...headers },
      ...(url.username === ''
        ? {}
        : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
      ...(isTls ? options.tls : {}),
      agent: false,
      maxHeaderSize: options.maxHeaderBytes ?? clientDefaults.maxHeaderBytes,
    });
  } catch (cause) {
    throw new WebSocketError('invalid-argument', `The request cannot be sent: ${(cause as Error).message}`, { cause });
  }
}
