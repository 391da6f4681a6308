// What is said over HTTP beside the transports: CORS (§15.2, §15.3), redirects (§2), refresh and expiry of authentication
// (§13, §10), signed tokens (§11.1), drain.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type AuthorizationContext, defineHub, type HubUser } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { bareClient, bareHubClient, jsonHandshake, refusedUpgrade } from './bare-client.ts';
import { host, negotiate } from './host.ts';
import { ask, eventStream, negotiated } from './http-client.ts';
import { connected } from './official-client.ts';

interface Person extends HubUser {
  readonly id: string;
  readonly role: string;
}

const hub = defineHub<Record<string, never>, Person>()({
  methods: { who: call => [call.userIdentifier ?? null, call.user?.role ?? null], never: () => new Promise(() => {}) },
});
const who = '{"type":1,"invocationId":"1","target":"who","arguments":[]}';

const good = 'https://good.example';
const evil = 'https://evil.example';
const preflight = (origin: string, headers = 'x-requested-with,x-signalr-user-agent,authorization,x-tenant') => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
});
const cors = (headers: Headers) => [...headers].filter(([name]) => /^(access-control|vary)/.test(name)).sort();

describe('pages of other origins (§15.2, §15.3)', () => {
  after(leakCheck());

  test('closed by default: no CORS headers at all, a preflight is 405', async t => {
    const { url } = await host(t, hub);
    const answer = await ask(`${url}/hub/negotiate`, preflight(good));
    assert.deepEqual([answer.status, cors(answer.headers)], [405, []]);
    const negotiated = await ask(`${url}/hub/negotiate`, { method: 'POST', headers: { origin: good } });
    assert.deepEqual([negotiated.status, cors(negotiated.headers)], [200, []]);
  });

  test('an allowed origin: preflight 204 without asking authorize, headers as asked for, with credentials', async t => {
    const { url } = await host(t, hub, {
      server: { allowedOrigins: [good] },
      endpoint: { authorize: () => ({ allowed: false, status: 401 }) },
    });
    for (const path of ['/hub', '/hub/negotiate', '/HUB/?id=x']) {
      const answer = await ask(url + path, preflight(good));
      assert.deepEqual([answer.status, answer.body], [204, '']);
      assert.deepEqual(cors(answer.headers), [
        ['access-control-allow-credentials', 'true'],
        ['access-control-allow-headers', 'x-requested-with,x-signalr-user-agent,authorization,x-tenant'],
        ['access-control-allow-methods', 'GET, POST, DELETE, OPTIONS'],
        ['access-control-allow-origin', good],
        ['access-control-max-age', '600'],
        ['vary', 'Origin'],
      ]);
    }
    const refused = await ask(`${url}/hub/negotiate`, { method: 'POST', headers: { origin: good } });
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get('access-control-allow-origin'), good);
  });

  test('every answer of every transport carries them', async t => {
    const { url } = await host(t, hub, { server: { allowedOrigins: [good] } });
    const headers = { origin: good };
    const target = await negotiated(`${url}/hub`, headers);
    for (const answer of [
      await ask(target, { headers }),
      await ask(target, { method: 'POST', body: `${jsonHandshake}\u001e`, headers }),
      await ask(target, { headers }),
      await ask(target, { method: 'DELETE', headers }),
      await ask(target, { headers }),
    ]) {
      assert.deepEqual(cors(answer.headers), [
        ['access-control-allow-credentials', 'true'],
        ['access-control-allow-origin', good],
        ['vary', 'Origin'],
      ]);
    }
  });

  test('another origin: 403 on every way, a preflight allows nothing; our own pages and programs are let in', async t => {
    const { url } = await host(t, hub, { server: { allowedOrigins: [good] } });
    const target = await negotiated(`${url}/hub`);
    const headers = { origin: evil };
    for (const method of ['GET', 'POST', 'DELETE']) assert.equal((await ask(target, { method, headers })).status, 403);
    assert.equal((await ask(`${url}/hub/negotiate`, { method: 'POST', headers })).status, 403);
    assert.equal((await refusedUpgrade(target, headers)).status, 403);
    const asked = await ask(target, preflight(evil));
    assert.deepEqual([asked.status, cors(asked.headers)], [204, [['vary', 'Origin']]]);
    const own = await ask(`${url}/hub/negotiate`, { method: 'POST', headers: { origin: url } });
    assert.deepEqual([own.status, cors(own.headers)], [200, [['vary', 'Origin']]]);
  });

  test("['*']: any origin, without credentials", async t => {
    const { url } = await host(t, hub, { server: { allowedOrigins: ['*'] } });
    const answer = await ask(`${url}/hub/negotiate`, { method: 'POST', headers: { origin: evil } });
    assert.deepEqual(cors(answer.headers), [['access-control-allow-origin', '*']]);
  });

  test('a list of headers that is none is not repeated', async t => {
    const { url } = await host(t, hub, { server: { allowedOrigins: [good] } });
    for (const headers of ['a b', 'x'.repeat(2_000), 'a,,b']) {
      const answer = await ask(`${url}/hub`, preflight(good, headers));
      assert.equal(
        answer.headers.get('access-control-allow-headers'),
        'authorization, content-type, x-requested-with, x-signalr-user-agent',
      );
    }
  });
});

