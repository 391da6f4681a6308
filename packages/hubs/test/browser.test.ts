// The official client in Chromium, over every transport: on a page of the hub's own origin, on a page of another origin with
// credentials, and in a web worker.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type AuthorizationContext, defineHub, type HubUser } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Host, host } from './host.ts';

const executablePath = '/usr/bin/chromium';
/** Why no browser test can run here; `false` when they can. */
const noBrowser: string | false = existsSync(executablePath)
  ? false
  : `${executablePath} is missing (apt-get install chromium)`;

const scriptOf = (build: string) =>
  readFileSync(fileURLToPath(import.meta.resolve('@microsoft/signalr/package.json')).replace('package.json', build));

interface Client {
  note(text: string): void;
  question(n: number): number;
}

const hub = defineHub<Client, HubUser>()({
  methods: {
    add: (_call, a: number, b: number) => a + b,
    who: call => call.userIdentifier ?? null,
    tellAll: (call, text: string) => call.clients.all.note(text),
    ask: (call, n: number) => call.clients.caller.invoke.question(n),
    async *count(_call, to: number) {
      for (let n = 0; n < to; n += 1) yield n;
    },
    async upload(_call, words: AsyncIterable<string>) {
      const all: string[] = [];
      for await (const word of words) all.push(word);
      return all.join(' ');
    },
  },
});

/** By a token, or by the cookie that the page was given. */
function authorize({ accessToken, request, negotiated }: AuthorizationContext) {
  const name = accessToken ?? /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? negotiated?.id;
  return name === undefined
    ? ({ allowed: false, status: 401 } as const)
    : ({ allowed: true, user: { id: name } } as const);
}

/** What every page and worker does with the client, as text: it runs in the browser. */
const scenario = `async function scenario(signalR, url, transport, options) {
  const connection = new signalR.HubConnectionBuilder().withUrl(url, { transport, ...options })
    .configureLogging(signalR.LogLevel.None).build();
  const notes = [];
  let noted;
  const first = new Promise(resolve => { noted = resolve; });
  connection.on('note', text => { notes.push(text); noted(); });
  connection.on('question', n => n + 1);
  await connection.start();
  const items = [];
  await new Promise((resolve, reject) => connection.stream('count', 5)
    .subscribe({ next: item => items.push(item), error: reject, complete: resolve }));
  const words = new signalR.Subject();
  const uploaded = connection.invoke('upload', words);
  words.next('a'); words.next('b'); words.complete();
  await connection.invoke('tellAll', 'é');
  await first;
  const result = {
    sum: await connection.invoke('add', 1, 2), who: await connection.invoke('who'), asked: await connection.invoke('ask', 20),
    items, notes, uploaded: await uploaded,
  };
  await connection.stop();
  return result;
}`;
const worker = `importScripts('/signalr-worker.js');
${scenario}
onmessage = async ({ data }) => {
  try { postMessage({ result: await scenario(signalR, data.url, data.transport, data.options) }); }
  catch (error) { postMessage({ error: String(error) }); }
};`;

const files: Readonly<Record<string, readonly [type: string, content: string | Buffer]>> = {
  '/': ['text/html; charset=utf-8', `<!doctype html><script src="/signalr.js"></script><script>${scenario}</script>`],
  '/signalr.js': ['text/javascript', scriptOf('dist/browser/signalr.js')],
  '/signalr-worker.js': ['text/javascript', scriptOf('dist/webworker/signalr.js')],
  '/worker.js': ['text/javascript', worker],
};

/** The page, its scripts, and a cookie that is good for every port of this host. */
const pages: RequestListener = (request, response) => {
  const file = files[request.url ?? ''];
  response.setHeader('Set-Cookie', 'session=cookie; Path=/');
  if (file === undefined) response.writeHead(404).end();
  else response.setHeader('Content-Type', file[0]).end(file[1]);
};

const expected = (who: string) => ({
  sum: 3,
  who,
  asked: 21,
  items: [0, 1, 2, 3, 4],
  notes: ['é'],
  uploaded: 'a b',
});

const transports = [
  ['WebSockets', 1],
  ['ServerSentEvents', 2],
  ['LongPolling', 4],
] as const;

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

  async function open(t: TestContext, url: string): Promise<Page> {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${url}/`);
    return page;
  }

  const run = (page: Page, url: string, transport: number, token?: string): Promise<unknown> =>
    page.evaluate(
      ({ url, transport, token }) => {
        const { scenario, signalR } = globalThis as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
        const options = token === undefined ? {} : { accessTokenFactory: () => token };
        return scenario!(signalR, url, transport, options);
      },
      { url, transport, token },
    );

  const ends = (served: Host) => waitFor('the connections to end', () => served.hubs.connectionCount === 0);

  for (const [name, transport] of transports) {
    test(`${name} on a page of the hub's own origin, by its cookie`, async t => {
      const served = await host(t, hub, { listener: pages, endpoint: { authorize } });
      const page = await open(t, served.url);
      assert.deepEqual(await run(page, '/hub', transport), expected('cookie'));
      await ends(served);
    });

    test(`${name} on a page of another origin, with credentials and with a token (§15.2, §15.3, §15.4)`, async t => {
      const site = await host(t, hub, { listener: pages });
      const served = await host(t, hub, { server: { allowedOrigins: [site.url] }, endpoint: { authorize } });
      const page = await open(t, site.url);
      assert.deepEqual(await run(page, `${served.url}/hub`, transport), expected('cookie'));
      assert.deepEqual(await run(page, `${served.url}/hub`, transport, 'ann'), expected('ann'));
      await ends(served);
      await ends(site);
    });

    test(`${name} in a web worker`, async t => {
      const served = await host(t, hub, { listener: pages, endpoint: { authorize } });
      const page = await open(t, served.url);
      const answer = await page.evaluate(
        ({ url, transport }) =>
          new Promise(resolve => {
            const thread = new Worker('/worker.js');
            thread.onmessage = ({ data }) => resolve(data);
            thread.postMessage({ url, transport, options: {} });
          }),
        { url: `${served.url}/hub`, transport },
      );
      assert.deepEqual(answer, { result: expected('cookie') });
      await ends(served);
    });
  }

  test('a page of an origin that is not allowed reaches nothing, over no transport', async t => {
    const site = await host(t, hub, { listener: pages });
    for (const allowedOrigins of [undefined, ['https://good.example']]) {
      const server = allowedOrigins === undefined ? {} : { allowedOrigins };
      const served = await host(t, hub, { server, endpoint: { authorize } });
      const page = await open(t, site.url);
      await assert.rejects(run(page, `${served.url}/hub`, 7), /Failed to fetch|Failed to complete negotiation/);
      assert.equal(served.hubs.connectionCount, 0);
    }
  });
});
