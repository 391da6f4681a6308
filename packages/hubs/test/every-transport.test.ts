// The official client by every transport in every protocol: what an application does must not depend on the way it is
// carried.
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { type EndpointOptions, type HubUser, parseHubError } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import {
  type HubConnectionBuilder,
  HubConnectionState,
  type IHttpConnectionOptions,
  Subject,
} from '@microsoft/signalr';
import { affinityProxy } from './affinity-proxy.ts';
import { authorize, createApp } from './app.ts';
import { host } from './host.ts';
import { collect, officialClient, ways } from './official-client.ts';

for (const { name, transport, createProtocol } of ways) {
  describe(`the official client over ${name}`, () => {
    after(leakCheck());

    const serve = async (t: TestContext, endpoint: EndpointOptions<HubUser> = {}) => {
      const app = createApp();
      return { ...app, ...(await host(t, app.hub, { endpoint })) };
    };

    const build = (
      t: TestContext,
      url: string,
      options: IHttpConnectionOptions = {},
      configure: (builder: HubConnectionBuilder) => HubConnectionBuilder = builder => builder,
    ) =>
      officialClient(t, `${url}/hub`, { transport, ...options }, builder =>
        configure(builder.withHubProtocol(createProtocol())),
      );

    const connect = async (t: TestContext, url: string, options?: IHttpConnectionOptions) => {
      const connection = build(t, url, options);
      await connection.start();
      return connection;
    };

    test('invocations, results and errors', async t => {
      const { url } = await serve(t);
      const connection = await connect(t, url);
      assert.equal(await connection.invoke('add', 1, 2), 3);
      const value = { text: 'é😀\n\u001e', list: [1, null, { deep: true }], none: null };
      assert.deepEqual(await connection.invoke('echo', value), value);
      const error = await connection.invoke('fail').catch((thrown: unknown) => thrown);
      assert.deepEqual(parseHubError(error), { message: 'no such thing', code: 'not-found', data: { id: 7 } });
      await assert.rejects(connection.invoke('nope'), { message: "Unknown hub method 'nope'" });
      const sums = await Promise.all(Array.from({ length: 200 }, (_, n) => connection.invoke<number>('add', n, 1)));
      assert.deepEqual(sums.at(-1), 200);
    });

    test('calls to clients, and their results', async t => {
      const { url, hubs, hub } = await serve(t);
      const [one, two] = await Promise.all([1, 2].map(() => connect(t, url)));
      const notes: unknown[] = [];
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
      const { url, ended } = await serve(t);
      const connection = await connect(t, url);
      assert.deepEqual(await collect(connection.stream<number>('count', 500)), [...Array(500).keys()]);
      const words = new Subject<string>();
      const uploaded = connection.invoke('upload', '>', words);
      for (let n = 0; n < 20; n += 1) words.next(String(n));
      words.complete();
      assert.equal(await uploaded, `> ${[...Array(20).keys()].join(' ')}`);
      const echoed = new Subject<string>();
      const back = collect(connection.stream<string>('upperCase', echoed));
      echoed.next('x');
      echoed.complete();
      assert.deepEqual(await back, ['X']);
      const subscription = connection.stream<number>('forever').subscribe({
        next: n => {
          if (n === 5) subscription.dispose();
        },
        error: () => {},
        complete: () => {},
      });
      await waitFor('the generator to end', () => ended.includes('forever'));
      assert.equal(await connection.invoke('add', 1, 2), 3);
    });

    test('stop ends the connection at once; abort ends it for good', async t => {
      const { url, hubs, ended } = await serve(t);
      const connection = await connect(t, url);
      await connection.stop();
      await waitFor('the end', () => hubs.connectionCount === 0 && ended.length === 1);
      const other = build(t, url, {}, builder => builder.withAutomaticReconnect([0]));
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
      const { url, hubs } = await serve(t, { closeOnAuthenticationExpiration: true, authorize });
      let isFirst = true;
      const connection = build(t, url, { accessTokenFactory: () => (isFirst ? 'short' : 'ann') }, builder =>
        builder.withAutomaticReconnect([0, 0, 0]),
      );
      connection.onreconnecting(() => {
        isFirst = false;
      });
      const reconnected = new Promise(resolve => connection.onreconnected(resolve));
      await connection.start();
      const before = connection.connectionId;
      await reconnected;
      assert.notEqual(connection.connectionId, before);
      assert.equal(await connection.invoke('add', 1, 1), 2);
      assert.equal(hubs.connectionCount, 1);
    });

    test('reconnect after every TCP connection was cut: another connection, its groups are gone, its user is not', async t => {
      const { url, hubs, hub, sockets } = await serve(t, { disconnectTimeoutMs: 1_000, authorize });
      const connection = build(t, url, { accessTokenFactory: () => 'ann' }, builder =>
        builder.withAutomaticReconnect([0, 0, 0]),
      );
      const notes: unknown[] = [];
      connection.on('note', value => notes.push(value));
      await connection.start();
      await connection.invoke('join', 'room');
      const before = connection.connectionId;
      const lost = new Promise(resolve => connection.onreconnecting(resolve));
      const reconnected = new Promise(resolve => connection.onreconnected(resolve));
      for (const socket of sockets) socket.destroy();
      await Promise.all([lost, reconnected]);
      assert.notEqual(connection.connectionId, before);
      await waitFor('the end of the first', () => hubs.connectionCount === 1);
      await hubs.context(hub).clients.group('room').note('for the first one');
      await hubs.context(hub).clients.user('ann').note('for Ann');
      await waitFor('the note', () => notes.length > 0);
      assert.deepEqual(notes, ['for Ann']);
    });

    test('an access token on every request, custom headers, cookies of its own', async t => {
      const seen = new Set<string>();
      const { url } = await serve(t, {
        authorize: context => {
          seen.add(`${context.step} ${context.accessToken}`);
          return authorize(context);
        },
      });
      const headers = { 'x-tenant': '7', cookie: 'a=1' };
      const connection = await connect(t, url, { headers, accessTokenFactory: () => 'ann' });
      assert.equal(await connection.invoke('who'), 'ann');
      assert.equal(await connection.invoke('header', 'x-tenant'), '7');
      assert.match(await connection.invoke('header', 'cookie'), /a=1/);
      assert.deepEqual([...seen].sort(), ['connect ann', 'negotiate ann']);
      await assert.rejects(connect(t, url), /Unauthorized: Status code '401'/);
    });

    test('§15.1 the cookie that came with negotiate is sent with the transport: behind a balancer, to the same server', async t => {
      const servers = [await serve(t), await serve(t), await serve(t)];
      const balancer = await affinityProxy(
        t,
        servers.map(each => each.url),
      );
      for (const [at, { hubs }] of servers.entries()) {
        const connection = await connect(t, balancer.url);
        // With a WebSocket the official client sends the cookie's attributes too.
        assert.equal((await connection.invoke<string>('header', 'cookie')).split(';')[0], `affinity=${at}`);
        assert.equal(hubs.connectionCount, 1);
      }
    });

    test('a redirect at negotiate: the other address with its query and its access token', async t => {
      const target = await serve(t, { authorize });
      const { url } = await serve(t, {
        onNegotiate: () => ({ url: `${target.url}/HUB?tenant=7`, accessToken: 'ann' }),
      });
      const connection = await connect(t, url);
      assert.equal(await connection.invoke('who'), 'ann');
      assert.match(await connection.invoke<string>('where'), /^\/HUB\?tenant=7&id=/);
      assert.equal(target.hubs.connectionCount, 1);
    });

    test('drain: calls that run finish, then the client is told to come back elsewhere', async t => {
      const { url, hubs } = await serve(t);
      const connection = build(t, url, {}, builder => builder.withAutomaticReconnect([60_000]));
      let isReconnecting = false;
      connection.onreconnecting(() => {
        isReconnecting = true;
      });
      await connection.start();
      const words = new Subject<string>();
      const uploaded = connection.invoke('upload', 'a', words);
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