describe('redirects (§2)', () => {
  after(leakCheck());

  test('the answer of a redirect, for some and not for others', async t => {
    const { url } = await host(t, hub, {
      endpoint: {
        onNegotiate: async ({ request }) =>
          request.url?.includes('far') ? { url: 'https://other/hub?x=y', accessToken: 'opt' } : undefined,
      },
    });
    const { status, body, headers } = await ask(`${url}/hub/negotiate?negotiateVersion=1&far`, { method: 'POST' });
    assert.deepEqual([status, headers.get('content-type')], [200, 'application/json']);
    assert.equal(
      body,
      '{"negotiateVersion":1,"url":"https://other/hub?x=y","accessToken":"opt","availableTransports":[]}',
    );
    assert.match((await negotiate(`${url}/hub`)).connectionToken, /^[\w-]{63}$/);
  });
});

describe('authentication that ends or is renewed (§10, §13)', () => {
  after(leakCheck());

  const tokens: Record<string, { user: Person; expiresInMs?: number }> = {
    ann: { user: { id: 'ann', role: 'user' } },
    brief: { user: { id: 'ann', role: 'user' }, expiresInMs: 400 },
    hour: { user: { id: 'ann', role: 'admin' }, expiresInMs: 3_600_900 },
    bob: { user: { id: 'bob', role: 'user' } },
  };
  function authorize({ accessToken }: AuthorizationContext<Person>) {
    const known = tokens[accessToken ?? ''];
    if (known === undefined) return { allowed: false, status: 401 } as const;
    const expiresAt = known.expiresInMs === undefined ? undefined : Date.now() + known.expiresInMs;
    return { allowed: true, user: known.user, expiresAt } as const;
  }
  const bearer = (name: string) => ({ authorization: `Bearer ${name}` });
  const endpoint = {
    authorize,
    enableAuthenticationRefresh: true,
    closeOnAuthenticationExpiration: true,
    keepAliveIntervalMs: 50,
  };

  test('§10 closeOnAuthenticationExpiration: a Close message that allows to reconnect', async t => {
    const { url } = await host(t, hub, { endpoint });
    const client = await bareClient(t, `${url}/hub?access_token=brief`);
    client.send(jsonHandshake);
    assert.equal(await client.next(), '{}');
    assert.equal(await client.next(), '{"type":7,"allowReconnect":true}');
    assert.equal((await client.closed).code, 1000);
  });

  test('§10 without it, nothing happens when credentials expire', async t => {
    const { url, hubs } = await host(t, hub, { endpoint: { ...endpoint, closeOnAuthenticationExpiration: false } });
    const client = await bareClient(t, `${url}/hub?access_token=brief`);
    client.send(jsonHandshake);
    const expired = Date.now() + 500;
    await waitFor('the time to pass', () => Date.now() > expired);
    client.send(who);
    assert.equal(await client.next(), '{}');
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":["ann","user"]}');
    assert.equal(hubs.connectionCount, 1);
  });

  test('access_token of the query counts for WebSockets and event streams only (§15.4)', async t => {
    const { url } = await host(t, hub, { endpoint });
    const post = await ask(`${url}/hub/negotiate?negotiateVersion=1&access_token=ann`, { method: 'POST' });
    assert.equal(post.status, 401);
    const target = await negotiated(`${url}/hub`, bearer('ann'));
    assert.equal((await ask(`${target}&access_token=ann`)).status, 401);
    const stream = await eventStream(t, `${target}&access_token=ann`);
    assert.equal(stream.response.statusCode, 200);
  });

  test('§13 negotiate tells the lifetime of the token', async t => {
    const { url } = await host(t, hub, { endpoint });
    const answer = (await negotiate(`${url}/hub`, '?negotiateVersion=1', bearer('hour'))) as object;
    assert.equal((answer as { tokenLifetimeSeconds: number }).tokenLifetimeSeconds, 3_600);
    assert.equal('tokenLifetimeSeconds' in (await negotiate(`${url}/hub`, '', bearer('ann'))), false);
  });

  test('§13 refresh: 200 with id, time and lifetime; the connection outlives its first credentials', async t => {
    const { url } = await host(t, hub, { endpoint });
    const { connectionToken, connectionId } = await negotiate(`${url}/hub`, '?negotiateVersion=1', bearer('brief'));
    const client = await bareClient(t, `${url}/hub?id=${connectionToken}&access_token=brief`);
    client.send(jsonHandshake);
    assert.equal(await client.next(), '{}');
    const target = `${url}/hub/refresh?id=${connectionToken}`;
    const answer = await ask(target, { method: 'POST', headers: bearer('hour') });
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/json']);
    const { refreshedAt, ...rest } = JSON.parse(answer.body) as { refreshedAt: string };
    assert.deepEqual(rest, { connectionId, tokenLifetimeSeconds: 3_600 });
    assert.equal(new Date(refreshedAt).toISOString(), refreshedAt);
    const expired = Date.now() + 500;
    await waitFor('the time to pass', () => Date.now() > expired);
    client.send(who);
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":["ann","admin"]}');
  });

  test('§13 the errors of refresh', async t => {
    const { url } = await host(t, hub, { endpoint });
    const { connectionToken } = await negotiate(`${url}/hub`, '?negotiateVersion=1', bearer('ann'));
    const client = await bareClient(t, `${url}/hub?id=${connectionToken}&access_token=ann`);
    client.send(jsonHandshake);
    assert.equal(await client.next(), '{}');
    const refresh = async (query: string, name: string, method = 'POST') => {
      const { status, body } = await ask(`${url}/hub/refresh${query}`, { method, headers: bearer(name) });
      return [status, body === '' ? '' : (JSON.parse(body) as { error: string }).error];
    };
    assert.deepEqual(await refresh('', 'ann'), [400, 'missing_connection_token']);
    assert.deepEqual(await refresh('?id=nobody', 'ann'), [404, 'connection_not_found']);
    assert.deepEqual(await refresh(`?id=${connectionToken}`, 'nobody'), [401, 'invalid_token']);
    assert.deepEqual(await refresh(`?id=${connectionToken}`, 'bob'), [403, 'identity_changed']);
    assert.deepEqual(await refresh(`?id=${connectionToken}`, 'ann', 'GET'), [405, '']);
    client.send(who);
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":["ann","user"]}');
  });

  test('§13 not mapped at all unless enabled; onAuthenticationRefresh decides', async t => {
    const off = await host(t, hub, { endpoint: { authorize } });
    assert.equal((await ask(`${off.url}/hub/refresh?id=x`, { method: 'POST', headers: bearer('ann') })).status, 404);
    const { url } = await host(t, hub, { endpoint: { ...endpoint, onAuthenticationRefresh: () => true } });
    const { connectionToken } = await negotiate(`${url}/hub`, '?negotiateVersion=1', bearer('ann'));
    await eventStream(t, `${url}/hub?id=${connectionToken}&access_token=ann`);
    const target = `${url}/hub/refresh?id=${connectionToken}`;
    assert.equal((await ask(target, { method: 'POST', headers: bearer('bob') })).status, 200);
  });

  test('§3 a later poll renews the user; that of another user is only reported', async t => {
    const { url, complaints } = await host(t, hub, { endpoint: { authorize } });
    const target = await negotiated(`${url}/hub`, bearer('ann'));
    await ask(target, { headers: bearer('ann') });
    const send = (body: string, name: string) =>
      ask(target, { method: 'POST', body: `${body}\u001e`, headers: bearer(name) });
    await send(jsonHandshake, 'hour');
    await ask(target, { headers: bearer('hour') });
    await send(who, 'bob');
    assert.match((await ask(target, { headers: bearer('hour') })).body, /\["ann","admin"\]/);
    assert.deepEqual(
      complaints.map(({ message }) => message),
      ['a request of this connection was made by another user'],
    );
  });

  test('§1 every request is authorized: a poll without credentials gets 401', async t => {
    const { url } = await host(t, hub, { endpoint: { authorize } });
    const target = await negotiated(`${url}/hub`, bearer('ann'));
    for (const method of ['GET', 'POST', 'DELETE']) assert.equal((await ask(target, { method })).status, 401);
  });
});

