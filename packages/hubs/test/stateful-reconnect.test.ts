// Stateful reconnect (§9) with the official client: the TCP connection is cut at random moments while messages go both
// ways; none is lost, none comes twice, and the order stays.
//   LONGHAUL_CUTS=1000   cuts for each protocol (default 12); LONGHAUL_SEED repeats a run
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { defineHub } from '@longhaul/hubs';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import {
  type HubConnection,
  HubConnectionState,
  type IHubProtocol,
  JsonHubProtocol,
  Subject,
} from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { bareClient } from './bare-client.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { host, negotiate } from './host.ts';
import { collect, officialClient } from './official-client.ts';

interface Client {
  tick(n: number, ballast?: string): void;
}

function createHub() {
  const told: number[] = [];
  const events: string[] = [];
  const hub = defineHub<Client>()({
    methods: {
      tell(_call, n: number) {
        told.push(n);
      },
      echo: (_call, value: unknown) => value,
      join: call => call.groups.add(call.connectionId, 'g'),
      async *count(_call, to: number) {
        for (let n = 0; n < to; n += 1) {
          yield n;
          if (n % 10 === 0) await turn();
        }
      },
      async sum(_call, numbers: AsyncIterable<number>) {
        let sum = 0;
        for await (const n of numbers) sum += n;
        return sum;
      },
      /** Sends more than the client's buffer takes, waiting for it, while other calls stand in line behind. */
      async flood(call, count: number, bytes: number) {
        for (let n = 0; n < count; n += 1) await call.clients.caller.tick(n, 'x'.repeat(bytes));
        return count;
      },
      abort: call => call.abort(),
    },
    onConnected: () => void events.push('connected'),
    onDisconnected: (_call, error) => void events.push(`disconnected ${error?.message ?? ''}`.trim()),
  });
  return { hub, told, events };
}

const cuts = Number(process.env.LONGHAUL_CUTS ?? 12);
const { seed } = seededRandom();

const protocols: readonly (readonly [string, () => IHubProtocol])[] = [
  ['JSON', () => new JsonHubProtocol()],
  ['MessagePack', () => new MessagePackHubProtocol()],
];

