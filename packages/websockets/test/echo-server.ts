// A server on loopback or a Unix socket whose handler echoes, unless a test brings its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  acceptWebSocket,
  isWebSocketRequest,
  type ServerOptions,
  useWebSockets,
  type WebSocketConnection,
  type WebSocketServer,
} from '@longhaul/websockets';

export type Handler = (socket: WebSocketConnection, request: IncomingMessage) => Promise<void>;
/** On HTTP/2 it gets Node's compatible request and response, which have all that the tests use. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

export const echo: Handler = async socket => {
  for await (const message of socket) await socket.send(message.data);
};

export interface TestServer extends AsyncDisposable {
  readonly server: WebSocketServer;
  readonly port: number;
  readonly url: string;
}

/** Accepts every WebSocket request with `handler`, on HTTP/1.1. */
export function serve(options: ServerOptions = {}, handler: Handler = echo): Promise<TestServer> {
  return serveRequests(options, acceptingWith(handler));
}

export function serveRequests(options: ServerOptions, onRequest: RequestHandler): Promise<TestServer> {
  return listen(createServer(), options, onRequest);
}

export function acceptingWith(handler: Handler): RequestHandler {
  return async (request, response) => {
    if (!isWebSocketRequest(request)) return void response.writeHead(400).end();
    await using socket = await acceptWebSocket(request, response);
    await handler(socket, request);
  };
}

export async function listen(
  server: WebSocketServer,
  options: ServerOptions,
  onRequest: RequestHandler,
): Promise<TestServer> {
  const close = closing(server);
  useWebSockets(server, options);
  (server as NodeJS.EventEmitter).on('request', onRequest);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const isTls = 'setSecureContext' in server;
  const url = `${isTls ? 'wss://localhost' : 'ws://127.0.0.1'}:${port}/echo`;
  return { server, port, url, [Symbol.asyncDispose]: close };
}

/** The same on a Unix socket in a folder of its own. */
export async function serveUnix(
  options: ServerOptions = {},
  handler: Handler = echo,
): Promise<{ socketPath: string } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-ws-'));
  const socketPath = join(folder, 's');
  const server = createServer(acceptingWith(handler));
  const close = closing(server);
  useWebSockets(server, options);
  await new Promise<void>(resolve => server.listen(socketPath, resolve));
  return {
    socketPath,
    [Symbol.asyncDispose]: async () => {
      await close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Ends the server and every socket that it has, upgraded ones too. */
function closing(server: WebSocketServer): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  };
}