describe('signed connection tokens (§11.1)', () => {
  after(leakCheck());
  const connectionTokenSecret = 'a secret of two servers';

  test('a WebSocket is let in by a server that has not negotiated it, by the same id, once', async t => {
    const one = await host(t, hub, { server: { connectionTokenSecret } });
    const two = await host(t, hub, { server: { connectionTokenSecret } });
    const { connectionToken, connectionId } = await negotiate(`${one.url}/hub`);
    const client = await bareHubClient(t, `${two.url}/hub?id=${connectionToken}`);
    client.send(who);
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":[null,null]}');
    assert.equal((await refusedUpgrade(`${two.url}/hub?id=${connectionToken}`)).status, 409);
    assert.equal((await refusedUpgrade(`${two.url}/hub?id=${connectionId}`)).status, 404);
    client.socket.close();
    await waitFor('the end', () => two.hubs.connectionCount === 0);
    assert.equal((await refusedUpgrade(`${two.url}/hub?id=${connectionToken}`)).status, 404);
  });

  test('the other server asks authorize, and knows no negotiated user', async t => {
    const one = await host(t, hub, { server: { connectionTokenSecret } });
    const asked: unknown[] = [];
    const two = await host(t, hub, {
      server: { connectionTokenSecret },
      endpoint: {
        authorize: ({ negotiated: user, step }) => {
          asked.push([step, user]);
          return { allowed: false, status: 401 };
        },
      },
    });
    const { connectionToken } = await negotiate(`${one.url}/hub`);
    assert.equal((await refusedUpgrade(`${two.url}/hub?id=${connectionToken}`)).status, 401);
    assert.deepEqual(asked, [['connect', undefined]]);
  });

  test('no token of another secret, another path, another time, or one that was changed', async t => {
    const one = await host(t, hub, { server: { connectionTokenSecret }, endpoint: { disconnectTimeoutMs: 200 } });
    const stranger = await host(t, hub, { server: { connectionTokenSecret: 'another secret of one' } });
    const two = await host(t, hub, { server: { connectionTokenSecret } });
    two.hubs.map('/other', hub);
    const { connectionToken } = await negotiate(`${one.url}/hub`);
    const refused = async (url: string, token: string) => (await refusedUpgrade(`${url}?id=${token}`)).status;
    assert.equal(await refused(`${stranger.url}/hub`, connectionToken), 404);
    assert.equal(await refused(`${two.url}/other`, connectionToken), 404);
    for (let at = 0; at < connectionToken.length; at += 7) {
      const other = connectionToken[at] === 'A' ? 'B' : 'A';
      const changed = connectionToken.slice(0, at) + other + connectionToken.slice(at + 1);
      assert.equal(await refused(`${two.url}/hub`, changed), 404);
    }
    const expired = Date.now() + 250;
    await waitFor('the token to expire', () => Date.now() > expired);
    assert.equal(await refused(`${two.url}/hub`, connectionToken), 404);
  });

  test('without a secret of its own a server takes only its own tokens; a short secret is refused', async t => {
    const [one, two] = [await host(t, hub), await host(t, hub)];
    const { connectionToken } = await negotiate(`${one!.url}/hub`);
    assert.equal((await refusedUpgrade(`${two!.url}/hub?id=${connectionToken}`)).status, 404);
    await assert.rejects(host(t, hub, { server: { connectionTokenSecret: 'short' } }), { code: 'invalid-option' });
  });
});

