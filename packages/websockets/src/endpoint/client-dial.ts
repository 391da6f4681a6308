// From a URL to a connected byte stream: TCP or a Unix socket, through a proxy's CONNECT where one is asked for, TLS on
// top for `wss:`. Everything started here is destroyed when it does not become the result.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { TlsOptions } from '../client-options.ts';
import { WebSocketError } from '../errors.ts';
import { hostnameOf, portOf } from '../handshake/url.ts';
import type { Attempt } from './client.ts';
import { proxyFor, tunnel } from './client-proxy.ts';

/** Rejects with `connect-failed`, `connect-timeout`, `proxy-refused`, `http2-unsupported`, `invalid-argument` or the reason of `end`. */
export async function dial(attempt: Attempt, alpn: 'h2' | undefined, end: AbortSignal): Promise<Socket> {
  const { url, settings } = attempt;
  const proxy = proxyFor(settings, url);
  const limit = new AbortController();
  const onEnd = () => limit.abort(end.reason);
  if (end.aborted) onEnd();
  end.addEventListener('abort', onEnd);
  const timer = setTimeout(() => {
    const message = `${settings.socketPath ?? url.host} was not reached within ${settings.connectTimeoutMs} ms`;
    limit.abort(new WebSocketError('connect-timeout', message));
  }, settings.connectTimeoutMs);
  try {
    const plain =
      proxy !== undefined
        ? await tunnel(proxy, url, settings, limit.signal)
        : await connected(
            settings.socketPath === undefined
              ? connectTcp({ host: hostnameOf(url), port: portOf(url) })
              : connectTcp({ path: settings.socketPath }),
            settings.socketPath ?? url.host,
            limit.signal,
          );
    return url.protocol === 'wss:' ? await secured(plain, url, attempt.tls, alpn, limit.signal) : plain;
  } finally {
    clearTimeout(timer);
    end.removeEventListener('abort', onEnd);
  }
}

/** TLS over `plain`, which it takes over. */
export async function secured(
  plain: Socket,
  url: URL,
  tls: TlsOptions,
  alpn: 'h2' | undefined,
  limit: AbortSignal,
): Promise<TLSSocket> {
  const host = hostnameOf(url);
  let socket: TLSSocket;
  try {
    // An address is no server name (RFC 6066 §3); the certificate is still compared with it.
    const named = { host, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) };
    socket = connectTls({ ...named, ...tls, socket: plain, ALPNProtocols: [alpn ?? 'http/1.1'] });
  } catch (cause) {
    plain.destroy();
    throw new WebSocketError('invalid-argument', `Option tls cannot be used: ${(cause as Error).message}`, { cause });
  }
  const secure = await connected(socket, url.host, limit, 'secureConnect');
  if (alpn !== undefined && secure.alpnProtocol !== alpn) {
    secure.destroy();
    throw new WebSocketError('http2-unsupported', `${url.host} did not agree on HTTP/2 (ALPN)`);
  }
  return secure;
}

/** Waits until the socket is connected; destroys it when that fails. */
export function connected<S extends Socket>(
  socket: S,
  place: string,
  limit: AbortSignal,
  event = 'connect',
): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  const onConnected = () => {
    settled();
    resolve(socket);
  };
  const onError = (cause: Error & { code?: string }) => {
    const isNoHttp2 = cause.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';
    const code = isNoHttp2 ? 'http2-unsupported' : 'connect-failed';
    fail(new WebSocketError(code, `${place} could not be reached: ${cause.message || cause.code}`, { cause }));
  };
  const onClose = () => fail(new WebSocketError('connect-failed', `${place} closed the connection at once`));
  const onLimit = () => fail(limit.reason);
  function settled(): void {
    socket.off(event, onConnected).off('error', onError).off('close', onClose);
    limit.removeEventListener('abort', onLimit);
  }
  function fail(error: unknown): void {
    settled();
    socket.on('error', ignore);
    socket.destroy();
    reject(error);
  }
  socket.on(event, onConnected).on('error', onError).on('close', onClose);
  limit.addEventListener('abort', onLimit);
  if (limit.aborted) onLimit();
  return promise;
}

function ignore(): void {}
