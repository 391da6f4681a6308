// Filters around calls and policies in front of them (§10), through the whole hub.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { defineHub, HubError, type HubFilter, type HubPolicy, type HubUser, method } from '@longhaul/hubs';
import { createTestHub } from '@longhaul/hubs/testing';
import { leakCheck, waitFor } from '@longhaul/testing';
import * as v from 'valibot';
import { host } from './host.ts';
import { connected } from './official-client.ts';

interface Person extends HubUser {
  readonly id: string;
  readonly roles: readonly string[];
}

const has =
  (role: string): HubPolicy<object, Person> =>
  call =>
    call.user?.roles.includes(role) === true;

const ownsDocument: HubPolicy<object, Person> = async (call, { args: [document] }) =>
  (document as { owner: string }).owner === call.userIdentifier;

const order: string[] = [];

const traced = (name: string): HubFilter<Person> => ({
  async invokeMethod({ method: called, args }, next) {
    order.push(`${name} before ${called}(${args.join()})`);
    const result = await next();
    order.push(`${name} after`);
    return result;
  },
  async onConnected(_call, next) {
    order.push(`${name} connected`);
    await next();
    order.push(`${name} connected, done`);
  },
  async onDisconnected(_call, error, next) {
    order.push(`${name} disconnected ${error?.message}`);
    await next();
  },
});

const hub = defineHub<object, Person>()({
  authorize: call => call.user?.id !== 'banned',
  methods: {
    add: (_call, a: number, b: number) => a + b,
    async *count(_call, to: number) {
      for (let n = 0; n < to; n += 1) yield n;
    },
    adminOnly: method({ authorize: has('admin') }, () => 'in'),
    both: method({ authorize: [has('admin'), has('auditor')] }, () => 'in'),
    edit: method({ args: [v.object({ owner: v.string() })], authorize: ownsDocument }, () => 'edited'),
  },
  onConnected: () => void order.push('hub connected'),
  onDisconnected: () => void order.push('hub disconnected'),
});

const unauthorized = (name: string) => ({ message: `Failed to invoke '${name}' because user is unauthorized` });

describe('policies (§10)', () => {
  after(leakCheck());

  test("the hub's, then the method's; every one must agree", async () => {
    await using tested = createTestHub(hub);
    const admin = await tested.connect({ user: { id: 'a', roles: ['admin'] } });
    const both = await tested.connect({ user: { id: 'b', roles: ['admin', 'auditor'] } });
    const banned = await tested.connect({ user: { id: 'banned', roles: ['admin', 'auditor'] } });
    assert.equal(await admin.invoke('adminOnly'), 'in');
    await assert.rejects(admin.invoke('both'), unauthorized('both'));
    assert.equal(await both.invoke('both'), 'in');
    await assert.rejects(banned.invoke('both'), unauthorized('both'));
    await assert.rejects(banned.invoke('add', 1, 2), unauthorized('add'));
    const stream = banned.stream('count', 1)[Symbol.asyncIterator]();
    await assert.rejects(stream.next(), unauthorized('count'));
  });

  test('a policy judges the bound arguments; what does not bind is refused before it', async () => {
    await using tested = createTestHub(hub);
    const ann = await tested.connect({ user: { id: 'ann', roles: [] } });
    assert.equal(await ann.invoke('EDIT', { owner: 'ann' }), 'edited');
    await assert.rejects(ann.invoke('edit', { owner: 'bob' }), unauthorized('edit'));
    await assert.rejects(ann.invoke('edit', { owner: 5 }), /Error binding arguments/);
  });
});

describe('filters (§10)', () => {
  after(leakCheck());

  test("the server's stand around the endpoint's, in the order of the list, for calls and for both events", async t => {
    order.length = 0;
    const server = await host(t, hub, {
      server: { filters: [traced('server 1'), traced('server 2')] as HubFilter[] },
      endpoint: { filters: [traced('endpoint')] },
    });
    const client = await connected(t, `${server.url}/hub`);
    assert.equal(await client.invoke('ADD', 1, 2), 3);
    await client.stop();
    await waitFor('the end', () => order.includes('hub disconnected'));
    assert.deepEqual(order, [
      'server 1 connected',
      'server 2 connected',
      'endpoint connected',
      'hub connected',
      'endpoint connected, done',
      'server 2 connected, done',
      'server 1 connected, done',
      'server 1 before add(1,2)',
      'server 2 before add(1,2)',
      'endpoint before add(1,2)',
      'endpoint after',
      'server 2 after',
      'server 1 after',
      'server 1 disconnected undefined',
      'server 2 disconnected undefined',
      'endpoint disconnected undefined',
      'hub disconnected',
    ]);
  });

  test('they may replace arguments and results, leave the method out, and fail with words for the client', async () => {
    const filter: HubFilter<Person> = {
      async invokeMethod({ args }, next) {
        if (args[0] === 0) return 'left out';
        if (args[0] === -1) throw new HubError('not below zero', { code: 'negative' });
        return { sum: await next([args[0], 100]) };
      },
    };
    await using tested = createTestHub(hub, { filters: [filter] });
    const client = await tested.connect();
    assert.deepEqual(await client.invoke('add', 5, 1), { sum: 105 });
    assert.equal(await client.invoke('add', 0, 1), 'left out');
    await assert.rejects(client.invoke('add', -1, 1), /HubException: not below zero\n{"code":"negative"}$/);
  });

  test('of a streaming method they see the stream, and may give another', async () => {
    const doubled: HubFilter = {
      async invokeMethod(_invocation, next) {
        const stream = (await next()) as AsyncIterable<number>;
        return (async function* () {
          for await (const n of stream) yield n * 2;
        })();
      },
    };
    await using tested = createTestHub(hub, { filters: [doubled] });
    const client = await tested.connect();
    const items: unknown[] = [];
    for await (const item of client.stream('count', 4)) items.push(item);
    assert.deepEqual(items, [0, 2, 4, 6]);
  });

  test('an onConnected that leaves next out hides the event; one that throws refuses the client', async () => {
    order.length = 0;
    const silent: HubFilter<Person> = { onConnected: () => {} };
    await using tested = createTestHub(hub, { filters: [silent] });
    await tested.connect();
    assert.deepEqual(order, []);
    const refuses: HubFilter<Person> = {
      onConnected() {
        throw new HubError('closed today');
      },
    };
    await using closed = createTestHub(hub, { filters: [refuses] });
    await assert.rejects(closed.connect(), { message: 'Connection closed with an error. HubException: closed today' });
  });

  test('they run only for calls that are authorized and bound', async () => {
    order.length = 0;
    await using tested = createTestHub(hub, { filters: [traced('f')] });
    const client = await tested.connect();
    order.length = 0;
    await assert.rejects(client.invoke('adminOnly'), unauthorized('adminOnly'));
    await assert.rejects(client.invoke('edit', 5));
    await assert.rejects(client.invoke('nope'), { message: "Unknown hub method 'nope'" });
    assert.deepEqual(order, []);
  });
});