describe(`stateful reconnect, seed ${seed}`, () => {
  after(leakCheck());

  for (const [name, createProtocol] of protocols) {
    test(`§9 ${cuts} cuts, ${name}: nothing lost, nothing twice, in order, in both directions`, async t => {
      const random = seededRandom(seed);
      const { hub, told, events } = createHub();
      const { url, hubs } = await host(t, hub, { endpoint: { allowStatefulReconnects: true } });
      const proxy = await cuttingProxy(t, url);
      const connection = officialClient(t, `${proxy.url}/hub`, {}, builder =>
        builder.withStatefulReconnect({ bufferSize: 1e6 }).withHubProtocol(createProtocol()),
      );
      const ticks: number[] = [];
      connection.on('tick', (n: number) => ticks.push(n));
      const closed: unknown[] = [];
      connection.onclose(error => closed.push(error));
      await connection.start();
      await connection.invoke('join');
      const { connectionId } = connection;
      let isDone = false;
      let sent = 0;
      let pushed = 0;
      let calls = 0;
      let running = 0;
      const failures: unknown[] = [];
      const watch = (call: Promise<unknown>) => {
        calls += 1;
        running += 1;
        call
          .catch(error => failures.push(error))
          .finally(() => {
            running -= 1;
          });
      };
      const tell = async () => {
        while (!isDone) {
          for (let burst = 1 + random.below(5); burst > 0; burst -= 1) {
            void connection.send('tell', sent++).catch(() => {});
          }
          const n = sent;
          watch(connection.invoke('echo', n).then(echoed => assert.equal(echoed, n)));
          if (n % 7 === 0) {
            const all = collect(connection.stream<number>('count', 20));
            watch(all.then(items => assert.deepEqual(items, [...Array(20).keys()])));
          }
          if (n % 11 === 0) watch(upload(connection, 20));
          await turn();
          await proxyTurn();
        }
      };
      const push = async () => {
        while (!isDone) {
          for (let burst = 1 + random.below(5); burst > 0; burst -= 1) {
            void hubs.context(hub).clients.group('g').tick(pushed++);
          }
          await turn();
          await proxyTurn();
        }
      };
      // Never more under way than a moment's worth: the test is about cuts, not about volume.
      const proxyTurn = () =>
        waitFor(
          'what was sent to arrive',
          () => sent - told.length < 200 && pushed - ticks.length < 200 && running < 50,
        );
      const cutting = async () => {
        for (let n = 0; n < cuts; n += 1) {
          const [toldBefore, ticksBefore, acceptedBefore] = [told.length, ticks.length, proxy.accepted];
          const [a, b] = [random.below(20), random.below(20)];
          await waitFor('traffic to go on', () => told.length > toldBefore + a && ticks.length > ticksBefore + b);
          for (let wait = random.below(5); wait > 0; wait -= 1) await turn();
          proxy.cut();
          // Cut while it comes back, the official client gives up (§9.4: it tries once for each loss).
          await waitFor('the client to be back', () => proxy.accepted > acceptedBefore && isBack(connection));
        }
        isDone = true;
      };
      await Promise.all([tell(), push(), cutting()]);
      await waitFor('everything to arrive', () => told.length >= sent && ticks.length >= pushed && running === 0);
      assert.deepEqual(failures, []);
      assert.deepEqual(told, [...Array(sent).keys()]);
      assert.deepEqual(ticks, [...Array(pushed).keys()]);
      assert.ok(proxy.cuts >= cuts);
      assert.equal(connection.state, HubConnectionState.Connected);
      assert.equal(connection.connectionId, connectionId);
      assert.deepEqual([events, closed], [['connected'], []]);
      await connection.stop();
      await waitFor('onDisconnected', () => events.length === 2);
      assert.deepEqual(events, ['connected', 'disconnected']);
      t.diagnostic(`${proxy.cuts} cuts, ${sent} messages and ${calls} calls up, ${pushed} messages down`);
    });
  }

  test('§9.4 a client that does not come back in time is disconnected, once; its sends meanwhile do not wait', async t => {
    const { hub, events } = createHub();
    const { url, hubs } = await host(t, hub, {
      // Also what a negotiated connection waits to be opened: a client that comes later falls back to Server-Sent Events,
      // which cannot be resumed, and whose end is no loss.
      endpoint: { allowStatefulReconnects: true, disconnectTimeoutMs: 2_000, transports: ['WebSockets'] },
    });
    const proxy = await cuttingProxy(t, url);
    const connection = officialClient(t, `${proxy.url}/hub`, {}, builder => builder.withStatefulReconnect());
    const closed = new Promise(resolve => connection.onclose(resolve));
    await connection.start();
    proxy.isBarred = true;
    proxy.cut();
    await closed;
    assert.equal(hubs.connectionCount, 1);
    await hubs.context(hub).clients.all.tick(1);
    await waitFor('the end', () => events.length === 2);
    assert.deepEqual(events, ['connected', 'disconnected The connection was lost.']);
    await waitFor('nothing left', () => hubs.connectionCount === 0);
  });

  test('§9.2 more than the buffer holds: senders wait for the Ack, also behind calls that wait for them', async t => {
    const { hub } = createHub();
    const { url } = await host(t, hub, {
      endpoint: { allowStatefulReconnects: true, statefulReconnectBufferSize: 500 },
    });
    const connection = officialClient(t, `${url}/hub`, {}, builder => builder.withStatefulReconnect());
    let ticks = 0;
    connection.on('tick', () => {
      ticks += 1;
    });
    await connection.start();
    const flooded = connection.invoke('flood', 20, 10);
    const behind = connection.invoke('echo', 'behind');
    assert.equal(await behind, 'behind');
    assert.equal(await flooded, 20);
    assert.equal(ticks, 20);
  });

  test('§9.4 abort and stop are the end: no second WebSocket gets in', async t => {
    const { hub, events } = createHub();
    const { url } = await host(t, hub, { endpoint: { allowStatefulReconnects: true } });
    const connection = officialClient(t, `${url}/hub`, {}, builder => builder.withStatefulReconnect());
    const closed = new Promise(resolve => connection.onclose(resolve));
    await connection.start();
    await connection.send('abort');
    await closed;
    await waitFor('the end', () => events.length === 2);
    assert.deepEqual(events, ['connected', 'disconnected']);
  });

  test('§9 it is off unless both sides ask for it', async t => {
    const { hub } = createHub();
    const { url } = await host(t, hub, { endpoint: { allowStatefulReconnects: true } });
    const { url: without } = await host(t, createHub().hub);
    const query = '?negotiateVersion=1&useStatefulReconnect=true';
    assert.equal('useStatefulReconnect' in (await negotiate(`${without}/hub`, query)), false);
    assert.equal('useStatefulReconnect' in (await negotiate(`${url}/hub`)), false);
    const text = await (await fetch(`${url}/hub/negotiate${query}`, { method: 'POST' })).text();
    assert.match(text, /^\{"useStatefulReconnect":true,"negotiateVersion":1,/);
  });
});

describe('stateful reconnect, by hand', () => {
  after(leakCheck());

  async function open(t: Parameters<typeof host>[0], version = 2) {
    const { hub, told, events } = createHub();
    const { url } = await host(t, hub, { endpoint: { allowStatefulReconnects: true, enableDetailedErrors: true } });
    const { connectionToken } = await negotiate(`${url}/hub`, '?negotiateVersion=1&useStatefulReconnect=true');
    const address = `${url}/hub?id=${connectionToken}`;
    const client = await bareClient(t, address);
    client.send(`{"protocol":"json","version":${version}}`);
    assert.equal(await client.next(), '{}');
    return { client, address, told, events };
  }
  const call = (id: number) => `{"type":1,"invocationId":"${id}","target":"echo","arguments":[${id}]}`;
  const answer = (id: number) => `{"type":3,"invocationId":"${id}","result":${id}}`;

  test('§9.5-7 a second WebSocket takes over: Sequence first, then what was not acknowledged; duplicates are ignored', async t => {
    const { client, address, events } = await open(t);
    client.send(call(1), call(2), call(3));
    for (const id of [1, 2, 3]) assert.equal(await client.next(), answer(id));
    client.send('{"type":8,"sequenceId":1}');
    client.send(call(4));
    assert.equal(await client.next(), answer(4));
    const second = await bareClient(t, address);
    assert.equal(await second.next(), '{"type":9,"sequenceId":2}');
    for (const id of [2, 3, 4]) assert.equal(await second.next(), answer(id));
    // 3 and 4 were processed; 5 is new.
    second.send('{"type":9,"sequenceId":3}', call(3), call(4), call(5));
    assert.equal(await second.next(), answer(5));
    assert.equal((await client.closed).code, 1000);
    assert.deepEqual(events, ['connected']);
  });

  test('§9.3 what was received is acknowledged about every second', async t => {
    const { client } = await open(t);
    client.send(call(1), call(2));
    assert.deepEqual([await client.next(), await client.next()], [answer(1), answer(2)]);
    assert.equal(await client.next(), '{"type":8,"sequenceId":2}');
  });

  test('a client that sends much is acknowledged at once', async t => {
    const { client } = await open(t);
    const big = (id: number) =>
      `{"type":1,"invocationId":"${id}","target":"tell","arguments":["${'x'.repeat(26_000)}"]}`;
    const began = performance.now();
    client.send(big(1));
    assert.equal(await client.next(), '{"type":8,"sequenceId":1}');
    assert.ok(performance.now() - began < 900);
  });

  test('§9.4 what was half sent over the first WebSocket is not continued by the second', async t => {
    const { client, address } = await open(t);
    client.socket.send('{"type":1,"invocationId":"1","tar');
    client.socket.terminate();
    const second = await bareClient(t, address);
    assert.equal(await second.next(), '{"type":9,"sequenceId":1}');
    second.send('{"type":9,"sequenceId":1}', call(1));
    assert.equal(await second.next(), answer(1));
  });

  for (const [sequenceId, text] of [
    [3, "Sequence ID greater than amount of messages we've received."],
    [0, 'Sequence ID 0 is not the number of a message.'],
    [-(2 ** 63), 'Sequence ID -9223372036854776000 is not the number of a message.'],
  ] as const) {
    test(`§9.7 (#69283) Sequence ${sequenceId} ends the connection`, async t => {
      const { client, events } = await open(t);
      client.send(call(1));
      assert.equal(await client.next(), answer(1));
      client.send(`{"type":9,"sequenceId":${sequenceId}}`);
      assert.equal(
        await client.next(),
        `{"type":7,"error":"Connection closed with an error. InvalidDataException: ${text}","allowReconnect":true}`,
      );
      await client.closed;
      await waitFor('the end', () => events.length === 2);
    });
  }

  test('an Ack of what was never sent ends the connection', async t => {
    const { client } = await open(t);
    client.send('{"type":8,"sequenceId":1}');
    assert.match(await client.next(), /acknowledged message 1, which it was never sent/);
  });

  test('§9 with a handshake of version 1 there is none: the second WebSocket is refused, the cut one is over', async t => {
    const { client, events } = await open(t, 1);
    client.send('{"type":9,"sequenceId":77}', call(1));
    assert.equal(await client.next(), answer(1));
    client.socket.terminate();
    await waitFor('the end', () => events.length === 2);
    assert.deepEqual(events, ['connected', 'disconnected The connection was lost.']);
  });

  test('§9.11 an orderly close is the end', async t => {
    const { client, events } = await open(t);
    client.socket.close();
    await waitFor('the end', () => events.length === 2);
    assert.deepEqual(events, ['connected', 'disconnected']);
  });

  test('a client that breaks the rules of WebSockets is not waited for', async t => {
    const { client, events } = await open(t);
    (client.socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket.write(Uint8Array.of(0xff, 0));
    await waitFor('the end', () => events.length === 2);
  });
});

/** It has sent again what was not acknowledged; its own state does not tell. */
function isBack(connection: HubConnection): boolean {
  const { _messageBuffer } = connection as unknown as { _messageBuffer?: { _reconnectInProgress: boolean } };
  return _messageBuffer?._reconnectInProgress === false;
}

async function upload(connection: ReturnType<typeof officialClient>, count: number): Promise<void> {
  const numbers = new Subject<number>();
  const sum = connection.invoke<number>('sum', numbers);
  sum.catch(() => {});
  for (let n = 1; n <= count; n += 1) {
    numbers.next(n);
    await turn();
  }
  numbers.complete();
  assert.equal(await sum, (count * (count + 1)) / 2);
}
