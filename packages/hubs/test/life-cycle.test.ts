// How connections begin and end over a real server (§5, §7, §8.4): what the client reads, what the hub is told.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { defineHub, HubError } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { HubConnectionState, type IRetryPolicy } from '@microsoft/signalr';
import { bareClient, bareHubClient, jsonHandshake } from './bare-client.ts';
import { host } from './host.ts';
import { connected, officialClient } from './official-client.ts';

const atOnce: IRetryPolicy = { nextRetryDelayInMilliseconds: () => 0 };

/** A hub that writes down what happens to its connections. */
function diary() {
  const events: [string, string, string?][] = [];
  const hub = defineHub<{ note(text: string): void; question(): string }>()({
    methods: {
      ping: () => 'pong',
      leave: call => call.abort(),
      async hold(call) {
        events.push(['held', call.connectionId]);
        await new Promise(resolve => call.signal.addEventListener('abort', resolve, { once: true }));
        events.push(['released', call.connectionId]);
      },
      join: call => call.groups.add(call.connectionId, 'g'),
    },
    onConnected: call => {
      events.push(['connected', call.connectionId]);
    },
    onDisconnected: (call, error) => {
      const code = (error as { code?: string } | undefined)?.code;
      events.push(code === undefined ? ['disconnected', call.connectionId] : ['disconnected', call.connectionId, code]);
    },
  });
  const named = (name: string) => events.filter(([event]) => event === name);
  return { hub, events, named };
}

/** What `onDisconnected` was told: once, within a moment. */
async function farewell({ named }: ReturnType<typeof diary>): Promise<string | undefined> {
  await waitFor('onDisconnected', () => named('disconnected').length > 0);
  assert.equal(named('disconnected').length, 1);
  return named('disconnected')[0]![2];
}

describe('the handshake over a socket (§5)', () => {
  after(leakCheck());

  test('success, and messages in the same frame are taken', async t => {
    const { hub } = diary();
    const { url } = await host(t, hub);
    const client = await bareClient(t, `${url}/hub`);
    client.send(jsonHandshake, '{"type":1,"invocationId":"1","target":"ping","arguments":[]}');
    assert.equal(await client.next(), '{}');
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":"pong"}');
  });

  test('cut into single bytes, in binary frames: the opcode of incoming frames is ignored (§4.1)', async t => {
    const { hub } = diary();
    const { url } = await host(t, hub);
    const client = await bareClient(t, `${url}/hub`);
    for (const byte of Buffer.from(
      `${jsonHandshake}\u001e{"type":1,"invocationId":"1","target":"ping","arguments":[]}\u001e`,
    )) {
      client.socket.send(Buffer.of(byte), { binary: true });
    }
    assert.equal(await client.next(), '{}');
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":"pong"}');
  });

  const refused: readonly (readonly [string, string])[] = [
    ['{"protocol":"cbor","version":1}', "The protocol 'cbor' is not supported."],
    ['{"protocol":"json","version":3}', "The server does not support version 3 of the 'json' protocol."],
    ['nonsense', 'An unexpected error occurred during connection handshake.'],
    [`{"protocol":"${'x'.repeat(40_000)}","version":1}`, 'Handshake was canceled.'],
  ];
  for (const [request, error] of refused) {
    test(`${request.slice(0, 40)}: ${error}`, async t => {
      const happenings = diary();
      const { url } = await host(t, happenings.hub);
      const client = await bareClient(t, `${url}/hub`);
      client.send(request);
      assert.deepEqual(JSON.parse(await client.next()), { error });
      assert.deepEqual(await client.closed, { code: 1000, reason: '' });
      assert.deepEqual(happenings.events, []);
    });
  }

  test('nothing for handshakeTimeoutMs: Handshake was canceled.', async t => {
    const { hub } = diary();
    const { url } = await host(t, hub, { endpoint: { handshakeTimeoutMs: 40 } });
    const client = await bareClient(t, `${url}/hub`);
    client.socket.send('{"protocol":"json","ver');
    assert.equal(await client.next(), '{"error":"Handshake was canceled."}');
    assert.equal((await client.closed).code, 1000);
  });

  test('a client that leaves before its handshake was never there', async t => {
    const happenings = diary();
    const { url, hubs } = await host(t, happenings.hub);
    const client = await bareClient(t, `${url}/hub`);
    client.socket.terminate();
    await waitFor('the connection to end', () => hubs.connectionCount === 0);
    assert.deepEqual(happenings.events, []);
  });
});

