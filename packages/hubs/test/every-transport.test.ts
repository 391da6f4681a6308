// The official client over each transport: what an application does must not depend on the way it is carried.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type AuthorizationContext, defineHub, HubError, type HubUser, parseHubError } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { HttpTransportType, HubConnectionState, Subject } from '@microsoft/signalr';
import { connected, host, officialClient } from './host.ts';

interface Client {
  note(text: string): void;
  question(n: number): number;
}

const hub = defineHub<Client, HubUser>()({
  methods: {
    add: (_call, a: number, b: number) => a + b,
    who: call => [
      call.userIdentifier ?? null,
      call.request.headers.cookie ?? null,
      call.request.headers['x-tenant'] ?? null,
    ],
    where: call => call.request.url ?? null,
    fail() {
      throw new HubError('no such thing', { code: 'not-found', data: { id: 7 } });
    },
    tellAll: (call, text: string) => call.clients.all.note(text),
    ask: (call, n: number) => call.clients.caller.invoke.question(n),
    abort: call => call.abort(),
    async *count(_call, from: number, to: number) {
      for (let n = from; n < to; n += 1) yield n;
    },
    async *forever(call) {
      try {
        for (let n = 0; !call.signal.aborted; n += 1) {
          yield n;
          await new Promise(resolve => setImmediate(resolve));
        }
      } finally {
        ended.push('forever');
      }
    },
    async upload(_call, words: AsyncIterable<string>) {
      const all: string[] = [];
      for await (const word of words) all.push(word);
      return all.join(' ');
    },
    async *upperCase(_call, words: AsyncIterable<string>) {
      for await (const word of words) yield word.toUpperCase();
    },
  },
  onDisconnected: () => void ended.push('disconnected'),
});
const ended: string[] = [];

const transports = [
  HttpTransportType.WebSockets,
  HttpTransportType.ServerSentEvents,
  HttpTransportType.LongPolling,
] as const;

