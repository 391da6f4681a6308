// What the compiler knows of the public face. The assertions are types: `@ts-expect-error` fails when there is none.
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import {
  type ClientOptions,
  connectWebSocket,
  createWebSocketClass,
  type Message,
  proxyFromEnvironment,
  type toNodeStream,
  toWebStreams,
  type WebSocketConnection,
  WebSocketError,
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

test('the types of the public face say what it does (checked by the compiler)', () => {
  const Class = createWebSocketClass();
  isTrue<Equal<typeof Class.OPEN, 1>>();
  assert.equal(Class.OPEN, 1);
});
