// Our `WebSocket`-shaped class in the hands of others: the official SignalR client on our hubs (TCP, Unix socket, HTTP/2),
// and beside Node's own WebSocket (undici) on a `ws` server and on ours.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createHubServer, defineHub } from '@longhaul/hubs';
import { leakCheck } from '@longhaul/testing';
import {
  acceptWebSocket,
  createWebSocketClass,
  type WebSocketServer as OurServer,
  useWebSockets,
  type WebSocketClassOptions,
} from '@longhaul/websockets';
import { HttpTransportType, HubConnectionBuilder, type IHttpConnectionOptions, LogLevel } from '@microsoft/signalr';
import { WebSocketServer } from 'ws';

after(leakCheck());

const hub = defineHub<{ said(text: string): void }>()({
  methods: {
    async echo(call, text: string) {
      await call.clients.caller.said(text);
      return text.toUpperCase();
    },
    async *count(_call, to: number) {
      for (let i = 0; i < to; i++) yield i;
    },
  },
});

type Place = { url: string; options: WebSocketClassOptions };

const places: { name: string; server: () => OurServer; isUnix?: boolean; options: WebSocketClassOptions }[] = [
  { name: 'TCP', server: () => createServer(), options: {} },
  { name: 'a Unix socket', server: () => createServer(), isUnix: true, options: {} },
  { name: 'HTTP/2', server: () => createHttp2Server(), options: { httpVersion: '2' } },
];

describe('the official SignalR client with our class reaches our hub', () => {
  for (const { name, server: create, isUnix = false, options } of places) {
    test(`over ${name}`, async () => {
      const server = create();
      const hubs = createHubServer(server as ReturnType<typeof createServer>);
      hubs.map('/hub', hub);
      const folder = mkdtempSync(join(tmpdir(), 'longhaul-hub-'));
      const socketPath = join(folder, 's');
      await new Promise<void>(resolve =>
        isUnix ? server.listen(socketPath, resolve) : server.listen(0, '127.0.0.1', resolve),
      );
      const place: Place = isUnix
        ? { url: 'http://localhost/hub', options: { ...options, socketPath } }
        : { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hub`, options };
      const connectionOptions: IHttpConnectionOptions & { WebSocket: unknown } = {
        transport: HttpTransportType.WebSockets,
        skipNegotiation: true,
        WebSocket: createWebSocketClass(place.options),
      };
      const connection = new HubConnectionBuilder()
        .withUrl(place.url, connectionOptions)
        .configureLogging(LogLevel.None)
        .build();
      const said = new Promise<string>(resolve => connection.on('said', resolve));
      await connection.start();
      assert.equal(await connection.invoke('echo', 'κόσμε'), 'ΚΌΣΜΕ');
      assert.equal(await said, 'κόσμε');
      const items: number[] = [];
      await new Promise<void>((complete, error) =>
        connection.stream<number>('count', 3).subscribe({ next: item => items.push(item), complete, error }),
      );
      assert.deepEqual(items, [0, 1, 2]);
      await connection.stop();
      await hubs.close();
      await new Promise(resolve => server.close(resolve));
      rmSync(folder, { recursive: true });
    });
  }
});

/** What both classes have in common. */
type AnyWebSocket = Pick<
  WebSocket,
  'send' | 'close' | 'readyState' | 'protocol' | 'url' | 'extensions' | 'bufferedAmount' | 'addEventListener'
> & { binaryType: string };
type AnyClass = new (url: string, protocols?: string[]) => AnyWebSocket;

/** Everything a page could see of one connection, in order. */
async function story(Class: AnyClass, url: string): Promise<unknown[]> {
  const log: unknown[] = [];
  const socket = new Class(url.replace('ws:', 'http:'), ['chat', 'other']);
  log.push(socket.url === url, socket.readyState, String(socket), socket.binaryType);
  const waiters: (() => void)[] = [];
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, event => {
      const { data, origin, code, reason, wasClean } = event as MessageEvent & CloseEvent;
      const shown = data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data instanceof Blob ? 'Blob' : data;
      log.push([type, shown, type === 'message' ? origin : undefined, code, reason, wasClean, socket.readyState]);
      waiters.shift()?.();
    });
  }
  const next = () => new Promise<void>(resolve => waiters.push(resolve));
  const refusal = (act: () => void) => {
    try {
      act();
    } catch (error) {
      log.push((error as Error).name);
    }
  };
  refusal(() => socket.send('early'));
  await next();
  log.push(socket.protocol, socket.extensions);
  socket.binaryType = 'nonsense';
  log.push(socket.binaryType);
  for (const data of ['text', new Uint8Array([1, 2]), new Uint8Array([3, 4]).buffer, new Blob(['blob'])]) {
    const arrived = next();
    socket.send(data);
    await arrived;
    socket.binaryType = 'arraybuffer';
  }
  const order = [next(), next()];
  socket.send(new Blob(['first']));
  socket.send('second');
  await Promise.all(order);
  log.push(socket.bufferedAmount);
  refusal(() => socket.close(1_001));
  refusal(() => socket.close(2_999));
  refusal(() => socket.close(1_000, 'é'.repeat(62)));
  const ended = next();
  socket.close(3_000, 'done');
  log.push(socket.readyState);
  // What bufferedAmount says now is ours to say: WHATWG wants it to grow, undici leaves it.
  socket.send('late');
  await ended;
  log.push(socket.readyState);
  socket.close();
  refusal(() => new Class('ftp://x'));
  refusal(() => new Class(url, ['a', 'a']));
  refusal(() => new Class(url, ['a b']));
  return log;
}

describe("our class and Node's own WebSocket (undici) see the same", () => {
  const Ours = createWebSocketClass() as unknown as AnyClass;

  test('of a ws server', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    server.on('connection', socket => socket.on('message', (data, binary) => socket.send(data, { binary })));
    await new Promise(resolve => server.once('listening', resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    assert.deepEqual(await story(Ours, url), await story(WebSocket, url));
    await new Promise(resolve => server.close(resolve));
  });

  test('of our server', async () => {
    const server = createServer(async (request, response) => {
      await using socket = await acceptWebSocket(request, response, { subprotocol: 'chat' });
      for await (const message of socket) await socket.send(message.data);
    });
    useWebSockets(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const ours = await story(Ours, url);
    assert.deepEqual(ours, await story(WebSocket, url));
    assert.equal(ours.filter(Array.isArray).length, 8);
    await new Promise(resolve => server.close(resolve));
  });
});
