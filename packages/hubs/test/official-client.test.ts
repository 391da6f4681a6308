// The official @microsoft/signalr client against a hub on a real server: calls, errors, streams, groups, client results.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { defineHub, HubError, method, parseHubError, typedConnection } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { HttpTransportType, HubConnectionState, Subject } from '@microsoft/signalr';
import * as v from 'valibot';
import { host } from './host.ts';
import { collect, connected, officialClient } from './official-client.ts';

interface Client {
  note(text: string): void;
  question(n: number): number;
}

const hub = defineHub<Client>()({
  methods: {
    add: method({ args: [v.number(), v.number()] }, (_call, a, b) => a + b),
    nothing() {},
    echo: (_call, value: unknown) => value,
    whoAmI: call => [call.connectionId, call.userIdentifier ?? null, call.request.url ?? null],
    secretFailure() {
      throw new Error('the password is x');
    },
    failure() {
      throw new HubError('no such thing', { code: 'not-found', data: { id: 7 } });
    },
    join: (call, name: string) => call.groups.add(call.connectionId, name),
    leave: (call, name: string) => call.groups.remove(call.connectionId, name),
    tellAll: (call, text: string) => call.clients.all.note(text),
    tellOthers: (call, text: string) => call.clients.others.note(text),
    tellGroup: (call, name: string, text: string) => call.clients.group(name).note(text),
    tellOthersInGroup: (call, name: string, text: string) => call.clients.othersInGroup(name).note(text),
    tellOne: (call, id: string, text: string) => call.clients.client(id).note(text),
    ask: (call, n: number) => call.clients.caller.invoke.question(n),
    askOther: (call, id: string, n: number) => call.clients.client(id).invoke.question(n),
    askBriefly: (call, n: number) => call.clients.caller.invokeWith({ timeoutMs: 20 }).question(n),
    remember(call, value: string) {
      call.items.set('value', value);
    },
    recall: call => call.items.get('value') ?? null,
    async *count(_call, from: number, to: number) {
      for (let n = from; n < to; n += 1) yield n;
    },
    async *forever(call) {
      try {
        for (let n = 0; !call.signal.aborted; n += 1) yield n;
      } finally {
        ended.push('forever');
      }
    },
    async *failing() {
      yield 1;
      throw new HubError('broke');
    },
    async upload(_call, prefix: string, words: AsyncIterable<string>) {
      const all: string[] = [];
      for await (const word of words) all.push(word);
      return prefix + all.join('');
    },
    async *upperCase(_call, words: AsyncIterable<string>) {
      for await (const word of words) yield word.toUpperCase();
    },
  },
});
const ended: string[] = [];

