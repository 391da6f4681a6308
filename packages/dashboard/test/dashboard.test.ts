// The built page in a real browser against a real agent: what a person sees and what a click does.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { bodyOf, type Origin, startOrigin } from '@longhaul/testing/origin';
import type { Browser, BrowserContextOptions, Locator, Page, WebSocketRoute } from 'playwright-core';
import { buildDashboard } from '../../../scripts/build.ts';
import { AgentUnderTest } from './agent-under-test.ts';
import { launchBrowser, noBrowser } from './browser.ts';

const KiB = 1024;

describe('the dashboard', { skip: noBrowser }, () => {
  const left = new AsyncDisposableStack();
  let browser: Browser;
  let agent: AgentUnderTest;
  /** Long enough to be looked at: 200 KiB a second. */
  let slow: Origin;
  let fast: Origin;

  before(async () => {
    assert.ok(buildDashboard(), 'the page could not be built');
    // One after the other: what has been started is ended also where the next one fails.
    browser = left.adopt(await launchBrowser(), it => it.close());
    agent = left.use(await AgentUnderTest.start());
    slow = left.use(await startOrigin(200 * KiB));
    fast = left.use(await startOrigin(20_000 * KiB));
  });

  after(() => left.disposeAsync());

  /** A tab of its own; disposing closes it and fails when the page complained about anything but refused requests. */
  async function openTab(url: string, options: BrowserContextOptions = {}, prepare?: (page: Page) => Promise<void>) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const complaints: string[] = [];
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('console', message => {
      if (message.type() === 'error' && !/^Failed to load resource|^WebSocket connection to/.test(message.text())) {
        complaints.push(message.text());
      }
    });
    await prepare?.(page);
    await page.goto(url);
    return {
      page,
      async [Symbol.asyncDispose]() {
        await context.close();
        assert.deepEqual(complaints, []);
      },
    };
  }

  const openPage = async (options?: BrowserContextOptions, prepare?: (page: Page) => Promise<void>) =>
    openTab(await agent.link(), options, prepare);

  const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
  const rowOf = (page: Page, id: string, status = ''): Locator =>
    page.locator(`.transfer[data-id="${id}"]${status && `[data-status="${status}"]`}`);
  const button = (row: Locator, name: string) => row.getByRole('button', { name: new RegExp(`^${name}`) });
  const isTrue = (what: string, condition: () => Promise<boolean>) =>
    waitFor(what, condition, { timeoutMs: 15_000, everyMs: 25 });
  const hasTitle = (page: Page, title: string) =>
    isTrue(`the title "${title}"`, async () => (await page.title()) === title);

  async function removeAll(): Promise<void> {
    for (const { id } of await agent.call('listTransfers')) await agent.call('removeTransfer', id);
  }

  test('an empty page says how to start, and the code has left the address', async () => {
    await using tab = await openPage();
    await tab.page.getByRole('heading', { name: 'Nothing on the road' }).waitFor();
    await shows(tab.page, /^longhaul download https:/);
    await hasTitle(tab.page, 'Longhaul');
    assert.equal(new URL(tab.page.url()).hash, '');
    const stored = await tab.page.evaluate(
      '[localStorage.length, sessionStorage.length, document.cookie, history.length <= 2]',
    );
    assert.deepEqual(stored, [0, 0, '', true]);
    await shows(tab.page, /^Agent .* Transfers go on when this page is closed\.$/);
  });

  test('the token never stands in an address', async () => {
    const addresses: string[] = [];
    let token = '';
    await using tab = await openPage({}, async page => {
      page.on('request', request => addresses.push(request.url()));
      page.on('websocket', socket => addresses.push(socket.url()));
      page.on('response', async response => {
        if (response.url().endsWith('/login')) token = (await response.json()).token;
      });
    });
    await tab.page.getByText('Live', { exact: true }).waitFor();
    await waitFor('the token', () => token);
    assert.ok(addresses.some(address => address.startsWith('ws://')));
    assert.deepEqual(
      addresses.filter(address => address.includes(token) || address.includes('code=')),
      [],
    );
  });

  test('a used link and no link at all lead to a page that names the command', async () => {
    const link = await agent.link();
    {
      await using first = await openTab(link);
      await first.page.getByText('Live', { exact: true }).waitFor();
      await first.page.reload();
      await first.page.getByRole('heading', { name: 'This page opens with a link' }).waitFor();
    }
    await using second = await openTab(link);
    await second.page.getByRole('heading', { name: 'This link is no longer good' }).waitFor();
    assert.equal(await second.page.locator('code').textContent(), 'longhaul dashboard');
    assert.equal(await second.page.locator('.rows').count(), 0);
  });

  test('a download appears by itself, its bar moves, and it ends completed', async () => {
    await using tab = await openPage();
    await tab.page.getByRole('heading', { name: 'Nothing on the road' }).waitFor();
    const { id } = await agent.download(`${slow.url}/moving?size=${600 * KiB}`, 'moving.bin');
    const row = rowOf(tab.page, id);
    await row.waitFor();
    const bar = row.getByRole('progressbar');
    const seen = new Set<string | null>();
    await isTrue('three positions of the bar', async () => {
      if ((await rowOf(tab.page, id, 'running').count()) > 0) seen.add(await bar.getAttribute('aria-valuenow'));
      seen.delete(null);
      return seen.size >= 3;
    });
    await rowOf(tab.page, id, 'completed').waitFor();
    assert.equal(await bar.getAttribute('aria-valuenow'), '100');
    assert.match((await row.textContent()) ?? '', /moving\.bin.*127\.0\.0\.1:\d+.*Completed.*600 KiB/);
    assert.deepEqual(await readFile(path.join(agent.folder, 'moving.bin')), bodyOf('moving', 600 * KiB));
    await hasTitle(tab.page, '1 finished – Longhaul');
    await isTrue('the screen reader to be told', async () =>
      ((await tab.page.getByRole('status').textContent()) ?? '').includes('moving.bin: completed.'),
    );
    await button(row, 'Remove').click();
    await row.waitFor({ state: 'detached' });
    assert.deepEqual(await agent.call('listTransfers'), []);
  });

  test('pause, resume, cancel and remove by click and by keyboard', async () => {
    await using tab = await openPage();
    const { page } = tab;
    const { id } = await agent.download(`${slow.url}/clicks?size=${8192 * KiB}`, 'clicks.bin');
    await shows(page, /KiB\/s$/);
    await shows(page, / left$/);
    await hasTitle(page, '1 running – Longhaul');

    await button(rowOf(page, id, 'running'), 'Pause').click();
    const paused = rowOf(page, id, 'paused-by-application');
    await paused.waitFor();
    assert.equal((await agent.call('getTransfer', id)).status, 'paused-by-application');
    assert.equal(await page.locator('section[data-group="paused"] h2').textContent(), 'Paused 1');
    assert.equal(await button(paused, 'Pause').count(), 0);

    // The row has moved to another group: the keyboard's place has moved with it.
    await button(paused, 'Resume').focus();
    await page.keyboard.press('Enter');
    await rowOf(page, id, 'running').waitFor();
    await isTrue('the focus on a button of the row', async () =>
      page.evaluate(`document.activeElement?.closest('.transfer')?.dataset.id === '${id}'`),
    );
    await shows(page, 'Downloading');

    await button(rowOf(page, id), 'Cancel').click();
    await rowOf(page, id, 'canceled').waitFor();
    assert.equal((await agent.call('getTransfer', id)).status, 'canceled');
    assert.equal(await button(rowOf(page, id), 'Cancel').count(), 0);
    await button(rowOf(page, id), 'Remove').click();
    await page.getByRole('heading', { name: 'Nothing on the road' }).waitFor();
  });

  test('a failure stands there in words, with what helps', async () => {
    await using server = createServer((_, response) => void response.writeHead(404).end());
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gone?token=secret`;
    const { id } = await agent.download(url, 'gone.bin');
    await using tab = await openPage();
    const row = rowOf(tab.page, id, 'error');
    await row.waitFor();
    await row.getByText('There is nothing at this address').waitFor();
    assert.ok(!(await tab.page.content()).includes('secret'));
    await hasTitle(tab.page, '1 failed – Longhaul');
    await removeAll();
    await tab.page.getByRole('heading', { name: 'Nothing on the road' }).waitFor();
  });

  test('a refused click says why beside its row', async () => {
    const { id } = await agent.download(`${slow.url}/refused?size=${8192 * KiB}`, 'refused.bin');
    // This tab hears no news, so that it offers what the agent no longer allows.
    await using tab = await openPage({}, async page => {
      await page.routeWebSocket(/\/agent/, socket => {
        const server = socket.connectToServer();
        server.onMessage(message => {
          if (!/transfer(Changed|Removed)/.test(String(message))) socket.send(message);
        });
      });
    });
    const row = rowOf(tab.page, id);
    await row.waitFor();
    await agent.call('cancelTransfer', id);
    await button(row, 'Pause').click();
    const refusal = row.getByRole('alert');
    await refusal.getByText('Not paused.').waitFor();
    assert.match((await refusal.textContent()) ?? '', /canceled.*longhaul show/);
    await refusal.getByRole('button', { name: 'Dismiss' }).click();
    await refusal.waitFor({ state: 'detached' });
    await removeAll();
  });

  test('a lost connection comes back by itself', async () => {
    const sockets: WebSocketRoute[] = [];
    await using tab = await openPage({}, async page => {
      await page.routeWebSocket(/\/agent/, socket => {
        socket.connectToServer();
        sockets.push(socket);
      });
    });
    await tab.page.getByText('Live', { exact: true }).waitFor();
    await sockets[0]?.close();
    await waitFor('a second connection', () => sockets.length === 2, { timeoutMs: 15_000 });
    await tab.page.getByText('Live', { exact: true }).waitFor();
    const { id } = await agent.download(`${fast.url}/after?size=${KiB}`, 'after.bin');
    await rowOf(tab.page, id, 'completed').waitFor();
    await removeAll();
  });

  test('after a kill -9 of the agent the last known state stays, greyed, and a new link in the same tab goes on', async () => {
    await using tab = await openPage();
    const { page } = tab;
    const { id } = await agent.download(`${slow.url}/outlives?size=${900 * KiB}`, 'outlives.bin');
    await shows(page, /KiB\/s$/);
    await agent.killAndAwaitNext();
    await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
    assert.equal(await page.locator('.banner code').textContent(), 'longhaul dashboard');
    await shows(page, /^Last known state, (just now|\d+ s ago)\.$/);
    await hasTitle(page, 'Disconnected – Longhaul');
    const row = rowOf(page, id);
    assert.match((await row.textContent()) ?? '', /outlives\.bin.*of 900 KiB/);
    assert.equal(await button(row, 'Pause').getAttribute('aria-disabled'), 'true');
    const opacity = await page.evaluate(`getComputedStyle(document.querySelector('.rows')).opacity`);
    assert.ok(Number(opacity) < 1);

    const link = new URL(await agent.link());
    assert.equal(link.origin, new URL(page.url()).origin, 'the port survives the agent');
    await page.evaluate(`location.hash = '${link.hash}'`);
    await page.getByText('Live', { exact: true }).waitFor();
    assert.equal(await page.locator('.banner').count(), 0);
    await rowOf(page, id, 'completed').waitFor();
    assert.deepEqual(await readFile(path.join(agent.folder, 'outlives.bin')), bodyOf('outlives', 900 * KiB));
    await removeAll();
  });

  test('at 390 pixels and in the dark nothing is cut off and every button can be touched', async () => {
    const name = `${'a-very-long-name-'.repeat(9)}.bin`;
    const { id } = await agent.download(`${slow.url}/narrow?size=${8192 * KiB}`, name);
    await using tab = await openPage({
      viewport: { width: 390, height: 800 },
      colorScheme: 'dark',
      reducedMotion: 'reduce',
    });
    const row = rowOf(tab.page, id);
    await row.waitFor();
    assert.equal(await tab.page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    const box = await button(row, 'Pause').boundingBox();
    assert.ok(box !== null && box.width >= 44 && box.height >= 44 && box.x + box.width <= 390);
    assert.equal(await button(row, 'Pause').getAttribute('aria-label'), `Pause ${name}`);
    await agent.call('cancelTransfer', id);
    await removeAll();
  });

  test('the filter leaves what it finds, and the keyboard goes there, through the rows and into the details', async () => {
    const names = ['apple.bin', 'pear.bin', 'plum.bin'];
    const records = await Promise.all(names.map(name => agent.download(`${fast.url}/${name}?size=${KiB}`, name)));
    await using tab = await openPage();
    const { page } = tab;
    const focusedName = () => page.evaluate<string>(`document.activeElement?.closest('.transfer')?.dataset.id ?? ''`);
    await hasTitle(page, '3 finished – Longhaul');
    await page.getByLabel('Order of the rows').selectOption('name');
    await page.keyboard.press('Escape');
    await page.locator('body').click({ position: { x: 2, y: 2 } });

    await page.keyboard.press('/');
    await page.keyboard.type('P completed .bin');
    await isTrue('all three', async () => (await page.locator('.transfer').count()) === 3);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('pear');
    await isTrue('one row', async () => (await page.locator('.transfer').count()) === 1);
    await shows(page, '1 of 3 transfers');
    await page.keyboard.press('Escape');
    await isTrue('all three again', async () => (await page.locator('.transfer').count()) === 3);

    await page.keyboard.press('ArrowDown');
    await isTrue('the first row', async () => (await focusedName()) === records[0]!.id);
    await page.keyboard.press('End');
    await isTrue('the last row', async () => (await focusedName()) === records[2]!.id);
    await page.keyboard.press('ArrowUp');
    await isTrue('the row before', async () => (await focusedName()) === records[1]!.id);
    await page.keyboard.press('Enter');
    await rowOf(page, records[1]!.id).getByText(path.join(agent.folder, 'pear.bin')).waitFor();
    assert.equal(new URL(page.url()).hash, `#/transfer/${records[1]!.id}`);
    await page.goBack();
    await page.locator('.details').waitFor({ state: 'detached' });

    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' });
    await removeAll();
  });

  test('a link into the page opens its transfer after the login, and keeps no secret in the address', async () => {
    const { id } = await agent.download(`${fast.url}/deep?size=${KiB}&token=secret`, 'deep.bin');
    const link = new URL(await agent.link());
    await using tab = await openTab(`${link.origin}/#/transfer/${id}`);
    const { page } = tab;
    await page.getByRole('heading', { name: 'This page opens with a link' }).waitFor();
    await page.evaluate(`location.hash = '${link.hash}'`);
    await rowOf(page, id).locator('.details').waitFor();
    assert.equal(new URL(page.url()).hash, `#/transfer/${id}`);
    assert.ok(!(await page.content()).includes('secret'));
    await removeAll();
  });

  test('the details draw what was received and how fast, tell failed attempts in words, and are renewed by themselves', async () => {
    let asked = 0;
    await using server = createServer((_, response) => {
      asked += 1;
      if (asked <= 2) return void response.writeHead(503).end();
      response.writeHead(200, { 'content-length': 100_000_000 });
      response.write(Buffer.alloc(1_000_000));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { id } = await agent.download(`http://127.0.0.1:${(server.address() as AddressInfo).port}/f`, 'details.bin');
    await using tab = await openPage();
    const { page } = tab;
    await rowOf(page, id).locator('.name').click();
    const details = rowOf(page, id).locator('.details');
    await details.getByText('2 times').waitFor();
    await details.getByRole('region', { name: 'Failed attempts' }).getByText(/503/).waitFor();
    await details.getByRole('img', { name: 'Received: the first 977 KiB of 95.4 MiB' }).waitFor();
    await details.getByRole('img', { name: /^Speed: .* on average in \d+ s, .* at its peak$/ }).waitFor();
    assert.match((await details.textContent()) ?? '', /Connectionsone/);
    const secondsDrawn = () => details.locator('.plot rect').count();
    const before = await secondsDrawn();
    await isTrue('the plot to go on', async () => (await secondsDrawn()) > before);
    await agent.call('cancelTransfer', id);
    await details.getByText('nothing of 95.4 MiB').waitFor();
    server.closeAllConnections();
    await removeAll();
  });

  test('limits are set for one transfer and for all, by preset and by number', async () => {
    const { id } = await agent.download(`${slow.url}/limited?size=${8192 * KiB}`, 'limited.bin');
    await using tab = await openPage();
    const { page } = tab;
    await rowOf(page, id).locator('.name').click();
    const own = page.getByRole('form', { name: 'Limit of this transfer' });
    await own.getByLabel('Another limit').fill('fast');
    await own.getByRole('button', { name: 'Set' }).click();
    await own.getByText('Give a number').waitFor();
    await own.getByLabel('Another limit').fill('64');
    await own.getByLabel('Unit').selectOption('KiB/s');
    await own.getByRole('button', { name: 'Set' }).click();
    await rowOf(page, id).getByText('at most 64 KiB/s').waitFor();
    assert.equal((await agent.call('getTransfer', id)).maxBytesPerSecond, 64 * KiB);
    await own.getByRole('button', { name: 'No limit' }).click();
    await rowOf(page, id).getByText('at most').waitFor({ state: 'detached' });

    await page.getByTitle('Limits of all transfers together').click();
    const all = page.getByRole('form', { name: 'Speed of all transfers together' });
    await all.getByRole('button', { name: '512 KiB/s' }).click();
    await all.waitFor({ state: 'detached' });
    await page.getByTitle('Limits of all transfers together').getByText('512 KiB/s').waitFor();
    assert.deepEqual(await agent.call('getLimits'), { maxBytesPerSecond: 512 * KiB, maxActive: 16 });
    await page.getByTitle('Limits of all transfers together').click();
    const atOnce = page.getByRole('form', { name: 'Transfers running at the same time' });
    await atOnce.getByLabel('Another number').fill('1000');
    await atOnce.getByRole('button', { name: 'Set' }).click();
    await atOnce.getByText('Give a whole number from 1 to 256.').waitFor();
    await atOnce.getByRole('button', { name: '4', exact: true }).click();
    await atOnce.waitFor({ state: 'detached' });
    assert.deepEqual(await agent.call('getLimits'), { maxBytesPerSecond: 512 * KiB, maxActive: 4 });
    assert.equal(
      await page.evaluate('document.activeElement?.title'),
      'Limits of all transfers together',
      'the keyboard is where it was before the panel opened',
    );
    await agent.call('setLimits', { maxBytesPerSecond: null, maxActive: 16 });
    await page.getByTitle('Limits of all transfers together').getByText('No limit').waitFor();
    await agent.call('cancelTransfer', id);
    await removeAll();
  });

  test('cancel all and remove finished ask in the page first; a canceled one is retried', async () => {
    const records = await Promise.all(
      ['one.bin', 'two.bin'].map(name => agent.download(`${slow.url}/${name}?size=${8192 * KiB}`, name)),
    );
    await using tab = await openPage();
    const { page } = tab;
    await page.getByRole('button', { name: 'Cancel all' }).click();
    await page.getByRole('button', { name: 'Let them go on' }).click();
    assert.ok((await agent.call('listTransfers')).every(({ status }) => status !== 'canceled'));
    await page.getByRole('button', { name: 'Cancel all' }).click();
    await page.getByRole('button', { name: 'Cancel 2 transfers' }).click();
    for (const { id } of records) await rowOf(page, id, 'canceled').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Cancel all' }).count(), 0);

    const [first, second] = records;
    await button(rowOf(page, first!.id), 'Retry').click();
    await rowOf(page, first!.id, 'running').waitFor();
    await page.getByRole('button', { name: 'Remove finished' }).click();
    await page.getByRole('button', { name: 'Remove 1 transfer' }).click();
    await rowOf(page, second!.id).waitFor({ state: 'detached' });
    assert.deepEqual(
      (await agent.call('listTransfers')).map(({ id }) => id),
      [first!.id],
    );
    await agent.call('cancelTransfer', first!.id);
    await removeAll();
  });

  test('when the agent was stopped the page keeps what it knows, tries on, and says what starts it again', async () => {
    await using other = await AgentUnderTest.start();
    const { id } = await other.download(`${fast.url}/kept?size=${KiB}`, 'kept.bin');
    await using tab = await openTab(await other.link(), {}, page => page.clock.install());
    const { page } = tab;
    await rowOf(page, id, 'completed').waitFor();
    await other.call('stopAgent');
    await page.getByRole('heading', { name: 'Connection lost' }).waitFor();
    await shows(page, /Trying (now|again in \d+ s)\./);
    await page.getByRole('button', { name: 'Try now' }).waitFor();
    await page.clock.fastForward(10_000);
    await shows(page, 'If the agent was stopped, this starts it');
    assert.equal(await page.locator('.banner code').textContent(), 'longhaul dashboard');
    assert.match((await rowOf(page, id).textContent()) ?? '', /kept\.bin.*Completed/);
    await hasTitle(page, 'Disconnected – Longhaul');
  });
});
