// WebSockets on node:http and node:https servers. Node sends upgrade requests to an event of their own; `useWebSockets`
// brings them back to 'request', where `acceptWebSocket` turns one into a connection or an ordinary answer goes out.
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../errors.ts';
import { isOriginAllowed } from '../handshake/origins.ts';
import { readUpgradeRequest, type UpgradeRequest, wantsWebSocket } from '../handshake/upgrade-request.ts';
import { writeUpgradeResponse } from '../handshake/upgrade-response.ts';
import { type AcceptOptions, resolveSettings, type ServerOptions } from '../options.ts';
import { Driver } from './driver.ts';
import { UpgradeResponse } from './upgrade-response.ts';
import { WebSocketConnection } from './websocket.ts';

const optionsOf = Symbol('webSocketOptions');
type HttpServer = (Server | TlsServer) & {
  [optionsOf]?: ServerOptions;
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
};

/**
 * Lets WebSocket requests arrive at the server's 'request' handlers like all others. Call it once, before listening;
 * a later call changes the options it names (for requests that arrive afterwards) and adds no second listener.
 * An 'upgrade' listener of somebody else on the same server sees the same requests: let only one of the two answer.
 * Throws `invalid-argument` for a wrong option.
 */
export function useWebSockets(server: Server | TlsServer, options: ServerOptions = {}): void {
  const target = server as HttpServer;
  resolveSettings(options);
  const isInstalled = target[optionsOf] !== undefined;
  target[optionsOf] = Object.freeze({ ...target[optionsOf], ...options });
  if (isInstalled) return;
  // Other upgrades (a POST that offers h2c, say) stay ordinary requests unless somebody else wants them (Node 24.9+).
  const earlier = target.shouldUpgradeCallback;
  target.shouldUpgradeCallback = request =>
    wantsWebSocket(request) || (server.listenerCount('upgrade') > 1 && earlier?.call(server, request) === true);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!wantsWebSocket(request) && server.listenerCount('upgrade') > 1) return;
    arrive(target, request, socket, head);
  });
}

function arrive(server: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const options = server[optionsOf] ?? {};
  const response = new UpgradeResponse(request, socket, head, options);
  if (wantsWebSocket(request) && !isOriginAllowed(request.headers.origin, options.allowedOrigins)) {
    refuse(response, new WebSocketError('origin-refused', `Origin ${request.headers.origin} is not allowed`));
  } else {
    void run(server, request, response);
  }
}

/** Runs the handlers. A connection they accepted lives as long as the promise they return; what they throw ends it with 1011. */
async function run(server: HttpServer, request: IncomingMessage, response: UpgradeResponse): Promise<void> {
  const listeners = server.rawListeners('request');
  if (listeners.length === 0) return void response.writeHead(404).end();
  try {
    const results = listeners.map(listener => Reflect.apply(listener, server, [request, response]) as unknown);
    const promises = results.filter(result => result instanceof Promise);
    if (promises.length === 0) return;
    await Promise.all(promises);
    UpgradeResponse.driverOf(response)?.close(1000, '');
  } catch (error) {
    handlerFailed(response, error);
  }
}

function handlerFailed(response: UpgradeResponse, error: unknown): void {
  const driver = UpgradeResponse.driverOf(response);
  // The loop over messages throws when the connection is lost: that is the connection's end, not the handler's fault.
  const isItsOwnEnd = driver?.isEndedBy(error) ?? (error instanceof WebSocketError && response.headersSent);
  if (driver !== undefined)
    driver.fail(new WebSocketError('handler-failed', 'The request handler threw', { cause: error }));
  else if (!response.headersSent) refuse(response, new WebSocketError('handler-failed', 'The request handler threw'));
  else response.destroy();
  if (isItsOwnEnd) return;
  const { onHandlerError = (thrown: unknown) => console.error('WebSocket request handler failed:', thrown) } =
    UpgradeResponse.optionsOf(response);
  onHandlerError(error);
}

/**
 * True when the client asks for a WebSocket: GET with `Upgrade: websocket` and `Connection: upgrade`. Whether it asks
 * rightly is seen by `acceptWebSocket`, or beforehand by `checkWebSocketRequest`.
 */
export function isWebSocketRequest(request: IncomingMessage): boolean {
  return wantsWebSocket(request);
}

/** The error that `acceptWebSocket` would refuse this request with (its `facts.httpStatus` is the answer), or nothing. */
export function checkWebSocketRequest(request: IncomingMessage): WebSocketError | undefined {
  try {
    readUpgradeRequest(request);
    return undefined;
  } catch (error) {
    if (error instanceof WebSocketError) return error;
    throw error;
  }
}

/** The sub-protocols that the client offers, in its order of preference. Throws `invalid-header`, as `acceptWebSocket` would. */
export function requestedSubprotocols(request: IncomingMessage): readonly string[] {
  return readUpgradeRequest(request).subprotocols;
}

/**
 * Accepts a WebSocket request. Headers set on the response go out with the 101 answer. A request that is wrong is
 * answered (426 for another version, else 400) before the promise rejects.
 * Rejects with `not-upgradable`, `already-answered`, `not-a-websocket-request`, `unsupported-version`, `invalid-key`,
 * `invalid-header`, `invalid-argument` or `connection-lost`.
 */
export async function acceptWebSocket(
  request: IncomingMessage,
  response: ServerResponse,
  options: AcceptOptions = {},
): Promise<WebSocketConnection> {
  if (!UpgradeResponse.isOne(response)) {
    if (!wantsWebSocket(request)) throw new WebSocketError('not-a-websocket-request', 'Not a WebSocket request');
    throw new WebSocketError('not-upgradable', 'This response did not come through useWebSockets');
  }
  if (response.headersSent || UpgradeResponse.driverOf(response) !== undefined) {
    throw new WebSocketError('already-answered', 'The request was answered already');
  }
  const asked = readOrRefuse(request, response);
  const { subprotocol } = options;
  if (subprotocol !== undefined && !asked.subprotocols.includes(subprotocol)) {
    throw new WebSocketError('invalid-argument', `The client did not offer sub-protocol "${subprotocol}"`);
  }
  const settings = resolveSettings(UpgradeResponse.optionsOf(response), options);
  const answer = writeUpgradeResponse(asked.key, subprotocol, response.getHeaders());
  const driver = UpgradeResponse.upgrade(response, (socket, head) => {
    if (socket instanceof Socket) {
      socket.setNoDelay(true);
      socket.setTimeout(0);
    }
    if (!socket.destroyed) socket.write(answer, 'latin1');
    return new Driver(socket, 'server', settings, head, undefined);
  });
  return new WebSocketConnection(driver, subprotocol ?? '', true);
}

function readOrRefuse(request: IncomingMessage, response: UpgradeResponse): UpgradeRequest {
  try {
    return readUpgradeRequest(request);
  } catch (error) {
    if (error instanceof WebSocketError) refuse(response, error);
    throw error;
  }
}

function refuse(response: ServerResponse, error: WebSocketError): void {
  const status = error.facts.httpStatus ?? 500;
  if (status === 426) response.setHeader('Sec-WebSocket-Version', '13').setHeader('Upgrade', 'websocket');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${STATUS_CODES[status]}: ${error.facts.fix}\n`);
}
