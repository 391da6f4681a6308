// The loopback port against pages of other sites, other users of the machine and guessing. DESIGN decision 4.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, type TestContext, test } from 'node:test';
import type { AgentStatus } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createHome, type Home } from '../process/home.ts';
import { HubClient } from '../process/hub-client.ts';

after(leakCheck());

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

interface Site {
  readonly home: Home;
  readonly port: number;
  readonly origin: string;
  readonly code: string;
  ask(method: string, path: string, headers?: Record<string, string>, body?: string): Promise<Answer>;
  login(code: string, headers?: Record<string, string>): Promise<Answer>;
  newCode(): Promise<string>;
}

async function openSite(t: TestContext): Promise<Site> {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  const open = async () => new URL((await owner.invoke<{ url: string }>('openDashboard')).url);
  const codeOf = (url: URL) => new URLSearchParams(url.hash.slice(1)).get('code') as string;
  const link = await open();
  const port = Number(link.port);
  const ask: Site['ask'] = async (method, path, headers = {}, body) =>
    await new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false });
      request.on('response', async response => {
        resolve({
          status: response.statusCode as number,
          headers: response.headers,
          body: await text(response).catch(() => ''),
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  return {
    home,
    port,
    origin: link.origin,
    code: codeOf(link),
    ask,
    login: (code, headers = {}) =>
      ask('POST', '/login', { 'content-type': 'application/json', ...headers }, JSON.stringify({ code })),
    newCode: async () => codeOf(await open()),
  };
}

async function tokenOf(site: Site): Promise<string> {
  const answer = await site.login(site.code);
  assert.equal(answer.status, 200);
  return (JSON.parse(answer.body) as { token: string }).token;
}

async function negotiate(site: Site, token: string): Promise<string> {
  const answer = await site.ask('POST', '/agent/negotiate?negotiateVersion=1', { authorization: `Bearer ${token}` });
  assert.equal(answer.status, 200);
  return (JSON.parse(answer.body) as { connectionToken: string }).connectionToken;
}

test('no port is open before the first dashboard; the link has its code in the fragment', async t => {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  assert.equal((await owner.invoke<AgentStatus>('getStatus')).dashboardUrl, null);
  const { url } = await owner.invoke<{ url: string }>('openDashboard');
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#code=[0-9a-f]{64}$/);
  assert.equal((await owner.invoke<AgentStatus>('getStatus')).dashboardUrl, url.replace(/#.*/, ''));
});

test('a foreign Host is answered 421, whatever else is right (DNS rebinding, CVE-2018-5702)', async t => {
  const site = await openSite(t);
  const token = await tokenOf(site);
  for (const host of ['evil.example', `evil.example:${site.port}`, '127.0.0.1', `[::1]:${site.port}`]) {
    const headers = { host, authorization: `Bearer ${token}` };
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/healthz'],
      ['POST', '/login'],
      ['POST', '/agent/negotiate'],
      ['GET', '/metrics'],
    ] as const) {
      assert.equal((await site.ask(method, path, headers)).status, 421, `${host} ${path}`);
    }
  }
  assert.equal((await site.ask('GET', '/healthz', { host: `localhost:${site.port}` })).status, 200);
});

test('a foreign Origin is answered 403, also with a right code and a right token (CSRF)', async t => {
  const site = await openSite(t);
  const token = await tokenOf(site);
  const code = await site.newCode();
  for (const origin of [
    'http://evil.example',
    'null',
    `https://127.0.0.1:${site.port}`,
    `http://localhost:${site.port}`,
  ]) {
    assert.equal((await site.login(code, { origin })).status, 403, origin);
    const headers = { origin, authorization: `Bearer ${token}` };
    assert.equal((await site.ask('POST', '/agent/negotiate', headers)).status, 403, origin);
    assert.equal(
      (await site.ask('OPTIONS', '/login', { origin, 'access-control-request-method': 'POST' })).status,
      403,
      origin,
    );
  }
  const foreignPage = await site.login(code, { 'sec-fetch-site': 'cross-site' });
  assert.equal(foreignPage.status, 403);
  const answer = await site.login(code, { origin: site.origin });
  assert.equal(answer.status, 200, 'the code was not used up by the refused ones');
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
});

test('without a session everything but the page, its health and the login is 401', async t => {
  const site = await openSite(t);
  for (const [method, path] of [
    ['GET', '/metrics'],
    ['POST', '/agent/negotiate'],
    ['GET', '/agent'],
    ['GET', '/anything'],
    ['DELETE', '/agent'],
    ['GET', '/..%2f..%2fetc/passwd'],
  ] as const) {
    const answer = await site.ask(method, path);
    assert.equal(answer.status, 401, path);
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
  }
  assert.deepEqual((await site.ask('GET', '/healthz')).body, '{"status":"ok"}');
  const token = await tokenOf(site);
  assert.equal((await site.ask('GET', `/metrics?access_token=${token}`)).status, 401, 'no token in URLs');
  assert.equal((await site.ask('GET', '/nothing', { authorization: `Bearer ${token}` })).status, 404);
});

test('with a token /metrics tells the transfers by status in the Prometheus format', async t => {
  const site = await openSite(t);
  const answer = await site.ask('GET', '/metrics', { authorization: `Bearer ${await tokenOf(site)}` });
  assert.equal(answer.status, 200, answer.body);
  assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  assert.match(answer.body, /^longhaul_transfers\{status="running"\} 0$/m);
  assert.match(answer.body, /^# TYPE longhaul_process_cpu_seconds_total counter$/m);
  assert.match(answer.body, /^longhaul_process_memory_bytes \d+$/m);
});

test('the tokens of the Unix socket open nothing on the loopback port', async t => {
  const site = await openSite(t);
  const { readOwnerToken } = await import('../../src/launch/index.ts');
  const owner = readOwnerToken(site.home.paths) as string;
  assert.equal((await site.ask('POST', '/agent/negotiate', { authorization: `Bearer ${owner}` })).status, 401);
});

test('a link works once, and not with a code that was never given', async t => {
  const site = await openSite(t);
  assert.equal((await site.login('0'.repeat(64))).status, 401);
  const first = await site.login(site.code);
  assert.equal(first.status, 200);
  assert.deepEqual(Object.keys(JSON.parse(first.body) as object).toSorted(), ['role', 'token']);
  assert.equal((await site.login(site.code)).status, 401);
});

test('guessing closes the login, also for the right code, until the owner asks for a new link', async t => {
  const site = await openSite(t);
  for (let guess = 0; guess < 10; guess++) assert.equal((await site.login(`guess ${guess}`)).status, 401);
  const closed = await site.login(site.code);
  assert.equal(closed.status, 429);
  assert.ok(Number(closed.headers['retry-after']) > 0);
  assert.equal((await site.login(await site.newCode())).status, 200);
});

test('a login that is no JSON, too long or misshapen is refused', async t => {
  const site = await openSite(t);
  const body = JSON.stringify({ code: site.code });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
    assert.equal((await site.ask('POST', '/login', { 'content-type': type }, body)).status, 415, type);
  }
  const json = { 'content-type': 'application/json' };
  assert.equal((await site.ask('POST', '/login', json, `{"code":"${'x'.repeat(10_000)}"}`)).status, 413);
  for (const wrong of ['', '{', 'null', '[]', '{}', '{"code":7}', '{"code":"a","more":1}']) {
    assert.equal((await site.ask('POST', '/login', json, wrong)).status, 400, wrong);
  }
  assert.equal((await site.ask('GET', '/login')).status, 405);
  assert.equal((await site.login(site.code)).status, 200);
});

test('a body without end is not waited for', async t => {
  const site = await openSite(t);
  const socket = connect(site.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `POST /login HTTP/1.1\r\nHost: 127.0.0.1:${site.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  let isOver = false;
  socket.on('close', () => {
    isOver = true;
  });
  socket.resume();
  await waitFor('the port to close it', () => {
    if (!isOver) socket.write(`400\r\n${'x'.repeat(1_024)}\r\n`);
    return isOver;
  });
});

test('the page comes closed to framing, sniffing, caches and foreign content', async t => {
  const site = await openSite(t);
  const page = await site.ask('GET', '/');
  assert.ok(page.status === 200 || page.status === 503, 'built or not');
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
  assert.equal(page.headers['x-frame-options'], 'DENY');
  assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/);
  assert.equal((await site.ask('POST', '/')).status, 405);
  assert.equal(
    (await site.ask('GET', '/', { 'sec-fetch-site': 'cross-site' })).status,
    page.status,
    'a link from elsewhere opens the page',
  );
  if (page.status === 503) return t.skip('the dashboard is not built: its own files were not looked at');
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /default-src 'self'/);
  assert.match(policy, new RegExp(`connect-src 'self' ws://127\\.0\\.0\\.1:${site.port}(;|$)`));
  const script = /src="\.?(\/assets\/[^"]+)"/.exec(page.body)?.[1];
  assert.ok(script);
  const file = await site.ask('GET', script);
  assert.equal(file.status, 200);
  assert.match(String(file.headers['content-type']), /javascript/);
  assert.equal((await site.ask('GET', `/assets/..${script}`)).status, 401);
});

test('a WebSocket needs the page`s own Origin and the single-use token of an authenticated negotiation', async t => {
  const site = await openSite(t);
  const token = await tokenOf(site);
  const dial = async (id: string, headers: Record<string, string>) => {
    const client = await HubClient.connect(`ws://127.0.0.1:${site.port}/agent?id=${id}`, headers);
    t.after(() => client.close());
    return client;
  };
  const good = { origin: site.origin };
  await assert.rejects(dial(await negotiate(site, token), { origin: 'http://evil.example' }), /HTTP 403/);
  await assert.rejects(dial(await negotiate(site, token), {}), /HTTP 403/);
  await assert.rejects(dial(await negotiate(site, token), { ...good, host: 'evil.example' }), /HTTP 421/);
  await assert.rejects(dial('made-up', good), /HTTP 401/);
  await assert.rejects(dial('', good), /HTTP 401/);
  const id = await negotiate(site, token);
  const client = await dial(id, good);
  assert.deepEqual(await client.invoke('watchTransfers'), []);
  await assert.rejects(dial(id, good), /HTTP 4\d\d/);
  client.close();
  await client.closed;
  await assert.rejects(dial(id, good), /HTTP 4\d\d/);
});

test('a connection token of one door does not open the other', async t => {
  const site = await openSite(t);
  const token = await tokenOf(site);
  const id = await negotiate(site, token);
  await assert.rejects(HubClient.connect(`ws+unix:${site.home.paths.socketPath}:/agent?id=${id}`, {}), /HTTP 401/);
});

test('a dashboard observes and controls; it cannot create, register, stop or let others in', async t => {
  const site = await openSite(t);
  const id = await negotiate(site, await tokenOf(site));
  const page = await HubClient.connect(`ws://127.0.0.1:${site.port}/agent?id=${id}`, { origin: site.origin });
  t.after(() => page.close());
  const request = { id: crypto.randomUUID(), url: 'http://127.0.0.1:9/x', file: `${site.home.folder}/x` };
  const forbidden: [string, ...unknown[]][] = [
    ['createDownload', request],
    ['startTransfer', request.id],
    ['openDashboard'],
    ['registerApp', { id: 'com.example.a' }],
    ['unregisterApp', 'com.example.a'],
    ['listApps'],
    ['stopAgent'],
    ['restartAgent'],
  ];
  for (const [verb, ...args] of forbidden)
    await assert.rejects(page.invoke(verb, ...args), { code: 'access-denied' }, verb);
  const owner = await site.home.owner();
  await owner.invoke('createDownload', request);
  await assert.rejects(page.invoke('removeTransfer', request.id), { code: 'access-denied' });
  await page.invoke('cancelTransfer', request.id);
  await page.invoke('removeTransfer', request.id);
  assert.deepEqual(await page.invoke('listTransfers'), []);
});

test('many idle connections to the port are bounded and do not reach the Unix socket', async t => {
  const site = await openSite(t);
  const sockets = Array.from({ length: 160 }, () =>
    connect(site.port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await waitFor(
    'the port to refuse more',
    () => sockets.filter(socket => socket.destroyed || socket.readableEnded).length >= 32,
  );
  assert.equal((await (await site.home.owner()).invoke<AgentStatus>('getStatus')).running, true);
});
