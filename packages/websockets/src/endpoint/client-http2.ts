// The opening handshake of a client on HTTP/2 (RFC 8441): an extended CONNECT, once the server's SETTINGS allow it, on a
// session of its own or on one that is shared. The stream then carries the frames.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { WebSocketError } from '../errors.ts';
import { offerDeflate } from '../handshake/deflate.ts';
import { isRedirect } from '../handshake/redirect.ts';
import { readChoices } from '../handshake/server-answer.ts';
import { basicAuthorization } from '../handshake/url.ts';
import { lingerMs } from '../options.ts';
import type { Attempt, Opened, Redirect } from './client.ts';
import { bodySnippet } from './client-body.ts';

const permission = Symbol('permission');
/** Resolves with true when the server's SETTINGS allow extended CONNECT. Shared by all who wait on one session. */
type Session = ClientHttp2Session & { [permission]?: Promise<boolean> };

/** A session for one WebSocket over a connected socket, which it takes over. */
function openSession(socket: Socket, attempt: Attempt): ClientHttp2Session {
  const { url, settings } = attempt;
  const session = connect(url.href.replace(/^ws/, 'http'), {
    createConnection: () => socket,
    settings: { enablePush: false, maxHeaderListSize: settings.maxHeaderBytes },
  });
  socket.setNoDelay(true);
  session.on('error', ignore); // the stream tells
  // Node leaves a TLS socket open that has failed under a session, and the session is not closed before it: TLS 1.3 says
  // so late that a certificate is missing.
  socket.on('error', () => socket.destroy());
  return session;
}

/** Ends a session of ours when its stream has; a server that never closes TCP does not keep it. */
function endWith(stream: ClientHttp2Stream, session: ClientHttp2Session, socket: Socket): void {
  stream.once('close', () => {
    session.close();
    const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
    socket.once('close', () => clearTimeout(timer));
  });
}

/** Over a session of its own, which ends with the stream. Rejects as `extendedConnect`. */
export async function connectByOwnSession(
  socket: Socket,
  attempt: Attempt,
  end: AbortSignal,
): Promise<Opened | Redirect> {
  const session = openSession(socket, attempt);
  try {
    const answer = await extendedConnect(session, attempt, end);
    if ('refusal' in answer) session.destroy();
    else endWith(answer.transport as ClientHttp2Stream, session, socket);
    return answer;
  } catch (error) {
    session.destroy();
    socket.destroy();
    throw error;
  }
}

/**
 * Opens the WebSocket as a stream of `session`. Rejects with `extended-connect-unsupported`, `http2-unsupported`,
 * `handshake-refused`, `handshake-invalid`, `connect-failed`, `invalid-argument` or the reason of `end`.
 */
export async function extendedConnect(
  session: ClientHttp2Session,
  attempt: Attempt,
  end: AbortSignal,
): Promise<Opened | Redirect> {
  const { host, protocol } = attempt.url;
  if (protocol === 'wss:' && !session.destroyed && session.encrypted === false) {
    throw new WebSocketError('invalid-argument', 'A wss: URL needs an http2Session over TLS');
  }
  if (!(await isPermitted(session, host, end))) {
    const message = `${host} speaks HTTP/2 without extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL)`;
    throw new WebSocketError('extended-connect-unsupported', message);
  }
  return await exchange(startStream(session, attempt), attempt, end);
}

function isPermitted(session: Session, host: string, end: AbortSignal): Promise<boolean> {
  session[permission] ??= permissionOf(session, host);
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const onEnd = () => reject(end.reason);
  end.addEventListener('abort', onEnd);
  if (end.aborted) onEnd();
  session[permission].then(resolve, reject);
  return promise.finally(() => end.removeEventListener('abort', onEnd));
}

/**
 * The server's SETTINGS are the first frame it sends (RFC 9113 §3.4), so they are here when it has answered a PING: what
 * they do not allow by then is not allowed.
 */
