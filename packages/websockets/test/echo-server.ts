// A server on loopback or a Unix socket whose handler echoes, unless a test brings its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  acceptWebSocket,
  isWebSocketRequest,
  type ServerOptions,
  useWebSockets,
  type WebSocketConnection,
} from '@longhaul/websockets';

export type Handler = (socket: WebSocketConnection, request: IncomingMessage) => Promise<void>;

export const echo: Handler = async socket => {
  for await (const message of socket) await socket.send(message.data);
};

export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

/** Accepts every WebSocket request with `handler`. */
export function serve(options: ServerOptions = {}, handler: Handler = echo): Promise<TestServer> {
  return serveRequests(options, async (request, response) => {
    if (!isWebSocketRequest(request)) return void response.writeHead(400).end();
    await using socket = await acceptWebSocket(request, response);
    await handler(socket, request);
  });
}

export async function serveRequests(
  options: ServerOptions,
  onRequest: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<TestServer> {
  const server = createServer();
  useWebSockets(server, options);
  server.on('request', onRequest);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}/echo`, [Symbol.asyncDispose]: () => closed(server) };
}

/** The same on a Unix socket in a folder of its own. */
export async function serveUnix(
  options: ServerOptions = {},
  handler: Handler = echo,
): Promise<{ socketPath: string } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-ws-'));
  const socketPath = join(folder, 's');
  const server = createServer(async (request, response) => {
    await using socket = await acceptWebSocket(request, response);
    await handler(socket, request);
  });
  useWebSockets(server, options);
  await new Promise<void>(resolve => server.listen(socketPath, resolve));
  return {
    socketPath,
    [Symbol.asyncDispose]: async () => {
      await closed(server);
      rmSync(folder, { recursive: true });
    },
  };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
}