describe('ends (§8.4)', () => {
  after(leakCheck());

  test('stop() of the official client: {"type":7} back, no error', async t => {
    const happenings = diary();
    const { url, hubs } = await host(t, happenings.hub);
    const connection = await connected(t, `${url}/hub`);
    await connection.invoke('join');
    await connection.stop();
    assert.equal(await farewell(happenings), undefined);
    await waitFor('nothing to be left', () => hubs.connectionCount === 0);
  });

  test('a Close message is answered with {"type":7}, then the WebSocket closes with 1000', async t => {
    const happenings = diary();
    const { url } = await host(t, happenings.hub);
    const client = await bareHubClient(t, `${url}/hub`);
    client.send('{"type":7}');
    assert.equal(await client.next(), '{"type":7}');
    assert.deepEqual(await client.closed, { code: 1000, reason: '' });
    assert.equal(await farewell(happenings), undefined);
  });

  for (const code of [undefined, 1000, 1001, 4000]) {
    test(`§4.1 the client's Close frame ${code ?? 'without a code'} is answered with 1000; no error`, async t => {
      const happenings = diary();
      const { url } = await host(t, happenings.hub);
      const client = await bareHubClient(t, `${url}/hub`);
      client.socket.close(code);
      assert.equal((await client.closed).code, 1000);
      assert.equal(await farewell(happenings), undefined);
    });
  }

  test('a connection that is cut: onDisconnected gets connection-lost, and what runs is told', async t => {
    const happenings = diary();
    const { url } = await host(t, happenings.hub);
    const client = await bareHubClient(t, `${url}/hub`);
    client.send('{"type":1,"target":"hold","arguments":[]}');
    await waitFor('the call to run', () => happenings.named('held').length === 1);
    client.socket.terminate();
    assert.equal(await farewell(happenings), 'connection-lost');
    assert.equal(happenings.named('released').length, 1);
  });

  test('call.abort(): {"type":7}, no reconnect, and the answer of the call is not sent', async t => {
    const happenings = diary();
    const { url } = await host(t, happenings.hub);
    const connection = officialClient(t, `${url}/hub`, {}, builder => builder.withAutomaticReconnect(atOnce));
    await connection.start();
    const closed = new Promise(resolve => connection.onclose(resolve));
    let isReconnecting = false;
    connection.onreconnecting(() => {
      isReconnecting = true;
    });
    await connection.invoke('leave').catch(() => {});
    assert.equal(await closed, undefined);
    assert.equal(isReconnecting, false);
    assert.equal(await farewell(happenings), undefined);
  });

  test('onConnected that throws: a Close message without allowReconnect, no onDisconnected', async t => {
    const seen: string[] = [];
    const hub = defineHub()({
      methods: {},
      onConnected: () => {
        throw new HubError('full', { code: 'full' });
      },
      onDisconnected: () => seen.push('disconnected'),
    });
    const { url, hubs } = await host(t, hub);
    const client = await bareHubClient(t, `${url}/hub`);
    assert.deepEqual(JSON.parse(await client.next()), {
      type: 7,
      error: 'Connection closed with an error. HubException: full\n{"code":"full"}',
    });
    assert.equal((await client.closed).code, 1000);
    await waitFor('nothing to be left', () => hubs.connectionCount === 0);
    assert.deepEqual(seen, []);
  });

  test('nothing is read before onConnected has finished', async t => {
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const hub = defineHub()({
      methods: {
        work: () => {
          order.push('work');
        },
      },
      async onConnected() {
        await gate.promise;
        order.push('connected');
      },
    });
    const { url } = await host(t, hub);
    const client = await bareClient(t, `${url}/hub`);
    client.send(jsonHandshake, '{"type":1,"invocationId":"1","target":"work","arguments":[]}');
    assert.equal(await client.next(), '{}');
    gate.resolve();
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":null}');
    assert.deepEqual(order, ['connected', 'work']);
  });

  test('a client that leaves during onConnected still gets its onDisconnected, afterwards', async t => {
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const hub = defineHub()({
      methods: {},
      async onConnected(call) {
        call.signal.addEventListener('abort', () => order.push('aborted'));
        order.push('connecting');
        await gate.promise;
        order.push('connected');
      },
      onDisconnected: () => order.push('disconnected'),
    });
    const { url, hubs } = await host(t, hub);
    const client = await bareHubClient(t, `${url}/hub`);
    client.socket.terminate();
    await waitFor('the end to be noticed', () => order.includes('aborted'));
    gate.resolve();
    await waitFor('nothing to be left', () => hubs.connectionCount === 0);
    assert.deepEqual(order, ['connecting', 'aborted', 'connected', 'disconnected']);
  });

  test('an onDisconnected that fails or takes long holds nobody up', async t => {
    const gate = Promise.withResolvers<void>();
    const hub = defineHub()({
      methods: {},
      async onDisconnected() {
        await gate.promise;
        throw new Error('cannot say goodbye');
      },
    });
    const { url, hubs, complaints } = await host(t, hub);
    const client = await bareHubClient(t, `${url}/hub`);
    client.send('{"type":7}');
    assert.equal((await client.closed).code, 1000);
    gate.resolve();
    await waitFor('nothing to be left', () => hubs.connectionCount === 0);
    assert.equal((complaints[0]!.err as Error).message, 'cannot say goodbye');
  });

  test('hubs.close(): clients that want to come back may, onDisconnected has no error', async t => {
    const happenings = diary();
    const { url, hubs } = await host(t, happenings.hub);
    const client = await bareHubClient(t, `${url}/hub`);
    const handshaking = await bareClient(t, `${url}/hub`);
    await hubs.close();
    assert.equal(await client.next(), '{"type":7,"allowReconnect":true}');
    assert.equal((await client.closed).code, 1000);
    assert.equal(await handshaking.next(), '{"error":"Handshake was canceled."}');
    assert.equal(await farewell(happenings), undefined);
    assert.equal(hubs.connectionCount, 0);
    await hubs[Symbol.asyncDispose]();
  });

  test('the official client reconnects after its connection was cut: a new id, no groups', async t => {
    const happenings = diary();
    const { url, hubs, server } = await host(t, happenings.hub);
    const sockets: Socket[] = [];
    server.on('connection', socket => sockets.push(socket));
    const connection = officialClient(t, `${url}/hub`, {}, builder => builder.withAutomaticReconnect(atOnce));
    const notes: string[] = [];
    connection.on('note', text => notes.push(text));
    await connection.start();
    const firstId = connection.connectionId;
    await connection.invoke('join');
    const reconnected = new Promise<string | undefined>(resolve => connection.onreconnected(resolve));
    for (const socket of sockets) socket.resetAndDestroy();
    const secondId = await reconnected;
    assert.notEqual(secondId, firstId);
    assert.equal(connection.state, HubConnectionState.Connected);
    await hubs.context(happenings.hub).clients.group('g').note('to the group');
    await hubs.context(happenings.hub).clients.all.note('to all');
    await waitFor('the note', () => notes.length > 0);
    assert.deepEqual(notes, ['to all']);
    assert.equal(await farewell(happenings), 'connection-lost');
  });
});

