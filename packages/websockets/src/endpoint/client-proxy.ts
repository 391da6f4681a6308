// The way through an HTTP proxy: CONNECT host:port (RFC 9110 §9.3.6), by `http:` or `https:` to the proxy, Basic
// authorization from the proxy's URL. Gives the socket behind which the server itself answers. No error names user or password.
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { mustBeObject } from '../arguments.ts';
import type { ClientSettings, ProxyOptions } from '../client-options.ts';
import { WebSocketError } from '../errors.ts';
import { basicAuthorization, hostnameOf, portOf } from '../handshake/url.ts';

/** The proxy to use for `url`, if any. Throws `invalid-argument`. */
export function proxyFor(settings: ClientSettings, url: URL): (ProxyOptions & { url: URL }) | undefined {
  const { proxy } = settings;
  // A function of the caller sees where we go, not who we are there.
  const found = typeof proxy === 'function' ? proxy(new URL(`${url.protocol}//${url.host}${url.pathname}`)) : proxy;
  if (found === undefined) return undefined;
  const options = typeof found === 'string' || found instanceof URL ? { url: found } : found;
  mustBeObject('Option proxy', options);
  const parsed = typeof options.url === 'string' || options.url instanceof URL ? URL.parse(options.url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new WebSocketError('invalid-argument', 'Option proxy must be an http: or https: URL');
  }
  return { ...options, url: parsed };
}

/** Rejects with `connect-failed`, `proxy-refused` or the reason of `limit`. */
export function tunnel(
  proxy: ProxyOptions & { url: URL },
  target: URL,
  settings: ClientSettings,
  limit: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const place = `Proxy ${proxy.url.host}`;
  const request = startConnect(proxy, target, settings.maxHeaderBytes);
  const onLimit = () => fail(limit.reason);
  function fail(error: unknown): void {
    limit.removeEventListener('abort', onLimit);
    reject(error);
    request.destroy();
  }
  request.on('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) {
      socket.destroy();
      return fail(new WebSocketError('proxy-refused', `${place} answered ${status} to CONNECT`, { status }));
    }
    // Only on HTTP/2 without TLS does a server speak first.
    const mayBeEarly = settings.httpVersion === '2' && target.protocol === 'ws:';
    if (head.length > 0 && mayBeEarly) socket.unshift(head);
    else if (head.length > 0) {
      socket.destroy();
      return fail(new WebSocketError('proxy-refused', `${place} sent bytes of its own behind its answer`, { status }));
    }
    limit.removeEventListener('abort', onLimit);
    resolve(socket);
  });
  request.on('response', (response: IncomingMessage) => {
    const status = response.statusCode ?? 0;
    fail(new WebSocketError('proxy-refused', `${place} answered ${status} to CONNECT`, { status }));
  });
  request.on('error', (cause: Error & { code?: string }) => {
    fail(new WebSocketError('connect-failed', `${place} could not be used: ${cause.message || cause.code}`, { cause }));
  });
  limit.addEventListener('abort', onLimit);
  if (limit.aborted) onLimit();
  else request.end();
  return promise;
}

function startConnect(proxy: ProxyOptions & { url: URL }, target: URL, maxHeaderBytes: number): ClientRequest {
  const authority = `${target.hostname}:${portOf(target)}`;
  const authorization = basicAuthorization(proxy.url);
  const isSecure = proxy.url.protocol === 'https:';
  try {
    return (isSecure ? requestHttps : requestHttp)({
      method: 'CONNECT',
      hostname: hostnameOf(proxy.url),
      port: portOf(proxy.url),
      path: authority,
      headers: {
        Host: authority,
        ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization }),
        ...proxy.headers,
      },
      ...(isSecure ? proxy.tls : {}),
      agent: false,
      maxHeaderSize: maxHeaderBytes,
    });
  } catch (cause) {
    throw new WebSocketError('invalid-argument', 'Option proxy cannot be used', { cause });
  }
}
