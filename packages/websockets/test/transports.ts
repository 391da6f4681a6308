// The transports that every suite runs on: servers that echo unless told otherwise, and raw clients that send and receive
// the bytes of frames. `for (const transport of transports) describe(transport.name, …)`.
import { createServer as createHttpServer } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions, ServerOptions, WebSocketServer } from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { acceptingWith, echo, type Handler, listen, type RequestHandler, type TestServer } from './echo-server.ts';
import { RawClient } from './raw-client.ts';

export interface TestTransport {
  readonly name: 'HTTP/1.1' | 'TLS' | 'HTTP/2' | 'HTTP/2 over TLS';
  readonly isHttp2: boolean;
  /** Options of `connectWebSocket` to get there. */
  readonly clientOptions: () => ClientOptions;
  readonly createServer: () => WebSocketServer;
  /** A socket or session to the server, on which `open` does the rest. */
  readonly dial: (server: TestServer) => RawClient;
}

export const transports: readonly TestTransport[] = [
  {
    name: 'HTTP/1.1',
    isHttp2: false,
    clientOptions: () => ({}),
    createServer: () => createHttpServer(),
    dial: ({ port }) => new RawClient(connectTcp({ port, host: '127.0.0.1', noDelay: true })),
  },
  {
    name: 'TLS',
    isHttp2: false,
    clientOptions: () => ({ tls: { ca: certificate().cert } }),
    createServer: () => createHttpsServer(certificate()),
    dial: ({ port }) => new RawClient(connectTls({ port, host: 'localhost', ca: certificate().cert }).setNoDelay(true)),
  },
  {
    name: 'HTTP/2',
    isHttp2: true,
    clientOptions: () => ({ httpVersion: '2' }),
    createServer: () => createHttp2Server(),
    dial: ({ port }) => new RawClient(connectHttp2(`http://127.0.0.1:${port}`)),
  },
  {
    name: 'HTTP/2 over TLS',
    isHttp2: true,
    clientOptions: () => ({ httpVersion: '2', tls: { ca: certificate().cert } }),
    createServer: () => createSecureServer({ ...certificate(), allowHTTP1: true }),
    dial: ({ port }) => new RawClient(connectHttp2(`https://localhost:${port}`, { ca: certificate().cert })),
  },
];

/** Accepts every WebSocket request with `handler`. */
export function serveOn(
  transport: TestTransport,
  options: ServerOptions = {},
  handler: Handler = echo,
): Promise<TestServer> {
  return listen(transport.createServer(), options, acceptingWith(handler));
}

export function serveRequestsOn(
  transport: TestTransport,
  options: ServerOptions,
  onRequest: RequestHandler,
): Promise<TestServer> {
  return listen(transport.createServer(), options, onRequest);
}

/** A raw client whose opening handshake is done; `headers` are more lines of it. */
export async function openRaw(
  transport: TestTransport,
  server: TestServer,
  headers: readonly string[] = [],
): Promise<RawClient> {
  const client = transport.dial(server);
  await client.handshake(headers);
  return client;
}
