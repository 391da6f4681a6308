// The official client in Chromium, by every transport in every protocol: on a page of the hub's own origin, over HTTP/1.1 and
// HTTP/2, on a page of another origin with credentials, and in a web worker.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import { HttpTransportType } from '@microsoft/signalr';
import { type Browser, chromium, type Page } from 'playwright-core';
import { authorize, createApp } from './app.ts';
import { certificate, noTls } from './certificate.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { type Host, host } from './host.ts';
import { type Way, ways } from './official-client.ts';

const executablePath = '/usr/bin/chromium';
/** Why no browser test can run here; `false` when they can. */
const noBrowser: string | false = existsSync(executablePath)
  ? false
  : `${executablePath} is missing (apt-get install chromium)`;

const scriptOf = (name: string, build: string) =>
  readFileSync(path.join(path.dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`))), build));

/** What every page and worker does with the client, as text: it runs in the browser. */
const scenario = `async function scenario(signalR, { url, transport, isBinary, token }) {
  const options = token === undefined ? { transport } : { transport, accessTokenFactory: () => token };
  const builder = new signalR.HubConnectionBuilder().withUrl(url, options).configureLogging(signalR.LogLevel.None);
  if (isBinary) builder.withHubProtocol(new signalR.protocols.msgpack.MessagePackHubProtocol());
  const connection = builder.build();
  const notes = [];
  let noted;
  const first = new Promise(resolve => { noted = resolve; });
  connection.on('note', text => { notes.push(text); noted(); });
  connection.on('question', n => n + 1);
  await connection.start();
  const items = [];
  await new Promise((resolve, reject) => connection.stream('count', 5)
    .subscribe({ next: item => items.push(item), error: reject, complete: resolve }));
  await new Promise(resolve => {
    const subscription = connection.stream('forever').subscribe({
      next: n => { if (n === 3) { subscription.dispose(); resolve(); } }, error: () => {}, complete: () => {},
    });
  });
  const words = new signalR.Subject();
  const uploaded = connection.invoke('upload', '>', words);
  words.next('a'); words.next('b'); words.complete();
  await connection.invoke('tellAll', 'é');
  await first;
  const failure = await connection.invoke('fail').catch(error => error.message);
  const bytes = isBinary ? await connection.invoke('echo', Uint8Array.of(0, 255)) : undefined;
  const result = {
    sum: await connection.invoke('add', 1, 2), who: await connection.invoke('who'), asked: await connection.invoke('ask', 20),
    items, notes, uploaded: await uploaded, failure: failure.split('\\n')[0], version: await connection.invoke('version'),
    bytes: bytes === undefined ? 'none' : bytes instanceof Uint8Array ? [...bytes].join() : typeof bytes,
  };
  await connection.stop();
  return result;
}`;
/** A connection that is kept on its page, to be cut from here. */
const journey = `async function journey(signalR, { url, transport, isBinary, isStateful }) {
  const builder = new signalR.HubConnectionBuilder().withUrl(url, { transport, headers: { 'x-tenant': '7' } })
    .configureLogging(signalR.LogLevel.None);
  if (isBinary) builder.withHubProtocol(new signalR.protocols.msgpack.MessagePackHubProtocol());
  if (isStateful) builder.withStatefulReconnect(); else builder.withAutomaticReconnect([0, 0, 0]);
  const connection = builder.build();
  const state = globalThis.state = { connection, notes: [], sent: 0, isDone: false };
  connection.on('note', value => state.notes.push(value));
  connection.onclose(error => { state.closed = String(error); });
  connection.onreconnected(() => { state.isBack = true; });
  await connection.start();
  return connection.connectionId;
}
async function talk() {
  const { state } = globalThis;
  while (!state.isDone) {
    // Never much under way: the test is about cuts, not about volume.
    if (state.sent - state.notes.length < 50) void state.connection.send('tellAll', state.sent++).catch(() => {});
    await new Promise(resolve => setTimeout(resolve));
  }
}`;
const worker = `importScripts('/signalr-worker.js', '/messagepack.js');
${scenario}
onmessage = async ({ data }) => {
  try { postMessage({ result: await scenario(signalR, data) }); }
  catch (error) { postMessage({ error: String(error) }); }
};`;

const page = `<!doctype html><script src="/signalr.js"></script><script src="/messagepack.js"></script>
<script>${scenario}
${journey}</script>`;
const files: Readonly<Record<string, readonly [type: string, content: string | Buffer]>> = {
  '/': ['text/html; charset=utf-8', page],
  '/signalr.js': ['text/javascript', scriptOf('@microsoft/signalr', 'dist/browser/signalr.js')],
  '/signalr-worker.js': ['text/javascript', scriptOf('@microsoft/signalr', 'dist/webworker/signalr.js')],
  '/messagepack.js': [
    'text/javascript',
    scriptOf('@microsoft/signalr-protocol-msgpack', 'dist/browser/signalr-protocol-msgpack.js'),
  ],
  '/worker.js': ['text/javascript', worker],
};

/** The page, its scripts, and a cookie that is good for every port of this host. */
const pages: RequestListener = (request, response) => {
  const file = files[request.url ?? ''];
  response.setHeader('Set-Cookie', 'session=cookie; Path=/');
  if (file !== undefined) response.setHeader('Content-Type', file[0]);
  else response.statusCode = 404;
  response.end(file?.[1]);
};

/** What the page keeps of its journey. */
interface State {
  readonly connection: {
    connectionId: string;
    state: string;
    invoke(method: string): Promise<unknown>;
    stop(): Promise<void>;
  };
  readonly notes: readonly unknown[];
  readonly sent: number;
  readonly isBack?: boolean;
  readonly closed?: string;
  isDone: boolean;
}
type Window = {
  state: State;
  signalR: unknown;
  journey(signalR: unknown, job: unknown): Promise<string>;
  talk(): void;
};

interface Job {
  readonly url: string;
  readonly transport: number;
  readonly isBinary: boolean;
  readonly token?: string;
}

const isBinary = ({ createProtocol }: Way): boolean => createProtocol().name === 'messagepack';

const expected = (way: Way, who: string, version = '1.1') => ({
  sum: 3,
  who,
  asked: 21,
  items: [0, 1, 2, 3, 4],
  notes: ['é'],
  uploaded: '> a b',
  failure: "An unexpected error occurred invoking 'fail' on the server. HubException: no such thing",
  version,
  bytes: isBinary(way) ? '0,255' : 'none',
});

describe('the official client in Chromium', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch({
      executablePath,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
  });
  after(async () => {
    await browser?.close();
  });
  after(leakCheck());

  const { hub, ended } = createApp();

  async function open(t: TestContext, url: string): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${url}/`);
    return page;
  }

  const run = (page: Page, url: string, way: Way, token?: string): Promise<unknown> => {
    const job: Job = {
      url,
      transport: way.transport,
      isBinary: isBinary(way),
      ...(token === undefined ? {} : { token }),
    };
    return page.evaluate(given => {
      const { scenario, signalR } = globalThis as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
      return scenario!(signalR, given);
    }, job);
  };

  const depart = (page: Page, url: string, way: Way, isStateful = false): Promise<string> =>
    page.evaluate(
      given => {
        const { journey, signalR } = globalThis as unknown as Window;
        return journey(signalR, given);
      },
      { url, transport: way.transport, isBinary: isBinary(way), isStateful },
    );

  const ends = (served: Host) => waitFor('the connections to end', () => served.hubs.connectionCount === 0);

  for (const way of ways) {
    test(`${way.name} on a page of the hub's own origin, by its cookie`, async t => {
      const served = await host(t, hub, { listener: pages, endpoint: { authorize } });
      ended.length = 0;
      assert.deepEqual(await run(await open(t, served.url), '/hub', way), expected(way, 'cookie'));
      await ends(served);
      await waitFor('the canceled stream to end', () => ended.includes('forever'));
    });

    test(`${way.name} over HTTP/2`, { skip: noTls }, async t => {
      const served = await host(t, hub, { tls: certificate(), listener: pages, endpoint: { authorize } });
      assert.deepEqual(await run(await open(t, served.url), '/hub', way), expected(way, 'cookie', '2.0'));
      await ends(served);
    });

    test(`${way.name} on a page of another origin, with credentials and with a token (§15.2, §15.3, §15.4)`, async t => {
      const site = await host(t, hub, { listener: pages });
      const served = await host(t, hub, { server: { allowedOrigins: [site.url] }, endpoint: { authorize } });
      const page = await open(t, site.url);
      assert.deepEqual(await run(page, `${served.url}/hub`, way), expected(way, 'cookie'));
      assert.deepEqual(await run(page, `${served.url}/hub`, way, 'ann'), expected(way, 'ann'));
      await ends(served);
      await ends(site);
    });

    test(`${way.name} in a web worker`, async t => {
      const served = await host(t, hub, { listener: pages, endpoint: { authorize } });
      const page = await open(t, served.url);
      const job: Job = { url: `${served.url}/hub`, transport: way.transport, isBinary: isBinary(way) };
      const answer = await page.evaluate(
        given =>
          new Promise(resolve => {
            const thread = new Worker('/worker.js');
            thread.onmessage = ({ data }) => resolve(data);
            thread.postMessage(given);
          }),
        job,
      );
      assert.deepEqual(answer, { result: expected(way, 'cookie') });
      await ends(served);
    });
  }

  for (const way of ways) {
    test(`${way.name}: redirected at negotiate, with a header of its own; comes back when it was cut off`, async t => {
      let elsewhere = '';
      const site = await host(t, hub, {
        listener: pages,
        endpoint: { onNegotiate: () => ({ url: `${elsewhere}/hub?tenant=7`, accessToken: 'ann' }) },
      });
      const seen: unknown[] = [];
      const target = await host(t, hub, {
        server: { allowedOrigins: [site.url] },
        endpoint: {
          disconnectTimeoutMs: 1_000,
          authorize: context => {
            if (context.step === 'negotiate') seen.push(context.request.headers['x-tenant']);
            return authorize(context);
          },
        },
      });
      elsewhere = target.url;
      const page = await open(t, site.url);
      const before = await depart(page, '/hub', way);
      for (const socket of target.sockets) socket.destroy();
      // Chromium itself repeats a poll whose connection was cut; the client hears of it or not.
      if (way.transport !== HttpTransportType.LongPolling)
        await page.waitForFunction(() => (globalThis as unknown as Window).state.isBack === true);
      await page.waitForFunction(async () => {
        const { connection } = (globalThis as unknown as Window).state;
        return connection.state === 'Connected' && (await connection.invoke('who').catch(() => undefined)) === 'ann';
      });
      const after = await page.evaluate(async () => {
        const { connection } = (globalThis as unknown as Window).state;
        const about = [connection.connectionId, await connection.invoke('who'), await connection.invoke('where')];
        await connection.stop();
        return about;
      });
      if (way.transport !== HttpTransportType.LongPolling) assert.notEqual(after[0], before);
      assert.equal(after[1], 'ann');
      assert.match(String(after[2]), /^\/hub\?tenant=7&id=/);
      assert.deepEqual([...new Set(seen)], ['7']);
      await ends(target);
    });
  }

  for (const way of ways.filter(each => each.transport === HttpTransportType.WebSockets)) {
    test(`§9 ${way.name}: stateful reconnect, cut at random: nothing lost, nothing twice, in order`, async t => {
      const random = seededRandom();
      const served = await host(t, hub, { listener: pages, endpoint: { allowStatefulReconnects: true } });
      const proxy = await cuttingProxy(t, served.url);
      const page = await open(t, proxy.url);
      const id = await depart(page, '/hub', way, true);
      await page.evaluate(() => void (globalThis as unknown as Window).talk());
      for (let cuts = 0; cuts < 5; cuts += 1) {
        const more = 1 + random.below(40);
        const heard = await page.evaluate(() => (globalThis as unknown as Window).state.notes.length);
        await page.waitForFunction(
          least => (globalThis as unknown as Window).state.notes.length >= least,
          heard + more,
        );
        const { accepted } = proxy;
        proxy.cut();
        // It tries once for each loss (§9.4): not to be cut again before it is back.
        await waitFor('the client to be back', () => proxy.accepted > accepted);
        await page.waitForFunction(() => {
          const { connection } = (globalThis as unknown as Window).state;
          const { _messageBuffer } = connection as unknown as { _messageBuffer: { _reconnectInProgress: boolean } };
          return !_messageBuffer._reconnectInProgress;
        });
      }
      await page.evaluate(() => {
        (globalThis as unknown as Window).state.isDone = true;
      });
      await page.waitForFunction(() => {
        const { notes, sent } = (globalThis as unknown as Window).state;
        return notes.length >= sent;
      });
      const { notes, ...rest } = await page.evaluate(() => {
        const { notes, sent, closed = null, connection } = (globalThis as unknown as Window).state;
        return { notes, sent, closed, id: connection.connectionId, state: connection.state };
      });
      assert.deepEqual(notes, [...Array(rest.sent).keys()], `seed ${random.seed}`);
      assert.deepEqual(rest, { sent: notes.length, closed: null, id, state: 'Connected' });
      t.diagnostic(`seed ${random.seed}: ${proxy.cuts} cuts, ${notes.length} messages each way`);
      await page.evaluate(() => (globalThis as unknown as Window).state.connection.stop());
      await ends(served);
    });
  }

  test('a page of an origin that is not allowed reaches nothing, over no transport', async t => {
    const site = await host(t, hub, { listener: pages });
    for (const allowedOrigins of [undefined, ['https://good.example']]) {
      const server = allowedOrigins === undefined ? {} : { allowedOrigins };
      const served = await host(t, hub, { server, endpoint: { authorize } });
      const page = await open(t, site.url);
      const { WebSockets, ServerSentEvents, LongPolling } = HttpTransportType;
      const any: Way = { ...ways[0]!, transport: WebSockets | ServerSentEvents | LongPolling };
      await assert.rejects(run(page, `${served.url}/hub`, any), /Failed to fetch|Failed to complete negotiation/);
      assert.equal(served.hubs.connectionCount, 0);
    }
  });
});