describe('drain', () => {
  after(leakCheck());

  test('connections are closed one after the other over the spread, each with leave to reconnect', async t => {
    const { url, hubs } = await host(t, hub);
    const clients = await Promise.all([1, 2, 3, 4].map(() => bareHubClient(t, `${url}/hub`)));
    const order: number[] = [];
    for (const [at, client] of clients.entries()) void client.closed.then(() => order.push(at));
    const counts: number[] = [];
    const drained = hubs.drain({ spreadMs: 400, timeoutMs: 5_000 });
    await waitFor('the last one to be closed', () => {
      if (hubs.connectionCount !== counts.at(-1)) counts.push(hubs.connectionCount);
      return hubs.connectionCount === 0;
    });
    await drained;
    assert.deepEqual(counts, [4, 3, 2, 1, 0]);
    for (const client of clients) assert.equal(await client.next(), '{"type":7,"allowReconnect":true}');
  });

  test('what still runs after timeoutMs is closed all the same; no new connection meanwhile', async t => {
    const { url, hubs } = await host(t, hub);
    const connection = await connected(t, `${url}/hub`);
    const failed = assert.rejects(connection.invoke('never'));
    const drained = hubs.drain({ timeoutMs: 1_500, spreadMs: 0 });
    const asked = [refusedUpgrade(`${url}/hub`), ask(`${url}/hub/negotiate`, { method: 'POST' })];
    for (const { status } of await Promise.all(asked)) assert.equal(status, 503);
    await drained;
    await failed;
    assert.equal(hubs.connectionCount, 0);
  });

  test('what was negotiated before is opened, and drained too', async t => {
    const { url, hubs } = await host(t, hub);
    const running = await connected(t, `${url}/hub`);
    const failed = assert.rejects(running.invoke('never'));
    const { connectionToken } = await negotiate(`${url}/hub`);
    const drained = hubs.drain({ timeoutMs: 500, spreadMs: 0 });
    const late = await bareClient(t, `${url}/hub?id=${connectionToken}`);
    late.send(jsonHandshake);
    await late.closed;
    await Promise.all([drained, failed]);
    assert.equal(hubs.connectionCount, 0);
  });
});