describe('the official client', () => {
  after(leakCheck());

  test('calls and their results, typed', async t => {
    const { url } = await host(t, hub);
    const connection = typedConnection<typeof hub>(await connected(t, `${url}/hub`));
    assert.equal(await connection.invoke.add(1, 2), 3);
    assert.equal(await connection.invoke.nothing(), null);
    const value = { text: 'é€😀\u001e\u0000', list: [1, [2]], none: null, big: 2 ** 53 };
    assert.deepEqual(await connection.invoke.echo(value), value);
    await connection.send.nothing();
  });

  test('a mapped path is found in any case and with a slash at the end', async t => {
    const { url } = await host(t, hub);
    for (const path of ['/hub', '/HUB', '/hub/', '/hub?tenant=7']) {
      const connection = await connected(t, url + path);
      assert.equal(await connection.invoke('ADD', 1, 2), 3);
    }
  });

  test("the connection id is the one negotiated; the request of the connection is the WebSocket's", async t => {
    const { url } = await host(t, hub);
    const connection = await connected(t, `${url}/hub?tenant=7`);
    const [id, user, request] = await connection.invoke<[string, null, string]>('whoAmI');
    assert.equal(id, connection.connectionId);
    assert.equal(user, null);
    assert.match(request, /^\/hub\?tenant=7&id=[\w-]{63}$/);
    assert.equal(request.includes(id), false);
  });

  test('errors: unknown method, an exception that stays on the server, a HubError with code and data', async t => {
    const { url, complaints } = await host(t, hub);
    const connection = await connected(t, `${url}/hub`);
    await assert.rejects(connection.invoke('nope'), { message: "Unknown hub method 'nope'" });
    await assert.rejects(connection.invoke('secretFailure'), {
      message: "An unexpected error occurred invoking 'secretFailure' on the server.",
    });
    assert.equal((complaints[0]!.err as Error).message, 'the password is x');
    const error = await connection.invoke('failure').catch((thrown: unknown) => thrown);
    assert.deepEqual(parseHubError(error), { message: 'no such thing', code: 'not-found', data: { id: 7 } });
    await assert.rejects(connection.invoke('add', 1), {
      message: "Failed to invoke 'add' due to an error on the server.",
    });
    const refused = await connection.invoke('add', 1, 'two').catch((thrown: unknown) => thrown);
    assert.equal(parseHubError(refused)?.code, 'invalid-arguments');
    await assert.rejects(connection.invoke('count', 1, 2), /attempted to invoke the streaming 'count' method/);
    assert.equal(await connection.invoke('add', 1, 2), 3);
  });

  test('with detailed errors the client reads what was thrown', async t => {
    const { url } = await host(t, hub, { endpoint: { enableDetailedErrors: true } });
    const connection = await connected(t, `${url}/hub`);
    await assert.rejects(connection.invoke('secretFailure'), /Error: the password is x$/);
    await assert.rejects(connection.invoke('add', 1), /Invocation provides 1 argument\(s\) but target expects 2\.$/);
  });

  test('streams from the server: to the end, with an error, canceled', async t => {
    const { url } = await host(t, hub);
    const connection = await connected(t, `${url}/hub`);
    assert.deepEqual(await collect(connection.stream<number>('count', 3, 6)), [3, 4, 5]);
    await assert.rejects(collect(connection.stream('failing')), {
      message: 'An error occurred on the server while streaming results. HubException: broke',
    });
    await assert.rejects(
      collect(connection.stream('add', 1, 2)),
      /non-streaming 'add' method with a streaming invocation/,
    );
    ended.length = 0;
    let items = 0;
    const subscription = connection.stream('forever').subscribe({
      next: () => {
        items += 1;
        if (items === 10) subscription.dispose();
      },
      error: () => {},
      complete: () => {},
    });
    await waitFor('the generator to end', () => ended.includes('forever'));
    assert.equal(await connection.invoke('add', 1, 2), 3);
  });

  test('streams from the client, and both ways at once', async t => {
    const { url } = await host(t, hub);
    const connection = typedConnection<typeof hub>(await connected(t, `${url}/hub`));
    const words = new Subject<string>();
    const uploaded = connection.invoke.upload('>', words);
    for (let n = 0; n < 100; n += 1) words.next(`${n} `);
    words.complete();
    assert.equal(await uploaded, `>${Array.from({ length: 100 }, (_, n) => `${n} `).join('')}`);
    const echoed = new Subject<string>();
    const back = collect(connection.stream.upperCase(echoed));
    echoed.next('a');
    echoed.next('b');
    echoed.complete();
    assert.deepEqual(await back, ['A', 'B']);
    const failed = new Subject<string>();
    const rejected = connection.invoke.upload('>', failed);
    failed.error('no more');
    await assert.rejects(rejected, /HubException: no more$/);
  });

  test('a client that reads slowly slows its stream down, and loses nothing', async t => {
    const { url } = await host(t, hub, {
      endpoint: { applicationMaxBufferSize: 1_000, maximumBufferedBytes: 2_000_000 },
    });
    const connection = await connected(t, `${url}/hub`);
    const items = await collect(connection.stream<number>('count', 0, 20_000));
    assert.deepEqual([items.length, items.at(-1)], [20_000, 19_999]);
  });

  test('calls to clients: all, others, one, groups; leaving a group', async t => {
    const { url, hubs } = await host(t, hub);
    const clients = await Promise.all([1, 2, 3].map(() => connected(t, `${url}/hub`)));
    const notes: string[][] = [[], [], []];
    for (const [at, client] of clients.entries()) client.on('NOTE', text => notes[at]!.push(text));
    const [a, b, c] = clients as [
      (typeof clients)[0] & object,
      (typeof clients)[0] & object,
      (typeof clients)[0] & object,
    ];
    await a.invoke('join', 'g');
    await b.invoke('join', 'g');
    await a.invoke('tellAll', 'all');
    await a.invoke('tellOthers', 'others');
    await a.invoke('tellGroup', 'g', 'group');
    await a.invoke('tellOthersInGroup', 'g', 'othersInGroup');
    await a.invoke('tellOne', c.connectionId, 'one');
    await b.invoke('leave', 'g');
    await a.invoke('tellGroup', 'g', 'left');
    await hubs.context(hub).clients.all.note('context');
    await hubs.context(hub).groups.add(c.connectionId!, 'late');
    await hubs.context(hub).clients.group('late').note('late');
    await waitFor('all notes', () => notes.flat().length === 14);
    assert.deepEqual(notes, [
      ['all', 'group', 'left', 'context'],
      ['all', 'others', 'group', 'othersInGroup', 'context'],
      ['all', 'others', 'one', 'context', 'late'],
    ]);
  });

  test('client results: an answer, an error, no handler, a time limit, another client, a client that leaves', async t => {
    const { url, hubs } = await host(t, hub);
    const connection = await connected(t, `${url}/hub`);
    const other = await connected(t, `${url}/hub`);
    const asked = Promise.withResolvers<void>();
    connection.on('question', (n: number) => {
      if (n < 0) throw new Error('from callback');
      return n === 99 ? new Promise(() => asked.resolve()) : n + 1;
    });
    assert.equal(await connection.invoke('ask', 20), 21);
    assert.equal(await other.invoke('askOther', connection.connectionId, 1), 2);
    await assert.rejects(connection.invoke('ask', -1), /HubException: Error: from callback$/);
    await assert.rejects(other.invoke('ask', 1), /HubException: Client didn't provide a result\.$/);
    await assert.rejects(connection.invoke('askBriefly', 99), /unexpected error occurred invoking 'askBriefly'/);
    const left = hubs.context(hub).clients.client(connection.connectionId!).invoke.question(99);
    await asked.promise;
    await Promise.all([
      assert.rejects(left, {
        code: 'connection-not-found',
        message: `Connection '${connection.connectionId}' disconnected.`,
      }),
      connection.stop(),
    ]);
    await assert.rejects(hubs.context(hub).clients.client('nobody').invoke.question(1), {
      message: "Connection 'nobody' does not exist.",
    });
  });

  test('items belong to the connection', async t => {
    const { url } = await host(t, hub);
    const [a, b] = [await connected(t, `${url}/hub`), await connected(t, `${url}/hub`)];
    await a.invoke('remember', 'mine');
    assert.deepEqual([await a.invoke('recall'), await b.invoke('recall')], ['mine', null]);
  });

  test('many calls sent in one turn are all answered, in order', async t => {
    const { url } = await host(t, hub);
    const connection = await connected(t, `${url}/hub`);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 500 }, async (_, n) => {
        assert.equal(await connection.invoke('echo', n), n);
        order.push(n);
      }),
    );
    assert.deepEqual(order, [...Array(500).keys()]);
  });

  test('skipNegotiation: WebSockets without an id, a null connectionId at the client', async t => {
    const { url } = await host(t, hub);
    const connection = await connected(t, `${url}/hub`, {
      skipNegotiation: true,
      transport: HttpTransportType.WebSockets,
    });
    assert.equal(connection.connectionId, null);
    const [id] = await connection.invoke<[string]>('whoAmI');
    assert.match(id, /^[\w-]{22}$/);
  });

  test('§2 a client that wants another transport learns that there is none', async t => {
    const { url } = await host(t, hub, { endpoint: { transports: ['WebSockets'] } });
    const connection = officialClient(t, `${url}/hub`, { transport: HttpTransportType.LongPolling });
    await assert.rejects(connection.start(), /'WebSockets' is disabled by the client/);
    assert.equal(connection.state, HubConnectionState.Disconnected);
  });
});