for (const transport of transports) {
  describe(`the official client over ${HttpTransportType[transport]}`, () => {
    after(leakCheck());

    test('invocations, results and errors', async t => {
      const { url } = await host(t, hub);
      const connection = await connected(t, `${url}/hub`, { transport });
      assert.equal(await connection.invoke('add', 1, 2), 3);
      const error = await connection.invoke('fail').catch((thrown: unknown) => thrown);
      assert.deepEqual(parseHubError(error), { message: 'no such thing', code: 'not-found', data: { id: 7 } });
      await assert.rejects(connection.invoke('nope'), { message: "Unknown hub method 'nope'" });
      const sums = await Promise.all(Array.from({ length: 200 }, (_, n) => connection.invoke<number>('add', n, 1)));
      assert.deepEqual(sums.at(-1), 200);
    });

    test('calls to clients, and their results', async t => {
      const { url, hubs } = await host(t, hub);
      const [one, two] = await Promise.all([1, 2].map(() => connected(t, `${url}/hub`, { transport })));
      const notes: string[] = [];
      two!.on('note', text => notes.push(text));
      one!.on('question', (n: number) => {
        if (n < 0) throw new Error('from callback');
        return n + 1;
      });
      await one!.invoke('tellAll', 'hello\nthere');
      await hubs.context(hub).clients.client(two!.connectionId!).note('you');
      await waitFor('the notes', () => notes.length === 2);
      assert.deepEqual(notes, ['hello\nthere', 'you']);
      assert.equal(await one!.invoke('ask', 20), 21);
      await assert.rejects(one!.invoke('ask', -1), /HubException: Error: from callback$/);
    });

    test('streams down, up and both ways; cancel', async t => {
      const { url } = await host(t, hub);
      const connection = await connected(t, `${url}/hub`, { transport });
      assert.deepEqual(await collect(connection.stream<number>('count', 0, 500)), [...Array(500).keys()]);
      const words = new Subject<string>();
      const uploaded = connection.invoke('upload', words);
      for (const word of ['a', 'b', 'c']) words.next(word);
      words.complete();
      assert.equal(await uploaded, 'a b c');
      const echoed = new Subject<string>();
      const back = collect(connection.stream<string>('upperCase', echoed));
      echoed.next('x');
      echoed.complete();
      assert.deepEqual(await back, ['X']);
      ended.length = 0;
      let items = 0;
      const subscription = connection.stream('forever').subscribe({
        next: () => {
          items += 1;
          if (items === 5) subscription.dispose();
        },
        error: () => {},
        complete: () => {},
      });
      await waitFor('the generator to end', () => ended.includes('forever'));
      assert.equal(await connection.invoke('add', 1, 2), 3);
    });

    test('stop ends the connection at once; abort ends it for good', async t => {
      const { url, hubs } = await host(t, hub);
      const connection = await connected(t, `${url}/hub`, { transport });
      ended.length = 0;
      await connection.stop();
      await waitFor('the end', () => hubs.connectionCount === 0 && ended.length === 1);
      const other = officialClient(t, `${url}/hub`, { transport }, builder => builder.withAutomaticReconnect([0]));
      let reconnects = 0;
      other.onreconnecting(() => {
        reconnects += 1;
      });
      await other.start();
      await other.send('abort');
      await waitFor('the client to know', () => other.state === HubConnectionState.Disconnected);
      assert.equal(reconnects, 0);
    });

    test('reconnect after the server has closed the connection', async t => {
      const { url, hubs } = await host(t, hub, { endpoint: { closeOnAuthenticationExpiration: true, authorize } });
      const tokens = ['short', 'ann', 'ann', 'ann'];
      let taken = 0;
      const accessTokenFactory = () =>
        tokens[Math.min(taken++ >> (transport === HttpTransportType.WebSockets ? 1 : 0), 3)]!;
      const connection = officialClient(t, `${url}/hub`, { transport, accessTokenFactory }, builder =>
        builder.withAutomaticReconnect([0, 0, 0]),
      );
      const reconnected = new Promise(resolve => connection.onreconnected(resolve));
      await connection.start();
      const before = connection.connectionId;
      await reconnected;
      assert.notEqual(connection.connectionId, before);
      assert.equal(await connection.invoke('add', 1, 1), 2);
      assert.equal(hubs.connectionCount, 1);
    });

    test('an access token on every request, custom headers, cookies of negotiate', async t => {
      const seen = new Set<string>();
      const { url } = await host(t, hub, {
        endpoint: {
          authorize: context => {
            seen.add(`${context.step} ${context.accessToken}`);
            return authorize(context);
          },
        },
      });
      const headers = { 'x-tenant': '7', cookie: 'a=1' };
      const connection = await connected(t, `${url}/hub`, { transport, headers, accessTokenFactory: () => 'ann' });
      const [user, cookie, tenant] = await connection.invoke<string[]>('who');
      assert.equal(user, 'ann');
      assert.equal(tenant, '7');
      assert.match(cookie!, /a=1/);
      assert.deepEqual([...seen].sort(), ['connect ann', 'negotiate ann']);
      await assert.rejects(connected(t, `${url}/hub`, { transport }), /Unauthorized: Status code '401'/);
    });

    test('a redirect at negotiate: the other address with its query and its access token', async t => {
      const target = await host(t, hub, { endpoint: { authorize } });
      const { url } = await host(t, hub, {
        endpoint: { onNegotiate: () => ({ url: `${target.url}/HUB?tenant=7`, accessToken: 'ann' }) },
      });
      const connection = await connected(t, `${url}/hub`, { transport });
      assert.equal((await connection.invoke<string[]>('who'))[0], 'ann');
      assert.match(await connection.invoke<string>('where'), /^\/HUB\?tenant=7&id=/);
      assert.equal(target.hubs.connectionCount, 1);
    });

    test('drain: calls that run finish, then the client is told to come back elsewhere', async t => {
      const { url, hubs } = await host(t, hub);
      const connection = officialClient(t, `${url}/hub`, { transport }, builder =>
        builder.withAutomaticReconnect([60_000]),
      );
      let isReconnecting = false;
      connection.onreconnecting(() => {
        isReconnecting = true;
      });
      await connection.start();
      const words = new Subject<string>();
      const uploaded = connection.invoke('upload', words);
      words.next('a');
      await connection.invoke('add', 1, 1);
      const drained = hubs.drain({ timeoutMs: 10_000, spreadMs: 0 });
      const refused = await fetch(`${url}/hub/negotiate?negotiateVersion=1`, { method: 'POST' });
      assert.deepEqual([refused.status, refused.headers.get('retry-after'), await refused.text()], [503, '5', '']);
      assert.equal(await connection.invoke('add', 1, 1), 2);
      words.next('b');
      words.complete();
      assert.equal(await uploaded, 'a b');
      await drained;
      await waitFor('the client to be told', () => isReconnecting);
      assert.equal(hubs.connectionCount, 0);
    });
  });
}

/** `short` is Ann's token too, and expires at once. */
function authorize({ accessToken, negotiated }: AuthorizationContext) {
  if (accessToken === 'short') return { allowed: true, user: { id: 'ann' }, expiresAt: Date.now() + 300 } as const;
  if (accessToken === 'ann') return { allowed: true, user: { id: 'ann' } } as const;
  if (negotiated !== undefined) return { allowed: true, user: negotiated } as const;
  return { allowed: false, status: 401 } as const;
}

function collect<T>(stream: {
  subscribe(observer: { next(value: T): void; error(error: unknown): void; complete(): void }): unknown;
}): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const items: T[] = [];
    stream.subscribe({ next: item => items.push(item), error: reject, complete: () => resolve(items) });
  });
}
