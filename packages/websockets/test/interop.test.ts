// Against `ws`, both ways, over TCP and over a Unix socket; and the class with the browser's interface.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import {
  connectWebSocket,
  createWebSocketClass,
  type WebSocketConnection,
  type WebSocketError,
} from '@longhaul/websockets';
import { WebSocket, WebSocketServer } from 'ws';
import { serve, serveUnix } from './echo-server.ts';

after(leakCheck());

const payloads = [
  '',
  'hello',
  'κόσμε',
  'x'.repeat(125),
  'x'.repeat(126),
  'é'.repeat(40_000),
  Buffer.alloc(0),
  Buffer.of(0, 255),
  Buffer.alloc(200_000, 7),
];

/** A `ws` echo server on TCP, or on a Unix socket of its own. */
async function wsServer(isUnix: boolean): Promise<{ url: string; socketPath?: string } & AsyncDisposable> {
  const http = createServer();
  const wss = new WebSocketServer({
    server: http,
    perMessageDeflate: false,
    handleProtocols: offered => [...offered][0] ?? false,
  });
  wss.on('connection', socket => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  const folder = isUnix ? mkdtempSync(join(tmpdir(), 'longhaul-ws-')) : undefined;
  const socketPath = folder === undefined ? undefined : join(folder, 's');
  await new Promise<void>(resolve =>
    socketPath === undefined ? http.listen(0, '127.0.0.1', resolve) : http.listen(socketPath, resolve),
  );
  return {
    url: socketPath === undefined ? `ws://127.0.0.1:${(http.address() as AddressInfo).port}/` : 'ws://localhost/',
    ...(socketPath === undefined ? {} : { socketPath }),
    [Symbol.asyncDispose]: async () => {
      wss.close();
      await new Promise(resolve => http.close(resolve));
      if (folder !== undefined) rmSync(folder, { recursive: true });
    },
  };
}

async function echoes(client: WebSocketConnection): Promise<void> {
  for (const payload of payloads) {
    void client.send(payload);
    const message = await client.receive();
    assert.deepEqual(
      message,
      typeof payload === 'string' ? { type: 'text', data: payload } : { type: 'binary', data: payload },
    );
  }
}

describe('our client', () => {
  for (const isUnix of [false, true]) {
    test(`talks to a ws server over ${isUnix ? 'a Unix socket' : 'TCP'}`, async () => {
      await using server = await wsServer(isUnix);
      const client = await connectWebSocket(server.url, { ...server, subprotocols: ['chat'] });
      assert.equal(client.subprotocol, 'chat');
      await echoes(client);
      await client.ping('p');
      assert.deepEqual(await client.close(4_000, 'done'), { code: 4_000, reason: 'done', clean: true });
    });
  }

  test('talks to our server over TCP and over a Unix socket', async () => {
    await using tcp = await serve();
    const overTcp = await connectWebSocket(tcp.url);
    await echoes(overTcp);
    await overTcp.close();
    await using unix = await serveUnix();
    const overUnix = await connectWebSocket('ws://localhost/echo', { socketPath: unix.socketPath });
    await echoes(overUnix);
    assert.equal((await overUnix.close()).clean, true);
  });
});

describe('a ws client', () => {
  const open = (url: string) =>
    new Promise<WebSocket>((resolve, reject) => {
      const client = new WebSocket(url);
      client.once('open', () => resolve(client));
      client.once('error', reject);
    });
  const next = (client: WebSocket) =>
    new Promise<{ data: Buffer; isBinary: boolean }>(resolve => {
      client.once('message', (data: Buffer, isBinary) => resolve({ data, isBinary }));
    });
  const closed = (client: WebSocket) =>
    new Promise<{ code: number; reason: string }>(resolve => {
      client.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });

  test('talks to our server over TCP, offering deflate in vain', async () => {
    await using server = await serve();
    const client = await open(server.url);
    assert.equal(client.extensions, '');
    for (const payload of payloads) {
      const answer = next(client);
      client.send(payload);
      const { data, isBinary } = await answer;
      assert.equal(isBinary, typeof payload !== 'string');
      assert.ok(Buffer.from(payload as string).equals(data));
    }
    const pong = new Promise<Buffer>(resolve => client.once('pong', resolve));
    client.ping('are you there');
    assert.equal((await pong).toString(), 'are you there');
    const end = closed(client);
    client.close(3_001, 'bye');
    assert.deepEqual(await end, { code: 3_001, reason: '' });
  });

  test('talks to our server over a Unix socket', async () => {
    await using server = await serveUnix();
    const client = await open(`ws+unix://${server.socketPath}:/echo`);
    const answer = next(client);
    client.send('over a file');
    assert.equal((await answer).data.toString(), 'over a file');
    const end = closed(client);
    client.close();
    assert.equal((await end).code, 1_005);
  });
});

describe('the class with the interface of a browser', () => {
  type Socket = InstanceType<ReturnType<typeof createWebSocketClass>>;
  const event = <E extends Event>(socket: Socket, type: string) =>
    new Promise<E>(resolve => {
      socket.addEventListener(type, found => resolve(found as E), { once: true });
    });

  test('opens, sends, receives and closes, telling handlers and listeners alike', async () => {
    await using server = await serveUnix();
    const UnixWebSocket = createWebSocketClass({ socketPath: server.socketPath, headers: { 'X-A': '1' } });
    const socket = new UnixWebSocket('ws://localhost/echo', undefined, { headers: { 'X-B': '2' } });
    assert.equal(socket.readyState, UnixWebSocket.CONNECTING);
    assert.equal(socket.url, 'ws://localhost/echo');
    assert.throws(() => socket.send('early'), { name: 'InvalidStateError' });
    const opened: string[] = [];
    socket.onopen = () => opened.push('onopen');
    await event(socket, 'open');
    assert.deepEqual(opened, ['onopen']);
    assert.equal(socket.readyState, UnixWebSocket.OPEN);
    assert.equal(socket.protocol, '');

    const received: unknown[] = [];
    socket.onmessage = ({ data }) => received.push(data);
    for (const type of ['blob', 'arraybuffer', 'nodebuffer'] as const) {
      socket.binaryType = type;
      const arrived = event(socket, 'message');
      socket.send(new Uint8Array([1, 2, 3]));
      await arrived;
    }
    const [blob, arrayBuffer, nodeBuffer] = received;
    assert.ok(blob instanceof Blob);
    assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), new Uint8Array([1, 2, 3]));
    assert.ok(arrayBuffer instanceof ArrayBuffer && arrayBuffer.byteLength === 3);
    assert.ok(Buffer.isBuffer(nodeBuffer));
    const text = event<MessageEvent>(socket, 'message');
    socket.send('text');
    assert.equal((await text).data, 'text');

    const ended = event<CloseEvent>(socket, 'close');
    assert.throws(() => socket.close(1_001), { name: 'InvalidAccessError' });
    assert.throws(() => socket.close(1_000, 'x'.repeat(124)), { name: 'SyntaxError' });
    socket.close(3_000, 'done');
    assert.equal(socket.readyState, UnixWebSocket.CLOSING);
    const { code, wasClean } = await ended;
    assert.deepEqual({ code, wasClean }, { code: 3_000, wasClean: true });
    assert.equal(socket.readyState, UnixWebSocket.CLOSED);
    socket.send('late');
    socket.close();
  });

  test('reports the close of the server, and a server that is not there', async () => {
    await using server = await serve({}, async socket => {
      await socket.close(4_002, 'go away');
    });
    const TcpWebSocket = createWebSocketClass();
    const socket = new TcpWebSocket(server.url);
    const { code, reason, wasClean } = await event<CloseEvent>(socket, 'close');
    assert.deepEqual({ code, reason, wasClean }, { code: 4_002, reason: 'go away', wasClean: true });

    const nowhere = new (createWebSocketClass({ socketPath: '/nonexistent' }))('ws://localhost/');
    const errors = event<ErrorEvent>(nowhere, 'error');
    const closed = event<CloseEvent>(nowhere, 'close');
    assert.equal(((await errors).error as WebSocketError).code, 'connect-failed');
    assert.equal((await closed).code, 1_006);
  });

  test('closed before it is open: an error and a close, no connection', async () => {
    await using server = await serve();
    const socket = new (createWebSocketClass())(server.url);
    const closed = event<CloseEvent>(socket, 'close');
    socket.close();
    assert.equal(socket.readyState, 2);
    assert.deepEqual([(await closed).code, (await closed).wasClean], [1_006, false]);
  });
});
