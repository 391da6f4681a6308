// The opening handshake of a client on HTTP/1.1 (RFC 6455 §4.1), by node:http over a socket that is connected already.
import { randomBytes } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketError } from '../errors.ts';
import { offerDeflate } from '../handshake/deflate.ts';
import { isRedirect } from '../handshake/redirect.ts';
import { readUpgradeAnswer } from '../handshake/server-answer.ts';
import { basicAuthorization } from '../handshake/url.ts';
import type { Attempt, Opened, Redirect } from './client.ts';
import { bodySnippet } from './client-body.ts';

/** Takes the socket over. Rejects with `handshake-refused`, `handshake-invalid`, `connect-failed` or the reason of `end`. */
export function upgrade(socket: Socket, attempt: Attempt, end: AbortSignal): Promise<Opened | Redirect> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened | Redirect>();
  const key = randomBytes(16).toString('base64');
  const request = start(socket, key, attempt);
  const { host } = attempt.url;
  let isBroken = false;
  function settled(): void {
    end.removeEventListener('abort', onEnd);
  }
  function fail(error: unknown): void {
    settled();
    reject(error);
    socket.destroy();
  }
  const onEnd = () => fail(end.reason);
  const refused = async (response: IncomingMessage) => {
    const status = response.statusCode ?? 0;
    const body = await bodySnippet(response);
    const error = new WebSocketError('handshake-refused', `${host} answered ${status} in place of 101`, {
      status,
      body,
    });
    if (!isRedirect(status) || isBroken) return fail(error);
    settled();
    socket.destroy();
    resolve({ status, location: response.headers.location, refusal: error });
  };
  request.on('upgrade', (response: IncomingMessage, upgraded: Socket, head: Buffer) => {
    try {
      const offer = {
        subprotocols: attempt.settings.subprotocols,
        compression: attempt.settings.connection.compression,
      };
      const agreement = readUpgradeAnswer(response.headers, key, offer);
      upgraded.setNoDelay(true);
      settled();
      resolve({ transport: upgraded, head, agreement });
    } catch (error) {
      fail(error);
    }
  });
  request.on('response', response => {
    if (response.statusCode !== 101) return void refused(response);
    fail(new WebSocketError('handshake-invalid', `The 101 answer of ${host} does not upgrade`));
  });
  request.on('error', (cause: Error & { code?: string }) => {
    isBroken = true;
    const code = cause.code?.startsWith('HPE_') === true ? 'handshake-invalid' : 'connect-failed';
    fail(new WebSocketError(code, `No WebSocket at ${host}: ${cause.message}`, { cause }));
  });
  end.addEventListener('abort', onEnd);
  if (end.aborted) onEnd();
  else request.end();
  return promise;
}

function start(socket: Socket, key: string, attempt: Attempt): ClientRequest {
  const { url, settings } = attempt;
  const headers: Record<string, string | string[]> = { Host: url.host };
  let request: ClientRequest | undefined;
  const authorization = basicAuthorization(url);
  if (authorization !== undefined) headers.Authorization = authorization;
  try {
    request = requestHttp({
      createConnection: () => socket,
      path: `${url.pathname}${url.search}`,
      headers,
      maxHeaderSize: settings.maxHeaderBytes,
    });
    for (const [name, value] of Object.entries(attempt.headers)) {
      request.setHeader(name, typeof value === 'string' ? value : [...value]);
    }
    request.setHeader('Connection', 'Upgrade');
    request.setHeader('Upgrade', 'websocket');
    request.setHeader('Sec-WebSocket-Version', '13');
    request.setHeader('Sec-WebSocket-Key', key);
    if (settings.subprotocols.length > 0) request.setHeader('Sec-WebSocket-Protocol', settings.subprotocols.join(', '));
    const { compression } = settings.connection;
    if (compression !== undefined) request.setHeader('Sec-WebSocket-Extensions', offerDeflate(compression));
    return request;
  } catch (cause) {
    request?.on('error', () => {}).destroy();
    socket.destroy();
    throw new WebSocketError('invalid-argument', `The request cannot be sent: ${(cause as Error).message}`, { cause });
  }
}