function permissionOf(session: ClientHttp2Session, host: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const isAllowed = () => session.remoteSettings.enableConnectProtocol === true;
  let hasSettings = false;
  const onSettings = () => {
    hasSettings = true;
    if (isAllowed()) resolve(true);
  };
  const onError = (cause: Error & { code?: string }) => {
    const isOther = !hasSettings && cause.code === 'ERR_HTTP2_ERROR';
    const code = isOther ? 'http2-unsupported' : 'connect-failed';
    reject(new WebSocketError(code, `No HTTP/2 at ${host}: ${cause.message}`, { cause }));
  };
  const onClose = () => reject(new WebSocketError('connect-failed', `The HTTP/2 session with ${host} is closed`));
  const ask = () => {
    // It fails where ten pings of somebody else are under way; what the SETTINGS say by now has to do then.
    session.ping(() => session.destroyed || resolve(isAllowed()));
  };
  session.on('remoteSettings', onSettings).on('error', onError).on('close', onClose);
  if (session.destroyed || session.closed) onClose();
  else if (isAllowed()) resolve(true);
  else if (session.connecting) session.once('connect', ask);
  else ask();
  return promise.finally(() => {
    session.off('connect', ask).off('remoteSettings', onSettings).off('error', onError).off('close', onClose);
  });
}

function startStream(session: ClientHttp2Session, attempt: Attempt): ClientHttp2Stream {
  const { url, settings } = attempt;
  const headers: OutgoingHttpHeaders = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': url.protocol === 'wss:' ? 'https' : 'http',
    ':authority': url.host,
    ':path': `${url.pathname}${url.search}`,
  };
  const authorization = basicAuthorization(url);
  if (authorization !== undefined) headers.authorization = authorization;
  for (const [name, value] of Object.entries(attempt.headers)) {
    const lower = name.toLowerCase();
    headers[lower === 'host' ? ':authority' : lower] = typeof value === 'string' ? value : [...value];
  }
  headers['sec-websocket-version'] = '13';
  if (settings.subprotocols.length > 0) headers['sec-websocket-protocol'] = settings.subprotocols.join(', ');
  const { compression } = settings.connection;
  if (compression !== undefined) headers['sec-websocket-extensions'] = offerDeflate(compression);
  try {
    return session.request(headers, { endStream: false });
  } catch (cause) {
    const isGone = session.destroyed || session.closed;
    const code = isGone ? 'connect-failed' : 'invalid-argument';
    throw new WebSocketError(code, `The request cannot be sent: ${(cause as Error).message}`, { cause });
  }
}

function exchange(stream: ClientHttp2Stream, attempt: Attempt, end: AbortSignal): Promise<Opened | Redirect> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened | Redirect>();
  const { settings, url } = attempt;
  let failure: (Error & { code?: string }) | undefined;
  function settled(): void {
    end.removeEventListener('abort', onEnd);
    stream.off('close', onClose).off('error', onError);
    stream.on('error', ignore);
  }
  function fail(error: unknown): void {
    settled();
    stream.close(constants.NGHTTP2_CANCEL);
    reject(error);
  }
  const onEnd = () => fail(end.reason);
  const onError = (error: Error) => {
    failure = error;
  };
  const onClose = () => {
    // Node itself ends a stream in this way when the head of the answer is over our limit.
    const isTooLarge = stream.rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM;
    const why = isTooLarge ? 'its answer is too large (maxHeaderBytes)' : `HTTP/2 error code ${stream.rstCode}`;
    const options = failure === undefined ? {} : { cause: failure };
    const code = isTooLarge ? 'handshake-invalid' : 'connect-failed';
    fail(new WebSocketError(code, `No WebSocket at ${url.host}: ${why}`, options));
  };
  const onResponse = async (headers: IncomingHttpHeaders) => {
    const status = Number(headers[':status']);
    if (sizeOf(headers) > settings.maxHeaderBytes) {
      return fail(new WebSocketError('handshake-invalid', `The answer of ${url.host} is too large (maxHeaderBytes)`));
    }
    if (status !== 200) {
      // The stream may be closed before its body is read.
      stream.off('close', onClose);
      const body = await bodySnippet(stream);
      const refusal = new WebSocketError('handshake-refused', `${url.host} answered ${status} in place of 200`, {
        status,
        body,
      });
      if (!isRedirect(status)) return fail(refusal);
      settled();
      stream.close(constants.NGHTTP2_CANCEL);
      return resolve({ status, location: headers.location, refusal });
    }
    try {
      const offer = { subprotocols: settings.subprotocols, compression: settings.connection.compression };
      const agreement = readChoices(headers, offer);
      settled();
      resolve({ transport: stream, head: Buffer.alloc(0), agreement });
    } catch (error) {
      fail(error);
    }
  };
  stream.on('response', headers => void onResponse(headers));
  stream.on('error', onError).on('close', onClose);
  end.addEventListener('abort', onEnd);
  if (end.aborted) onEnd();
  return promise;
}

/** As RFC 9113 §6.5.2 counts a header list. */
function sizeOf(headers: IncomingHttpHeaders): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length + 32, 0);
}

function ignore(): void {}
