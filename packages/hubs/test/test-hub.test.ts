// What `@longhaul/hubs/testing` promises, by using it as an application would.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { defineHub, HubError, parseHubError } from '@longhaul/hubs';
import { createTestHub, type TestClient } from '@longhaul/hubs/testing';
import { typedConnection } from '@longhaul/hubs/typed-connection';
import { leakCheck, waitFor } from '@longhaul/testing';

interface Client {
  said(text: string): void;
  question(n: number): number;
}

const ended: (Error | undefined)[] = [];

const hub = defineHub<Client>()({
  methods: {
    async say(call, text: string) {
      await call.clients.all.said(`${call.userIdentifier}: ${text}`);
    },
    join: (call, room: string) => call.groups.add(call.connectionId, room),
    async *count(_call, to: number) {
      for (let n = 1; n <= to; n += 1) yield n;
    },
    async *forever(call) {
      while (!call.signal.aborted) {
        yield 0;
        await new Promise(resolve => setImmediate(resolve));
      }
    },
    async sum(_call, factor: number, numbers: AsyncIterable<number>) {
      let sum = 0;
      for await (const n of numbers) sum += n * factor;
      return sum;
    },
    ask: call => call.clients.caller.invoke.question(20),
    fail() {
      throw new HubError('no', { code: 'nope' });
    },
    whence: call => [call.request.headers['x-from'], call.request.url],
  },
  onConnected(call) {
    if (call.userIdentifier === 'mallory') throw new HubError('not you');
  },
  onDisconnected: (_call, error) => void ended.push(error),
});

async function* three(): AsyncGenerator<number> {
  yield* [1, 2, 3];
}

describe('a hub without a network', () => {
  after(leakCheck());

  for (const protocol of ['json', 'messagepack'] as const) {
    test(`calls, streams both ways, client results, typed, over ${protocol}`, async () => {
      await using host = createTestHub(hub);
      const ann = await host.connect({ user: { id: 'ann' }, protocol });
      const bob = await host.connect({ user: { id: 'bob' }, protocol });
      const typed = typedConnection<typeof hub>(ann);
      await typed.invoke.say('hi');
      assert.deepEqual([await ann.next('said'), await bob.next('said')], [['ann: hi'], ['ann: hi']]);
      const counted: unknown[] = [];
      for await (const n of ann.stream('count', 3)) counted.push(n);
      assert.deepEqual(counted, [1, 2, 3]);
      assert.equal(await ann.invoke('sum', 2, three()), 12);
      typed.on.question(n => n + 1);
      assert.equal(await typed.invoke.ask(), 21);
      await assert.rejects(bob.invoke('ask'), /^Error: An unexpected error occurred invoking 'ask'/);
      const failure: unknown = await ann.invoke('fail').catch((error: unknown) => error);
      assert.deepEqual(parseHubError(failure), { message: 'no', code: 'nope', data: undefined });
    });
  }

  test('groups, contexts and presence are those of a server', async () => {
    await using host = createTestHub(hub);
    const [ann, bob] = [await host.connect({ user: { id: 'ann' } }), await host.connect()];
    await ann.invoke('join', 'room');
    await host.clients.group('room').said('to the room');
    await host.clients.user('ann').said('to ann');
    assert.deepEqual([await ann.next('said'), await ann.next('said')], [['to the room'], ['to ann']]);
    await bob.invoke('say', 'x');
    assert.deepEqual(await bob.next('said'), ['undefined: x'], 'nothing came before it');
    assert.equal(await host.presence.groupCount('room'), 1);
    await ann.close();
    await waitFor('ann to have left', () => host.connectionCount === 1);
    assert.equal(await host.presence.groupCount('room'), 0);
  });

  test('leaving the loop over a stream cancels it', async () => {
    await using host = createTestHub(hub);
    const client = await host.connect();
    for await (const _ of client.stream('forever')) break;
    await waitFor('the end of the stream', () => client.messages.some(({ type }) => type === 'completion'));
  });

  test('the request that opened the connection is what the test says', async () => {
    await using host = createTestHub(hub);
    const client = await host.connect({ headers: { 'X-From': 'here' }, url: '/chat?x=1' });
    assert.deepEqual(await client.invoke('whence'), ['here', '/chat?x=1']);
  });

  test('onConnected that throws refuses the client with its words', async () => {
    await using host = createTestHub(hub);
    await assert.rejects(host.connect({ user: { id: 'mallory' } }), {
      message: 'Connection closed with an error. HubException: not you',
    });
    await waitFor('nobody to be connected', () => host.connectionCount === 0);
  });

  test('§7 time goes by when the test says so: pings, and a client that falls silent', async () => {
    await using host = createTestHub(hub);
    const client = await host.connect();
    const pings = (): number => client.messages.filter(({ type }) => type === 'ping').length;
    host.advance(14_999);
    await client.invoke('join', 'x');
    assert.equal(pings(), 0);
    host.advance(1);
    await client.invoke('join', 'x');
    assert.equal(pings(), 1);
    client.ping();
    await client.invoke('join', 'x');
    host.advance(30_100);
    const close = await client.closed;
    assert.deepEqual(close, { type: 'close', error: 'Connection closed with an error.', allowReconnect: true });
  });

  test('a goodbye has no error, a cut has one', async () => {
    ended.length = 0;
    await using host = createTestHub(hub);
    const endOf = async (end: (client: TestClient) => Promise<void>): Promise<Error | undefined> => {
      const count = ended.length;
      await end(await host.connect());
      await waitFor('onDisconnected', () => ended.length > count);
      return ended.at(-1);
    };
    assert.equal(await endOf(client => client.close()), undefined);
    assert.equal(((await endOf(client => client.cut())) as { code?: string }).code, 'connection-lost');
  });

  test('what is still open when the connection ends fails', async () => {
    await using host = createTestHub(hub);
    const client = await host.connect();
    const never = client.next('said');
    await Promise.all([assert.rejects(never, { message: 'The connection has ended.' }), client.cut()]);
    await assert.rejects(client.invoke('fail'), { message: 'The connection has ended.' });
  });
});
