// A hub server takes the requests under its paths and no others (decision 020).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { createHubServer, defineHub } from '@longhaul/hubs';
import { leakCheck } from '@longhaul/testing';
import { acceptWebSocket, isWebSocketRequest } from '@longhaul/websockets';
import { WebSocket, WebSocketServer } from 'ws';
import { bareHubClient, refusedUpgrade } from './bare-client.ts';
import { host } from './host.ts';
import { connected } from './official-client.ts';

const hub = defineHub()({ methods: { ping: () => 'pong' } });

describe('hubs on a server with a life of its own', () => {
  after(leakCheck());

  test('listeners, added before or after, see everything but the hub', async t => {
    const before: string[] = [];
    const behind: string[] = [];
    const { url, server } = await host(t, hub, {
      listener: (request, response) => {
        before.push(request.url!);
        response.end('mine');
      },
    });
    server.on('request', request => behind.push(request.url!));
    const connection = await connected(t, `${url}/hub`);
    assert.equal(await connection.invoke('ping'), 'pong');
    for (const path of ['/', '/hub2', '/hub/other', '/negotiate']) {
      assert.equal(await (await fetch(url + path)).text(), 'mine');
    }
    assert.deepEqual(before, ['/', '/hub2', '/hub/other', '/negotiate']);
    assert.deepEqual(behind, before);
  });

  test('without any listener of its own, the server answers other paths with 404', async t => {
    const { url } = await host(t, hub);
    assert.equal((await fetch(`${url}/other`)).status, 404);
    assert.equal((await refusedUpgrade(`${url}/other`)).status, 404);
  });

  test('other WebSockets arrive at the request listeners', async t => {
    const { url } = await host(t, hub, {
      listener: async (request, response) => {
        if (!isWebSocketRequest(request)) return void response.end();
        const socket = await acceptWebSocket(request, response);
        await socket.send('mine');
        await socket.close();
      },
    });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/own`);
    t.after(() => socket.terminate());
    const [message] = await once(socket, 'message');
    assert.equal(String(message), 'mine');
    assert.equal(await (await connected(t, `${url}/hub`)).invoke('ping'), 'pong');
  });

  test('a WebSocket server of another library keeps its paths', async t => {
    const { url, server } = await host(t, hub);
    const other = new WebSocketServer({ server, path: '/own' });
    other.on('connection', socket => socket.send('ws'));
    t.after(() => other.close());
    const socket = new WebSocket(`${url.replace('http', 'ws')}/own`);
    t.after(() => socket.terminate());
    assert.equal(String((await once(socket, 'message'))[0]), 'ws');
    assert.equal(await (await connected(t, `${url}/hub`)).invoke('ping'), 'pong');
  });

  test('connections can come by server.emit("connection", socket)', async t => {
    const http = createServer();
    const hubs = createHubServer(http);
    hubs.map('/hub', hub);
    const sockets: Socket[] = [];
    const net = createNetServer(socket => {
      sockets.push(socket);
      http.emit('connection', socket);
    });
    await new Promise<void>(resolve => net.listen(0, '127.0.0.1', resolve));
    t.after(async () => {
      await hubs.close();
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => net.close(resolve));
    });
    const url = `http://127.0.0.1:${(net.address() as AddressInfo).port}`;
    const connection = await connected(t, `${url}/hub`);
    assert.equal(await connection.invoke('ping'), 'pong');
    assert.equal((await fetch(`${url}/other`)).status, 404);
  });

  test('two hub servers share one server', async t => {
    const { url, server } = await host(t, hub);
    const second = createHubServer(server);
    second.map('/second', hub);
    assert.equal(await (await connected(t, `${url}/hub`)).invoke('ping'), 'pong');
    assert.equal(await (await connected(t, `${url}/second`)).invoke('ping'), 'pong');
    await second.close();
    assert.equal((await fetch(`${url}/second/negotiate`, { method: 'POST' })).status, 404);
    assert.equal(await (await connected(t, `${url}/hub`)).invoke('ping'), 'pong');
  });

  test('after close the paths belong to the server again', async t => {
    const { url, hubs } = await host(t, hub, { listener: (_request, response) => response.end('mine') });
    await hubs.close();
    assert.equal(await (await fetch(`${url}/hub/negotiate`, { method: 'POST' })).text(), 'mine');
    assert.throws(() => hubs.map('/late', hub), { code: 'server-closed' });
  });

  test('options and paths that cannot be are refused at once', async t => {
    const { hubs, server } = await host(t, hub);
    assert.throws(() => hubs.map('/HUB/', hub), { code: 'path-taken' });
    assert.throws(() => hubs.map('hub', hub), { code: 'invalid-option' });
    assert.throws(() => hubs.map('/a', hub, { keepAliveIntervalMs: 0 }), { code: 'invalid-option' });
    assert.throws(() => hubs.map('/a', hub, { maximumReceiveMessageSize: Number.NaN }), { code: 'invalid-option' });
    assert.throws(() => hubs.map('/a', hub, { transports: ['Pigeons' as 'WebSockets'] }), { code: 'invalid-option' });
    assert.throws(() => hubs.map('/a', hub, { disconnectTimeoutMs: -1 }), { code: 'invalid-option' });
    assert.throws(() => hubs.map('/a', hub, { minimumProtocolVersion: 0.5 }), { code: 'invalid-option' });
    assert.throws(() => hubs.map('/a', hub, { webSockets: { closeTimeoutMs: 0 } }), { code: 'invalid-option' });
    assert.throws(() => createHubServer(server, { maximumPendingConnections: 0 }), { code: 'invalid-option' });
    hubs.map('/no-limit', hub, { maximumReceiveMessageSize: null });
  });

  test('a request that is cut off in its head leaves everybody else alone', async t => {
    const { url, server } = await host(t, hub);
    const client = await bareHubClient(t, `${url}/hub`);
    const raw = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(raw, 'connect');
    raw.write(
      'GET /hub HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n',
    );
    raw.destroy();
    client.send('{"type":1,"invocationId":"1","target":"ping","arguments":[]}');
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":"pong"}');
  });
});
