// What becomes of a client that reads more slowly than it is written to, policy by policy.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { defineHub, type HubOptions } from '@longhaul/hubs';
import { createTestHub, type TestClient } from '@longhaul/hubs/testing';
import { leakCheck, waitFor } from '@longhaul/testing';
import { bareHubClient } from './bare-client.ts';
import { host } from './host.ts';

interface Client {
  price(share: string, value: number, filler: string): void;
}

const hub = defineHub<Client>()({
  methods: {
    echo: (_call, text: string) => text,
    async *numbers(_call, count: number, filler: string) {
      for (let n = 0; n < count; n += 1) yield `${n}${filler}`;
    },
  },
});

const limits: Partial<HubOptions> = { applicationMaxBufferSize: 1_000, maximumBufferedBytes: 5_000 };
const filler = 'x'.repeat(100);
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

const prices = (client: TestClient): unknown[] =>
  client.messages.flatMap(message => (message.type === 'invocation' ? [message.arguments[1]] : []));

/** After all that was sent before has been read. */
async function caughtUp(client: TestClient): Promise<void> {
  client.resume();
  assert.equal(await client.invoke('echo', 'here'), 'here');
}

describe('slow consumers', () => {
  after(leakCheck());

  test('drop-oldest: the newest are kept, in order, nobody else misses anything', async () => {
    await using tested = createTestHub(hub, { ...limits, slowConsumer: 'drop-oldest' });
    const [slow, quick] = [await tested.connect(), await tested.connect()];
    slow.pause();
    for (let n = 0; n < 200; n += 1) {
      await tested.clients.all.price('a', n, filler);
      await turn();
    }
    await caughtUp(quick);
    await caughtUp(slow);
    const all = Array.from({ length: 200 }, (_, n) => n);
    assert.deepEqual(prices(quick), all);
    const seen = prices(slow) as number[];
    assert.ok(seen.length > 20 && seen.length < 60, `${seen.length} messages fit into 5,000 bytes`);
    assert.deepEqual(seen.slice(0, 3), [0, 1, 2], 'what the transport had taken cannot be taken back');
    assert.deepEqual(seen.slice(-20), all.slice(-20));
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
  });

  test('latest-by-key: one message for each key, the latest', async () => {
    const slowConsumerKey = (_target: string, [share]: readonly unknown[]): string => String(share);
    await using tested = createTestHub(hub, { ...limits, slowConsumer: 'latest-by-key', slowConsumerKey });
    const slow = await tested.connect();
    slow.pause();
    for (let n = 0; n < 1_000; n += 1) await tested.clients.all.price(n % 2 === 0 ? 'even' : 'odd', n, filler);
    await caughtUp(slow);
    const seen = prices(slow) as number[];
    assert.ok(seen.length < 20, `${seen.length} messages`);
    assert.deepEqual(seen.slice(-2), [998, 999]);
  });

  test('what somebody waits for is never dropped: answers and streams stay whole', async () => {
    await using tested = createTestHub(hub, { ...limits, slowConsumer: 'drop-oldest' });
    const slow = await tested.connect();
    slow.pause();
    const streamed: unknown[] = [];
    const done = Promise.withResolvers<void>();
    slow
      .stream('numbers', 40, filler)
      .subscribe({ next: item => streamed.push(item), error: done.reject, complete: done.resolve });
    const answers = Promise.all(Array.from({ length: 10 }, (_, n) => slow.invoke('echo', `${n}${filler}`)));
    for (let n = 0; n < 200; n += 1) {
      await tested.clients.all.price('a', n, filler);
      await turn();
    }
    slow.resume();
    assert.deepEqual(
      await answers,
      Array.from({ length: 10 }, (_, n) => `${n}${filler}`),
    );
    await done.promise;
    assert.deepEqual(
      streamed,
      Array.from({ length: 40 }, (_, n) => `${n}${filler}`),
    );
  });

  test('answers alone over the limit end the connection', async () => {
    const options = { ...limits, slowConsumer: 'drop-oldest', maximumParallelInvocationsPerClient: 1_000 } as const;
    await using tested = createTestHub(hub, options);
    const slow = await tested.connect();
    slow.pause();
    const answers = Array.from({ length: 100 }, () => slow.invoke('echo', filler).catch(() => {}));
    const close = await slow.closed;
    assert.match(close?.error ?? '', /reads too slowly.*\n.*slow-consumer/);
    await Promise.all(answers);
  });

  test('a burst to a client that reads drops nothing, however large', async () => {
    for (const slowConsumer of ['drop-oldest', 'disconnect', 'wait'] as const) {
      await using tested = createTestHub(hub, { ...limits, slowConsumer });
      const client = await tested.connect();
      for (let n = 0; n < 500; n += 1) void tested.clients.all.price('a', n, filler);
      await caughtUp(client);
      assert.equal(prices(client).length, 500, slowConsumer);
    }
  });

  test('wait: who sends to many waits for the slowest, and nothing is lost', async () => {
    await using tested = createTestHub(hub, { ...limits, slowConsumer: 'wait' });
    const [slow, quick] = [await tested.connect(), await tested.connect()];
    slow.pause();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent += 1) await tested.clients.all.price('a', sent, filler);
    })();
    await caughtUp(quick);
    await turn();
    assert.ok(sent < 20, `${sent} messages went out while one client read nothing`);
    slow.resume();
    await sending;
    await caughtUp(slow);
    await caughtUp(quick);
    assert.deepEqual([prices(slow).length, prices(quick).length], [100, 100]);
  });

  test('wait has an end: a client that takes nothing for slowConsumerTimeoutMs is closed, and senders go on', async () => {
    await using tested = createTestHub(hub, { ...limits, slowConsumer: 'wait', slowConsumerTimeoutMs: 4_000 });
    const [stuck, quick] = [await tested.connect(), await tested.connect()];
    stuck.pause();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent += 1) await tested.clients.all.price('a', sent, filler);
    })();
    await caughtUp(quick);
    for (let before = -1; before < sent; await turn()) before = sent;
    tested.advance(3_000);
    await turn();
    assert.ok(sent < 20, `${sent} messages went out before the time was over`);
    assert.equal(tested.connectionCount, 2);
    tested.advance(5_000);
    assert.match((await stuck.closed)?.error ?? '', /taken nothing for 4000 ms.*\n.*slow-consumer/);
    await sending;
    await caughtUp(quick);
    assert.equal(prices(quick).length, 100);
  });

  test('wait: a client that takes a little again and again is not given up', async () => {
    await using tested = createTestHub(hub, { ...limits, slowConsumer: 'wait', slowConsumerTimeoutMs: 4_000 });
    const slow = await tested.connect();
    for (let round = 0; round < 4; round += 1) {
      slow.pause();
      const sending = (async () => {
        for (let n = 0; n < 20; n += 1) await tested.clients.all.price('a', n, filler);
      })();
      await turn();
      tested.advance(3_000);
      await caughtUp(slow);
      await sending;
    }
    assert.equal(prices(slow).length, 80);
  });

  test('disconnect (the default): the slow one goes, with the reason, the others miss nothing', async () => {
    await using tested = createTestHub(hub, limits);
    const [slow, quick] = [await tested.connect(), await tested.connect()];
    slow.pause();
    for (let n = 0; n < 200; n += 1) {
      await tested.clients.all.price('a', n, filler);
      await turn();
    }
    const close = await slow.closed;
    assert.match(close?.error ?? '', /slow-consumer/);
    await waitFor('the slow one to be gone', () => tested.connectionCount === 1);
    await caughtUp(quick);
    assert.equal(prices(quick).length, 200);
  });

  test('over a real socket: a client that has stopped reading finds the latest when it reads again', async t => {
    const server = await host(t, hub, { endpoint: { slowConsumer: 'latest-by-key', maximumBufferedBytes: 100_000 } });
    const { clients } = server.hubs.context(hub);
    const client = await bareHubClient(t, `${server.url}/hub`);
    client.socket.pause();
    const large = 'x'.repeat(10_000);
    // More than the kernel's buffers hold: ours fill up behind them.
    const last = 3_000;
    for (let n = 1; n <= last; n += 1) {
      await clients.all.price('a', n, large);
      if (n % 50 === 0) await turn();
    }
    client.socket.resume();
    const values: number[] = [];
    while (values.at(-1) !== last) {
      const { arguments: args } = JSON.parse(await client.next()) as { arguments: [string, number] };
      values.push(args[1]);
    }
    assert.ok(values.length < last / 2, `${values.length} of ${last} messages arrived`);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    );
    assert.equal(server.hubs.connectionCount, 1);
  });

  test('§3 a WebSocket that takes no send for transportSendTimeoutMs is cut off; one that reads is not', async t => {
    const ends: unknown[] = [];
    const watched = defineHub<Client>()({
      methods: {},
      onDisconnected: (_call, error) => void ends.push(error),
    });
    const { hubs, url } = await host(t, watched, {
      endpoint: { transportSendTimeoutMs: 1_500, maximumBufferedBytes: 1e9, applicationMaxBufferSize: 1e9 },
    });
    const [stuck, quick] = [await bareHubClient(t, `${url}/hub`), await bareHubClient(t, `${url}/hub`)];
    stuck.socket.pause();
    const large = 'x'.repeat(1_000_000);
    for (let n = 0; n < 30; n += 1) void hubs.context(watched).clients.all.price('a', n, large);
    await waitFor('the end of the stuck one', () => ends.length > 0);
    assert.equal(ends.length, 1);
    assert.match(inspect(ends[0]), /The connection was lost\..*The client has read nothing for 1500 ms\./s);
    assert.equal(hubs.connectionCount, 1);
    for (let n = 0; n < 30; n += 1) assert.match(await quick.next(), /^\{"type":1,"target":"price"/);
    await hubs.context(watched).clients.all.price('a', 30, 'x');
    assert.match(await quick.next(), /\["a",30,"x"\]/);
  });

  test('a client that leaves while it is slow holds no sender', async () => {
    await using tested = createTestHub(hub, { ...limits, slowConsumer: 'drop-oldest' });
    const slow = await tested.connect();
    slow.pause();
    const sends = Array.from({ length: 30 }, (_, n) => tested.clients.client(slow.connectionId).price('a', n, filler));
    await turn();
    await slow.cut();
    await Promise.all(sends);
  });
});
