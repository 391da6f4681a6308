// The chat example in Chromium: two people, a second tab, history, what the server refuses.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser } from '../../packages/dashboard/test/browser.ts';
import { killServer, open, serve, startServer } from '../shared/stage.ts';

describe('the chat example, in Chromium', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  const enter = async (page: Page, name: string, room = 'lobby'): Promise<void> => {
    await page.getByLabel('Your name').fill(name);
    await page.getByLabel('Room').fill(room);
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByLabel('Message', { exact: true }).waitFor();
  };
  const say = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  };
  const people = (page: Page): Promise<string[]> => page.locator('#people li').allTextContents();
  const peopleAre = (page: Page, ...names: string[]): Promise<unknown> =>
    waitFor(`${names.join()} to be there`, async () => (await people(page)).join() === names.join());
  const messages = (page: Page): Promise<string[]> => page.locator('#messages p').allTextContents();

  test('messages reach the room and nobody else; people come and go; late ones read what was said', async t => {
    const url = await serve(t, 'chat/server.ts');
    const troubles: string[] = [];
    const [ann, bob, eve] = [
      await open(t, browser, url, troubles),
      await open(t, browser, url, troubles),
      await open(t, browser, url, troubles),
    ];
    await enter(ann, 'Ann');
    await enter(bob, 'Bob');
    await enter(eve, 'Eve', 'elsewhere');
    await peopleAre(ann, 'Ann (you)', 'Bob');
    await say(ann, 'Hello <b>Bob</b>');
    await bob.getByText('Hello <b>Bob</b>').waitFor();
    await bob.getByLabel('Message', { exact: true }).pressSequentially('Hi');
    await ann.getByText('Bob is writing …').waitFor();
    await bob.keyboard.press('Enter');
    await ann.getByText('Hi', { exact: true }).waitFor();
    if (process.env.SCREENSHOTS !== undefined) {
      await ann.screenshot({ path: `${process.env.SCREENSHOTS}/chat.png` });
      await ann.setViewportSize({ width: 420, height: 700 });
      await ann.screenshot({ path: `${process.env.SCREENSHOTS}/chat-narrow.png` });
      await ann.setViewportSize({ width: 1_000, height: 700 });
    }
    const tab = await open(t, browser, url, troubles);
    await enter(tab, 'Bob');
    await tab.getByText('Hello <b>Bob</b>').waitFor();
    assert.deepEqual(await messages(tab), ['Hello <b>Bob</b>', 'Hi']);
    await peopleAre(ann, 'Ann (you)', 'Bob');
    await tab.close();
    await peopleAre(ann, 'Ann (you)', 'Bob');
    await bob.close();
    await peopleAre(ann, 'Ann (you)');
    assert.deepEqual(await messages(eve), []);
    assert.deepEqual(troubles, []);
  });

  test('what the server refuses is said in its words, and the text stays', async t => {
    const url = await serve(t, 'chat/server.ts');
    const troubles: string[] = [];
    const page = await open(t, browser, url, troubles);
    await enter(page, 'Ann');
    await page.evaluate(() => document.getElementById('text')!.removeAttribute('maxlength'));
    await say(page, 'x'.repeat(2_001));
    await page.getByRole('alert').filter({ hasText: 'Argument 1: Invalid length' }).waitFor();
    assert.equal((await page.getByLabel('Message', { exact: true }).inputValue()).length, 2_001);
    await say(page, 'shorter');
    await page.getByText('shorter').waitFor();
    assert.ok(await page.getByRole('alert').filter({ hasText: 'Invalid' }).isHidden());
    assert.deepEqual(troubles, []);
  });

  test('the server is killed and comes back: the page says so, keeps the text, and enters its room again', async t => {
    const server = await startServer(t, 'chat/server.ts');
    const page = await open(t, browser, server.url, []);
    await enter(page, 'Ann');
    await killServer(server);
    await page.getByRole('status').getByText('connecting again', { exact: true }).waitFor();
    await say(page, 'Are you there?');
    await page.getByRole('alert').getByText('The server does not answer; try again.').waitFor();
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'Are you there?');
    if (process.env.SCREENSHOTS !== undefined)
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/chat-away.png` });
    await startServer(t, 'chat/server.ts', new URL(server.url).port);
    await page.getByText('live', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#messages').getByText('Are you there?').waitFor();
    await peopleAre(page, 'Ann (you)');
  });
});
