// What the compiler knows of the public face. The assertions are types: `@ts-expect-error` fails when there is none.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import {
  acceptWebSocket,
  broadcast,
  type ClientOptions,
  type CloseInfo,
  connectWebSocket,
  createWebSocketClass,
  encodeMessage,
  handleWebSocket,
  isWebSocketRequest,
  type Message,
  type MessageFragment,
  proxyFromEnvironment,
  requestedSubprotocols,
  type ServerOptions,
  type toNodeStream,
  toWebStreams,
  useWebSockets,
  type WebSocketConnection,
  WebSocketError,
  type WebSocketErrorCode,
} from '@longhaul/websockets';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <T extends true>(): T | undefined => undefined;

/** Never called: only its types matter. */
export async function client(connection: WebSocketConnection): Promise<void> {
  isTrue<Equal<Awaited<ReturnType<typeof connectWebSocket>>, WebSocketConnection>>();
  for await (const message of connection) {
    isTrue<Equal<typeof message, Message>>();
    if (message.type === 'text') isTrue<Equal<typeof message.data, string>>();
    else isTrue<Equal<typeof message.data, Buffer>>();
  }
  // @ts-expect-error: a number is no message
  void connection.send(5);
  // @ts-expect-error: there is no such type
  void connection.send('x', { type: 'json' });
  // @ts-expect-error: read only
  connection.subprotocol = 'x';
  isTrue<Equal<ReturnType<typeof toNodeStream>, Duplex>>();
  const { readable } = toWebStreams(connection);
  isTrue<Equal<typeof readable, ReadableStream<string | Uint8Array>>>();
  const options: ClientOptions = { proxy: proxyFromEnvironment, httpVersion: '2' };
  void connectWebSocket('ws://x', options);
  // @ts-expect-error: there is no such version
  void connectWebSocket('ws://x', { httpVersion: '3' });
  // @ts-expect-error: there is no such code
  void new WebSocketError('nope', 'x');
}

/** Never called: the same handler fits every server, with the request and response that each gives. */
export function server(options: ServerOptions): void {
  for (const server of [createServer(), createHttpsServer()]) {
    useWebSockets(server, options);
    server.on('request', async (request, response) => {
      if (!isWebSocketRequest(request)) return void response.writeHead(400).end();
      const subprotocol = requestedSubprotocols(request).find(name => name === 'chat');
      await using socket = await acceptWebSocket(request, response, { subprotocol, compression: { level: 1 } });
      for await (const fragment of socket.fragments()) isTrue<Equal<typeof fragment, MessageFragment>>();
      isTrue<Equal<typeof socket.closed, Promise<CloseInfo>>>();
    });
  }
  for (const server of [createHttp2Server(), createSecureServer()]) {
    useWebSockets(server, { ...options, allowedOrigins: ['https://a.example'] });
    server.on('request', (request, response) => handleWebSocket(request, response, socket => socket.send('x')));
  }
  // @ts-expect-error: no server
  useWebSockets({});
  // @ts-expect-error: there is no such policy
  useWebSockets(createServer(), { outputPolicy: 'throw' });
  // @ts-expect-error: an option of connectWebSocket
  useWebSockets(createServer(), { proxy: 'http://x' });
  isTrue<Equal<ReturnType<typeof broadcast>, number>>();
  broadcast([], encodeMessage('x'));
  // @ts-expect-error: one message, not a list
  broadcast([], ['x']);
  const code: WebSocketErrorCode = 'message-too-big';
  // @ts-expect-error: no code
  const other: WebSocketErrorCode = 'too-big';
  void [code, other];
}

test('the types of the public face say what it does (checked by the compiler)', () => {
  const Class = createWebSocketClass();
  isTrue<Equal<typeof Class.OPEN, 1>>();
  assert.equal(Class.OPEN, 1);
});
