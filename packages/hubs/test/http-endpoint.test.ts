// Every answer of §1 and §1.1 that an endpoint with WebSockets gives, each test named by its row.
import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { after, describe, test } from 'node:test';
import { type Authorization, type AuthorizationContext, defineHub, type HubUser } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { HttpTransportType } from '@microsoft/signalr';
import { bareClient, bareHubClient, jsonHandshake, refusedUpgrade } from './bare-client.ts';
import { host, negotiate } from './host.ts';
import { connected, officialClient } from './official-client.ts';

interface Person extends HubUser {
  readonly id: string;
  readonly isAdmin: boolean;
}

const seen: string[] = [];
const hub = defineHub<Record<string, never>, Person>()({
  methods: { who: call => [call.userIdentifier ?? null, call.user ?? null] },
  onConnected: call => seen.push(`connected ${call.connectionId}`),
  onDisconnected: call => seen.push(`disconnected ${call.connectionId}`),
});

const unknownId = 'AAAAAAAAAAAAAAAAAAAAAA';

async function answer(url: string, init?: RequestInit): Promise<[number, string, string | null]> {
  const response = await fetch(url, init);
  return [response.status, await response.text(), response.headers.get('content-type')];
}

describe('the HTTP side of a hub (§1, §2)', () => {
  after(leakCheck());

  test('§2 negotiate answers 200 with JSON, its length, an id of 22 characters, and a signed token', async t => {
    const { url } = await host(t, hub);
    const response = await fetch(`${url}/hub/negotiate?negotiateVersion=1`, { method: 'POST' });
    const text = await response.text();
    assert.deepEqual(
      [response.status, response.headers.get('content-type'), response.headers.get('content-length')],
      [200, 'application/json', String(text.length)],
    );
    const { connectionId, connectionToken } = JSON.parse(text) as { connectionId: string; connectionToken: string };
    assert.match(connectionId, /^[\w-]{22}$/);
    assert.match(connectionToken, /^[\w-]{63}$/);
  });

  test('§2 version 0 (no parameter) has no token, and its id opens the connection', async t => {
    const { url } = await host(t, hub);
    const { connectionId, connectionToken } = await negotiate(`${url}/hub`, '');
    assert.equal(connectionToken, undefined);
    const client = await bareHubClient(t, `${url}/hub?id=${connectionId}`);
    assert.equal(client.socket.readyState, client.socket.OPEN);
  });

  test('§2 errors are 200 with only an error key', async t => {
    const { url } = await host(t, hub, { endpoint: { minimumProtocolVersion: 1 } });
    assert.deepEqual(await negotiate(`${url}/hub`, '?NegotiateVersion=x'), {
      error: 'The client requested a non-integer protocol version.',
    });
    assert.deepEqual(await negotiate(`${url}/hub`, '?negotiateVersion=0'), {
      error: "The client requested version '0', but the server does not support this version.",
    });
  });

  test('§2 stateful reconnect is not promised where there is none', async t => {
    const { url } = await host(t, hub);
    const answered = await negotiate(`${url}/hub`, '?negotiateVersion=1&useStatefulReconnect=true');
    assert.deepEqual(Object.keys(answered), [
      'negotiateVersion',
      'connectionId',
      'connectionToken',
      'availableTransports',
    ]);
    assert.deepEqual(answered.availableTransports, [
      { transport: 'WebSockets', transferFormats: ['Text', 'Binary'] },
      { transport: 'ServerSentEvents', transferFormats: ['Text'] },
      { transport: 'LongPolling', transferFormats: ['Text', 'Binary'] },
    ]);
  });

  test('§1 negotiate by another method than POST: 405, text/plain, empty', async t => {
    const { url } = await host(t, hub);
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      assert.deepEqual(await answer(`${url}/hub/negotiate`, { method }), [405, '', 'text/plain']);
    }
  });

  test('§1 other methods on the hub: 405, text/plain, empty', async t => {
    const { url } = await host(t, hub);
    for (const method of ['PUT', 'PATCH', 'OPTIONS']) {
      assert.deepEqual(await answer(`${url}/hub?id=${unknownId}`, { method }), [405, '', 'text/plain']);
    }
  });

  test('§1.1 LP, SSE, POST, DELETE without id: 400 Connection ID required', async t => {
    const { url } = await host(t, hub);
    const expected = [400, 'Connection ID required', 'text/plain'];
    assert.deepEqual(await answer(`${url}/hub`), expected);
    assert.deepEqual(await answer(`${url}/hub?id=`), expected);
    assert.deepEqual(await answer(`${url}/hub`, { headers: { accept: 'text/event-stream' } }), expected);
    assert.deepEqual(await answer(`${url}/hub`, { method: 'POST', body: 'x' }), expected);
    assert.deepEqual(await answer(`${url}/hub`, { method: 'DELETE' }), expected);
  });

  test('§1.1 id not known, on every way: 404 No Connection with that ID', async t => {
    const { url } = await host(t, hub);
    const expected = [404, 'No Connection with that ID', 'text/plain'];
    const target = `${url}/hub?id=${unknownId}`;
    assert.deepEqual(await answer(target), expected);
    assert.deepEqual(await answer(target, { headers: { accept: 'text/event-stream' } }), expected);
    assert.deepEqual(await answer(target, { method: 'POST' }), expected);
    assert.deepEqual(await answer(target, { method: 'DELETE' }), expected);
    assert.deepEqual(await refusedUpgrade(target), {
      status: 404,
      body: 'No Connection with that ID',
      type: 'text/plain',
    });
  });

  test('§1.1 the public connection id opens nothing: 404', async t => {
    const { url } = await host(t, hub);
    const { connectionId } = await negotiate(`${url}/hub`);
    assert.equal((await refusedUpgrade(`${url}/hub?id=${connectionId}`)).status, 404);
  });

  test('§1.1 a token of another endpoint is unknown: 404', async t => {
    const { url, hubs } = await host(t, hub);
    hubs.map('/other', hub);
    const { connectionToken } = await negotiate(`${url}/other`);
    assert.equal((await refusedUpgrade(`${url}/hub?id=${connectionToken}`)).status, 404);
  });

  test('§1.1 transport not enabled: 404 with the name of the transport', async t => {
    const { url } = await host(t, hub, { endpoint: { transports: ['WebSockets'] } });
    const { connectionToken } = await negotiate(`${url}/hub`);
    const target = `${url}/hub?id=${connectionToken}`;
    assert.deepEqual(await answer(target), [
      404,
      'LongPolling transport not supported by this end point type',
      'text/plain',
    ]);
    assert.deepEqual(await answer(target, { headers: { accept: 'text/event-stream' } }), [
      404,
      'ServerSentEvents transport not supported by this end point type',
      'text/plain',
    ]);
    assert.equal((await answer(target, { method: 'POST', body: jsonHandshake }))[0], 404);
  });

  test('§1.1 WebSockets not enabled: 404, and negotiate does not offer them', async t => {
    const { url } = await host(t, hub, { endpoint: { transports: [] } });
    const { connectionToken, availableTransports } = await negotiate(`${url}/hub`);
    assert.deepEqual(availableTransports, []);
    assert.deepEqual(await refusedUpgrade(`${url}/hub?id=${connectionToken}`), {
      status: 404,
      body: 'WebSockets transport not supported by this end point type',
      type: 'text/plain',
    });
  });

  test('§1.1 a second WebSocket while one is attached: 409, empty; the first lives on', async t => {
    const { url } = await host(t, hub);
    const { connectionToken } = await negotiate(`${url}/hub`);
    const first = await bareHubClient(t, `${url}/hub?id=${connectionToken}`);
    assert.deepEqual(await refusedUpgrade(`${url}/hub?id=${connectionToken}`), {
      status: 409,
      body: '',
      type: undefined,
    });
    first.send('{"type":1,"invocationId":"1","target":"who","arguments":[]}');
    assert.equal(await first.next(), '{"type":3,"invocationId":"1","result":[null,null]}');
  });

  test('§1.1 two WebSockets at once by one token: one opens, one gets 409', async t => {
    const { url } = await host(t, hub, { endpoint: { authorize: async () => ({ allowed: true }) } });
    const { connectionToken } = await negotiate(`${url}/hub`);
    const results = await Promise.allSettled([1, 2, 3].map(() => bareClient(t, `${url}/hub?id=${connectionToken}`)));
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
  });

  test('§1.1 a token whose connection has ended: 404', async t => {
    const { url, hubs } = await host(t, hub);
    const { connectionToken } = await negotiate(`${url}/hub`);
    const first = await bareHubClient(t, `${url}/hub?id=${connectionToken}`);
    first.socket.close();
    await waitFor('the connection to end', () => hubs.connectionCount === 0);
    assert.equal((await refusedUpgrade(`${url}/hub?id=${connectionToken}`)).status, 404);
  });

  test('§1.1 POST on a WebSockets connection: 405', async t => {
    const { url } = await host(t, hub);
    const { connectionToken } = await negotiate(`${url}/hub`);
    await bareHubClient(t, `${url}/hub?id=${connectionToken}`);
    assert.deepEqual(await answer(`${url}/hub?id=${connectionToken}`, { method: 'POST', body: 'x' }), [
      405,
      'POST requests are not allowed for WebSocket connections.',
      'text/plain',
    ]);
  });

  test('§1.1 DELETE on a WebSockets connection: 400', async t => {
    const { url } = await host(t, hub);
    const { connectionToken } = await negotiate(`${url}/hub`);
    await bareHubClient(t, `${url}/hub?id=${connectionToken}`);
    assert.deepEqual(await answer(`${url}/hub?id=${connectionToken}`, { method: 'DELETE' }), [
      400,
      'Cannot terminate this connection using the DELETE endpoint.',
      'text/plain',
    ]);
  });

  test('§1.1 wrong WebSocket origin: 403', async t => {
    const { url } = await host(t, hub, { server: { allowedOrigins: ['https://good.example'] } });
    assert.equal((await refusedUpgrade(`${url}/hub`, { origin: 'https://evil.example' })).status, 403);
    await bareClient(t, `${url}/hub`, { origin: 'https://good.example' });
    await bareClient(t, `${url}/hub`);
  });

  test('§12 an upgrade that is no WebSocket request is a poll: 400, not 426', async t => {
    const { url } = await host(t, hub);
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '12',
      'sec-websocket-key': 'x',
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/hub`, { headers }, resolve).on('error', reject);
    });
    let body = '';
    for await (const chunk of response) body += chunk;
    assert.deepEqual([response.statusCode, body], [400, 'Connection ID required']);
  });

  test('§2 a negotiated connection that nobody opens is forgotten after disconnectTimeoutMs: 404', async t => {
    const { url } = await host(t, hub, { endpoint: { disconnectTimeoutMs: 50 } });
    const { connectionToken } = await negotiate(`${url}/hub`);
    await waitFor('the token to be unknown', async () => {
      const [status, text] = await answer(`${url}/hub?id=${connectionToken}`, { method: 'DELETE' });
      return status === 404 && text === 'No Connection with that ID';
    });
  });

  test('more connections waiting to be opened than allowed: 503, and again room when they are gone', async t => {
    const { url } = await host(t, hub, {
      server: { maximumPendingConnections: 2 },
      endpoint: { disconnectTimeoutMs: 300 },
    });
    await negotiate(`${url}/hub`);
    await negotiate(`${url}/hub`);
    const refused = await fetch(`${url}/hub/negotiate?negotiateVersion=1`, { method: 'POST' });
    assert.deepEqual([refused.status, refused.headers.get('retry-after'), await refused.text()], [503, '1', '']);
    await waitFor('room', async () => (await fetch(`${url}/hub/negotiate`, { method: 'POST' })).status === 200);
  });

  test('§4.1 a sub-protocol is chosen among those offered', async t => {
    const { url } = await host(t, hub, {
      endpoint: { webSockets: { subprotocolSelector: requested => requested.find(name => name === 'b') } },
    });
    const client = await bareClient(t, `${url}/hub`, { 'sec-websocket-protocol': 'a, b' }).catch(
      (error: unknown) => error,
    );
    // `ws` was told of no sub-protocol and refuses the one it is given: it was answered.
    assert.match(String(client), /subprotocol/i);
  });
});

describe('authorization (§1, §1.1)', () => {
  after(leakCheck());

  const people: Record<string, Person> = { 'Bearer ann': { id: 'ann', isAdmin: true } };

  /** A token at negotiate; a browser's WebSocket is let in by whom its connection token was given to. */
  function authorize({ request, step, negotiated }: AuthorizationContext<Person>): Authorization<Person> {
    asked.push(step);
    const person = people[request.headers.authorization ?? ''] ?? negotiated;
    if (person === undefined) return { allowed: false, status: 401 };
    if (request.headers.origin === 'https://evil.example') return { allowed: false, status: 403 };
    if (request.headers.host === 'evil.example') return { allowed: false, status: 421 };
    return { allowed: true, user: person };
  }
  const asked: string[] = [];
  const bearer = { authorization: 'Bearer ann' };

  for (const [status, headers] of [
    [401, {}],
    [403, { ...bearer, origin: 'https://evil.example' }],
  ] as const) {
    test(`§1.1 ${status} on every request, before anything else, with an empty body`, async t => {
      const { url } = await host(t, hub, { endpoint: { authorize } });
      for (const method of ['GET', 'POST', 'DELETE', 'PUT']) {
        assert.deepEqual(await answer(`${url}/hub?id=${unknownId}`, { method, headers }), [status, '', null]);
        assert.deepEqual(await answer(`${url}/hub/negotiate`, { method, headers }), [status, '', null]);
      }
      assert.deepEqual(await refusedUpgrade(`${url}/hub`, headers), { status, body: '', type: undefined });
    });
  }

  test('421 for a foreign Host', async t => {
    const { url } = await host(t, hub, { endpoint: { authorize } });
    assert.equal((await refusedUpgrade(`${url}/hub`, { ...bearer, host: 'evil.example' })).status, 421);
  });

  test("§1.1 the official client shows exactly: Unauthorized: Status code '401'", async t => {
    const { url } = await host(t, hub, { endpoint: { authorize } });
    await assert.rejects(officialClient(t, `${url}/hub`).start(), /Unauthorized: Status code '401'$/);
  });

  test('an official client with an access token, by negotiate and without', async t => {
    const { url } = await host(t, hub, { endpoint: { authorize } });
    const accessTokenFactory = () => 'ann';
    for (const options of [{}, { skipNegotiation: true, transport: HttpTransportType.WebSockets }]) {
      const connection = await connected(t, `${url}/hub`, { accessTokenFactory, ...options });
      assert.deepEqual(await connection.invoke('who'), ['ann', { id: 'ann', isAdmin: true }]);
    }
  });

  test('a WebSocket without credentials is let in by its connection token, as the one who negotiated, once', async t => {
    const { url, hubs } = await host(t, hub, { endpoint: { authorize } });
    const { connectionToken } = await negotiate(`${url}/hub`, '?negotiateVersion=1', bearer);
    asked.length = 0;
    const client = await bareHubClient(t, `${url}/hub?id=${connectionToken}`);
    assert.deepEqual(asked, ['connect']);
    client.send('{"type":1,"invocationId":"1","target":"who","arguments":[]}');
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":["ann",{"id":"ann","isAdmin":true}]}');
    assert.equal((await refusedUpgrade(`${url}/hub?id=${connectionToken}`)).status, 409);
    client.socket.close();
    await waitFor('the connection to end', () => hubs.connectionCount === 0);
    // The token is as good as any other word now: who says nothing else is nobody.
    assert.equal((await refusedUpgrade(`${url}/hub?id=${connectionToken}`)).status, 401);
    assert.equal((await refusedUpgrade(`${url}/hub?id=${connectionToken}`, bearer)).status, 404);
  });

  test('§1.1 a refused connect does not use its token up', async t => {
    const { url } = await host(t, hub, { endpoint: { authorize } });
    const { connectionToken } = await negotiate(`${url}/hub`, '?negotiateVersion=1', bearer);
    assert.equal(
      (await refusedUpgrade(`${url}/hub?id=${connectionToken}`, { origin: 'https://evil.example' })).status,
      403,
    );
    await bareHubClient(t, `${url}/hub?id=${connectionToken}`);
  });

  test('skipNegotiation: there is no negotiated user', async t => {
    const { url } = await host(t, hub, { endpoint: { authorize } });
    assert.equal((await refusedUpgrade(`${url}/hub`)).status, 401);
    await bareHubClientWith(t, `${url}/hub`, bearer);
  });

  test('the user id provider names the user', async t => {
    const { url, hubs } = await host(t, hub, {
      endpoint: { authorize, userIdProvider: (user, request) => `${user?.id}@${request.url?.split('?')[0]}` },
    });
    const client = await bareHubClientWith(t, `${url}/hub`, bearer);
    await (hubs.context(hub).clients.user('ann@/hub') as unknown as { note(text: string): Promise<void> }).note('hi');
    assert.equal(await client.next(), '{"type":1,"target":"note","arguments":["hi"]}');
  });

  test('authorize that throws: 500, empty, and the server says so in its log', async t => {
    const { url, complaints } = await host(t, hub, {
      endpoint: {
        authorize: () => {
          throw new Error('no database');
        },
      },
    });
    assert.deepEqual(await answer(`${url}/hub/negotiate`, { method: 'POST' }), [500, '', null]);
    assert.equal((await refusedUpgrade(`${url}/hub`)).status, 500);
    assert.deepEqual(
      complaints.map(({ err }) => (err as Error).message),
      ['no database', 'no database'],
    );
  });

  async function bareHubClientWith(t: Parameters<typeof bareClient>[0], url: string, headers: Record<string, string>) {
    const client = await bareClient(t, url, headers);
    client.send(jsonHandshake);
    assert.equal(await client.next(), '{}');
    return client;
  }
});
