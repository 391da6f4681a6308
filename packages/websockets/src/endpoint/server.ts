// Brings WebSocket requests to the server's 'request' handlers: Node sends upgrades to 'upgrade' and an extended CONNECT
// to 'connect'. Runs the handlers, because Node forgets the promises they return and a connection lives as long as those.
import type { IncomingMessage, Server } from 'node:http';
import type { Http2SecureServer, Http2Server, Http2ServerResponse } from 'node:http2';
import type { Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { unfit } from '../arguments.ts';
import { WebSocketError } from '../errors.ts';
import { isOriginAllowed } from '../handshake/origins.ts';
import { wantsWebSocket } from '../handshake/upgrade-request.ts';
import { checkServerOptions, type ServerOptions } from '../server-options.ts';
import { runHandlers } from './handlers.ts';
import { respondToUpgrade } from './http1.ts';
import { ConnectHandover, enableExtendedConnect, refuseConnect } from './http2.ts';
import { type AnyRequest, type AnyResponse, Opening } from './opening.ts';
import { refuse } from './refusal.ts';
import { ServerSettings } from './server-settings.ts';

/** Servers of node:http, node:https and node:http2. */
export type WebSocketServer = Server | TlsServer | Http2Server | Http2SecureServer;

const settingsOf = Symbol('webSocketSettings');
type ExtendedServer = WebSocketServer & {
  [settingsOf]?: ServerSettings;
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
};

/**
 * Lets WebSocket requests arrive at the server's 'request' handlers like all others, on HTTP/1.1 and HTTP/2 (where it
 * turns on extended CONNECT). Call it once, before listening; a later call changes the options it names (for requests
 * that arrive afterwards) and adds no second listener.
 * An 'upgrade' or 'connect' listener of somebody else on the same server sees the same requests: let only one of the two answer.
 * Throws `invalid-argument` for a wrong option and for what is none of these servers.
 */
export function useWebSockets(server: WebSocketServer, options: ServerOptions = {}): void {
  const target = server as ExtendedServer;
  mustBeServer(server);
  checkServerOptions(options);
  const earlierSettings = target[settingsOf];
  target[settingsOf] = new ServerSettings({ ...earlierSettings?.options, ...options });
  if (earlierSettings !== undefined) return;
  // Other upgrades (a POST that offers h2c, say) stay ordinary requests unless somebody else wants them (Node 24.9+).
  const earlier = target.shouldUpgradeCallback;
  target.shouldUpgradeCallback = request =>
    wantsWebSocket(request) || (target.listenerCount('upgrade') > 1 && earlier?.call(server, request) === true);
  target.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!wantsWebSocket(request) && target.listenerCount('upgrade') > 1) return;
    const { response, handover } = respondToUpgrade(request, socket, head);
    arrive(target, request, response, new Opening(response, handover, target[settingsOf]!));
  });
  if (!('updateSettings' in server)) return;
  enableExtendedConnect(server);
  target.on('connect', (request: AnyRequest, response: Http2ServerResponse | Duplex) => {
    connectArrived(target, request, response);
  });
}

/** A bare server of node:net or node:tls has no requests. */
function mustBeServer(server: WebSocketServer): void {
  const { on, closeAllConnections, updateSettings } = Object(server) as Record<string, unknown>;
  const hasRequests = typeof closeAllConnections === 'function' || typeof updateSettings === 'function';
  if (typeof on !== 'function' || !hasRequests) throw unfit('A server', server);
}

function connectArrived(server: ExtendedServer, request: AnyRequest, response: Http2ServerResponse | Duplex): void {
  const isOurs = server.listenerCount('connect') === 1;
  if (!('stream' in response)) {
    // A CONNECT of HTTP/1.1: without our listener Node would have dropped it.
    if (isOurs) response.destroy();
  } else if (wantsWebSocket(request)) {
    // Routers look for the route that a client of HTTP/1.1 asks for; `:protocol` still says what this is.
    Object.assign(request, { method: 'GET' });
    arrive(server, request, response, new Opening(response, new ConnectHandover(response), server[settingsOf]!));
  } else if (isOurs) {
    // Another protocol is not implemented (RFC 9220 §3); a plain CONNECT is answered as Node does without a listener.
    refuseConnect(response, request.headers[':protocol'] === undefined ? 405 : 501);
  }
}

function arrive(server: ExtendedServer, request: AnyRequest, response: AnyResponse, opening: Opening): void {
  const { origin } = request.headers;
  if (wantsWebSocket(request) && !isOriginAllowed(origin, opening.settings.options.allowedOrigins)) {
    refuse(response, new WebSocketError('origin-refused', `Origin ${origin} is not allowed`));
  } else {
    runHandlers(server, request, response, opening);
  }
}
