// The lists of sockets and tasks on the built page in a real browser, with a real agent, real connections and real tasks.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';
import { waitFor } from '@longhaul/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildDashboard } from '../../../scripts/build.ts';
import { AgentUnderTest } from './agent-under-test.ts';
import { launchBrowser, noBrowser } from './browser.ts';
import { ParkedApp } from './parked-app.ts';

const id = 'com.example.chat';

describe('the dashboard with parked sockets', { skip: noBrowser || (!isSupportedHere() && 'needs Linux') }, () => {
  const left = new AsyncDisposableStack();
  let browser: Browser;
  let agent: AgentUnderTest;
  let app: ParkedApp;

  before(async () => {
    assert.ok(buildDashboard(), 'the page could not be built');
    browser = left.adopt(await launchBrowser(), it => it.close());
    agent = left.use(await AgentUnderTest.start());
  });
  after(() => left.disposeAsync());

  /** A tab of its own; disposing closes it and fails when the page complained. */
  async function openPage(options: BrowserContextOptions = {}) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints: string[] = [];
    page.on('pageerror', error => complaints.push(String(error)));
    await page.goto(await agent.link());
    await page.getByText('Live', { exact: true }).waitFor();
    return {
      page,
      async [Symbol.asyncDispose]() {
        await context.close();
        assert.deepEqual(complaints, []);
      },
    };
  }

  const list = (page: Page, name: string) =>
    page.getByRole('navigation', { name: 'Lists' }).getByRole('link', { name: new RegExp(`^${name}`) });
  const socketRow = (page: Page, socketId: string, status = '') =>
    page.locator(`.socket[data-id="${id}/${socketId}"]${status && `[data-status="${status}"]`}`);
  const taskRow = (page: Page, name: 'reads' | 'throws' | 'forgets' | 'waits') =>
    page.locator(`.task[data-id="${app.taskIds.get(name)}"]`);
  const isTrue = (what: string, condition: () => Promise<boolean>) =>
    waitFor(what, condition, { timeoutMs: 30_000, everyMs: 25 });
  const fragment = (page: Page) => new URL(page.url()).hash;

  test('with nothing parked and no tasks the lists say what they are for; keys lead from one to the other', async () => {
    await using tab = await openPage();
    const { page } = tab;
    await list(page, 'Sockets').click();
    await page.getByRole('heading', { name: 'Nothing is parked' }).waitFor();
    assert.equal(fragment(page), '#/sockets');
    await page.keyboard.press('3');
    await page.getByRole('heading', { name: 'No tasks are registered' }).waitFor();
    assert.equal(fragment(page), '#/tasks');
    assert.equal(await list(page, 'Tasks').getAttribute('aria-current'), 'page');
    await page.goBack();
    await page.getByRole('heading', { name: 'Nothing is parked' }).waitFor();
    await page.keyboard.press('1');
    await page.getByRole('heading', { name: 'Nothing on the road' }).waitFor();
    assert.equal(fragment(page), '');
  });

  test('a socket appears by itself, is seen to be woken, and its runs lead to their log', async () => {
    await using tab = await openPage();
    const { page } = tab;
    await list(page, 'Sockets').click();
    app = left.use(await ParkedApp.open(agent, id));
    const peer = await app.park('room 1', 'reads');
    const row = socketRow(page, 'room 1', 'parked');
    await row.getByText('Never woken').waitFor();
    assert.match(
      (await row.textContent()) ?? '',
      /room 1Streamwith 127\.0\.0\.1:\d+of com\.example\.chat.*Parkedfor \d+ s/,
    );
    peer.write('good evening');
    await row.getByText('1 wake', { exact: true }).waitFor();
    await isTrue('the title', async () => (await page.title()) === '1 parked – Longhaul');

    await row.locator('.name').click();
    assert.equal(fragment(page), `#/socket/${id}/room%201`);
    assert.match((await row.locator('.details').textContent()) ?? '', /Taskreads.*Handed over2 times/);
    await row.getByRole('link', { name: /^Completed.*data on room 1/ }).click();
    const log = taskRow(page, 'reads').locator('.log pre');
    await log.waitFor();
    assert.equal(await log.textContent(), 'heard good evening');
    assert.match(fragment(page), new RegExp(`^#/task/${app.taskIds.get('reads')}/run/[0-9a-f-]{36}$`));
    await page.goBack();
    await row.locator('.details').waitFor();
  });

  test('a task that fails is marked from every list, and its run says why, what helps and what it wrote', async () => {
    await using tab = await openPage();
    const { page } = tab;
    (await app.park('thrown', 'throws')).write('hello');
    await list(page, 'Tasks').getByRole('img', { name: '1 failing' }).waitFor();
    await page.keyboard.press('3');
    const row = taskRow(page, 'throws');
    await row.getByText('TypeError: no such room.').waitFor();
    assert.equal(await row.locator('xpath=ancestor::section').getAttribute('data-group'), 'failing');
    await row.getByRole('img', { name: /^Last runs: \d+ failed/ }).waitFor();
    await row.locator('.name').click();
    await row.locator('.run[data-status="failed"] .run-name').last().click();
    const run = row.locator('.run', { has: page.locator('[aria-expanded="true"]') });
    assert.match((await run.locator('.problem').textContent()) ?? '', /no such room\. Mend what it threw/);
    assert.match(
      (await run.locator('.log pre').textContent()) ?? '',
      /^about to throw\nTypeError: no such room\n {4}at/,
    );
    await agent.call('removeSocket', { app: id, id: 'thrown' });
  });

  test('a task that keeps its socket is told at the socket and at the run (SB-35), and the socket is removed', async () => {
    await using tab = await openPage();
    const { page } = tab;
    (await app.park('forgotten', 'forgets')).write('hello');
    await list(page, 'Sockets').getByRole('img', { name: '1 orphaned' }).waitFor();
    await isTrue('the screen reader to be told', async () =>
      ((await page.getByRole('status').textContent()) ?? '').includes('The socket forgotten was orphaned.'),
    );
    await page.keyboard.press('2');
    const row = socketRow(page, 'forgotten', 'orphaned');
    await row.getByText(/^Run [0-9a-f-]{36} ended without handing it back\./).waitFor();
    await page.keyboard.press('3');
    await taskRow(page, 'forgets').locator('.name').click();
    await taskRow(page, 'forgets').getByText('It ended without giving its socket "forgotten" back').waitFor();
    await page.keyboard.press('2');
    await row.getByRole('button', { name: 'Remove forgotten' }).click();
    await row.waitFor({ state: 'detached' });
    assert.equal(await list(page, 'Sockets').getByRole('img').count(), 0);
  });

  test('a run under way shows its log as it comes and is canceled by a click; a living socket names the command that ends it', async () => {
    await using tab = await openPage();
    const { page } = tab;
    const peer = await app.park('waiting', 'waits');
    peer.write('hello');
    await page.keyboard.press('3');
    const row = taskRow(page, 'waits');
    await row.locator('.status', { hasText: 'Running' }).waitFor();
    await row.locator('.name').click();
    const run = row.locator('.run').first();
    await run.locator('.run-name').click();
    await run.locator('.log pre', { hasText: 'waiting' }).waitFor();
    await run.getByRole('button', { name: /^Cancel/ }).click();
    await row.locator('.run[data-status="canceled"] .problem', { hasText: 'It was told to end and did' }).waitFor();

    await page.keyboard.press('2');
    const socket = socketRow(page, 'waiting');
    await socket.locator('.name').click();
    await socket.getByText('longhaul sockets remove --app com.example.chat waiting').waitFor();
    assert.equal(await socket.getByRole('button', { name: /^Remove/ }).count(), 0);
    await agent.call('removeSocket', { app: id, id: 'waiting' });
    await page.getByRole('heading', { name: 'This socket is no longer in the list' }).waitFor();
    await isTrue('the end at the peer', async () => peer.closed);
  });

  test('after a kill -9 of the agent a new link shows the same sockets, none lost', async () => {
    await using tab = await openPage();
    const { page } = tab;
    await page.keyboard.press('2');
    await socketRow(page, 'room 1', 'parked').waitFor();
    await agent.killAndAwaitNext();
    await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
    await socketRow(page, 'room 1').waitFor();
    assert.equal(await page.evaluate("getComputedStyle(document.querySelector('.rows')).opacity < 1"), true);
    await page.evaluate(`location.hash = '${new URL(await agent.link()).hash}'`);
    await page.getByText('Live', { exact: true }).waitFor();
    await socketRow(page, 'room 1', 'parked').waitFor();
  });

  test('at 390 pixels and in the dark nothing is cut off and every button can be touched', async () => {
    await using tab = await openPage({ viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
    const { page } = tab;
    await page.keyboard.press('2');
    const fits = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
    await socketRow(page, 'room 1').locator('.name').click();
    await socketRow(page, 'room 1').locator('.details').waitFor();
    assert.equal(await fits(), true);
    // Rows clip what is too wide: it must not be the button that copies the command.
    const copy = await socketRow(page, 'room 1')
      .getByRole('button', { name: /^Copy: longhaul/ })
      .boundingBox();
    assert.ok(copy !== null && copy.x + copy.width <= 390, JSON.stringify(copy));
    for (const place of [list(page, 'Transfers'), list(page, 'Sockets'), list(page, 'Tasks')]) {
      const box = await place.boundingBox();
      assert.ok(box !== null && box.width >= 44 && box.height >= 44 && box.x + box.width <= 390);
    }
    await page.keyboard.press('3');
    await taskRow(page, 'throws').locator('.name').click();
    await taskRow(page, 'throws').locator('.run-name').first().click();
    await taskRow(page, 'throws').locator('.run-details').waitFor();
    assert.equal(await fits(), true);
  });
});