describe('pings and time-outs (§7)', () => {
  after(leakCheck());

  test('the server pings at its interval, whatever else it sends', async t => {
    const { hub } = diary();
    const { url } = await host(t, hub, { endpoint: { keepAliveIntervalMs: 30 } });
    const client = await bareHubClient(t, `${url}/hub`);
    await waitFor('three pings', () => client.heard.filter(record => record === '{"type":6}').length >= 3);
  });

  test('a client that has pinged and falls silent: a Close message that allows to reconnect; client-timeout', async t => {
    const happenings = diary();
    const { url } = await host(t, happenings.hub, {
      endpoint: { clientTimeoutIntervalMs: 50, enableDetailedErrors: true },
    });
    const client = await bareHubClient(t, `${url}/hub`);
    client.send('{"type":6}');
    assert.deepEqual(JSON.parse(await client.next()), {
      type: 7,
      error:
        "Connection closed with an error. OperationCanceledException: Client hasn't sent a message/ping within the configured ClientTimeoutInterval.",
      allowReconnect: true,
    });
    assert.equal(await farewell(happenings), 'client-timeout');
  });

  test('a long call does not time its client out while nothing is read', async t => {
    const gate = Promise.withResolvers<void>();
    const hub = defineHub()({ methods: { wait: () => gate.promise, ping: () => 'pong' } });
    const { url, hubs } = await host(t, hub, { endpoint: { clientTimeoutIntervalMs: 50, keepAliveIntervalMs: 25 } });
    const client = await bareHubClient(t, `${url}/hub`);
    client.send(
      '{"type":6}',
      '{"type":1,"target":"wait","arguments":[]}',
      '{"type":1,"invocationId":"1","target":"ping","arguments":[]}',
    );
    // Five pings of the server are more than twice the client's time.
    await waitFor('five pings', () => client.heard.filter(record => record === '{"type":6}').length >= 5);
    assert.equal(hubs.connectionCount, 1);
    gate.resolve();
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":"pong"}');
  });

  test('the official client keeps its connection by pings of its own', async t => {
    const { hub } = diary();
    const { url } = await host(t, hub, { endpoint: { clientTimeoutIntervalMs: 500, keepAliveIntervalMs: 100 } });
    const connection = officialClient(t, `${url}/hub`, {}, builder =>
      builder.withKeepAliveInterval(50).withServerTimeout(500),
    );
    let isClosed = false;
    connection.onclose(() => {
      isClosed = true;
    });
    await connection.start();
    const start = performance.now();
    await waitFor('more than twice the time-out', () => performance.now() - start > 1_100);
    assert.equal(isClosed, false);
    assert.equal(await connection.invoke('ping'), 'pong');
  });
});
