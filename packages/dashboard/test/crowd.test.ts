// 5,000 transfers and 15,000 sockets on the built page: only the rows near the screen are made, and all of them can be reached.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import type { Page } from 'playwright-core';
import { buildDashboard } from '../../../scripts/build.ts';
import { launchBrowser, noBrowser } from './browser.ts';
import { crowdLink, serveCrowd } from './crowd-agent.ts';
import { socketRecord } from './fixtures/task-records.ts';
import { transferRecord } from './fixtures/transfer-records.ts';

describe('the dashboard with thousands of rows', { skip: noBrowser }, () => {
  before(() => assert.ok(buildDashboard(), 'the page could not be built'));

  const isTrue = (what: string, condition: () => Promise<boolean>) =>
    waitFor(what, condition, { timeoutMs: 15_000, everyMs: 25 });
  const seen = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const isOnScreen = (page: Page, name: string) =>
    isTrue(`${name} on the screen`, async () => {
      const box = await seen(page, name).boundingBox();
      return box !== null && box.y >= 0 && box.y < 800;
    });

  test('few rows are made, every one is reached by scrolling, key and filter, and changes arrive', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(15_000);
      const records = Array.from({ length: 5_000 }, (_, index) =>
        transferRecord({
          file: `/t/file-${index}.bin`,
          status: index < 4_000 ? 'running' : 'completed',
          finishedAt: index,
        }),
      );
      const agent = await serveCrowd(page, records);
      await page.goto(crowdLink);
      await seen(page, 'file-0.bin').waitFor();
      const made = () => page.locator('.transfer').count();
      const isFew = () => isTrue('few rows', async () => (await made()) < 80);
      await isFew();

      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight / 2)');
      await isTrue('rows on the screen', () =>
        page.evaluate<boolean>(`document.elementFromPoint(640, 400)?.closest('.transfer') != null`),
      );
      await isFew();

      await page.keyboard.press('Home');
      await isOnScreen(page, 'file-0.bin');
      await page.keyboard.press('End');
      await isOnScreen(page, 'file-4000.bin');
      await isFew();
      await page.keyboard.press('ArrowUp');
      await isOnScreen(page, 'file-4001.bin');

      await page.keyboard.press('/');
      await page.keyboard.type('file-3777.bin');
      await isOnScreen(page, 'file-3777.bin');
      assert.equal(await made(), 1);
      agent.tell([{ ...records[3_777]!, revision: 2, status: 'error', finishedAt: 1 }]);
      await page.locator('.transfer[data-status="error"]').waitFor();
      await isTrue('the title', async () => (await page.title()).startsWith('3999 running · 1 failed'));
    } finally {
      await browser.close();
    }
  });

  test('no letter is lost that is typed right behind a key, however late the page paints', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(15_000);
      const records = Array.from({ length: 5_000 }, (_, index) => transferRecord({ file: `/t/file-${index}.bin` }));
      const agent = await serveCrowd(page, records);
      await page.goto(crowdLink);
      await seen(page, 'file-0.bin').waitFor();
      // A frame comes only long after the keys: what was asked before has not been painted when the letters are typed.
      await page.evaluate(`{
        const paint = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = callback => paint(() => paint(() => paint(() => paint(callback))));
      }`);
      const devtools = await page.context().newCDPSession(page);
      await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
      const filter = page.getByRole('searchbox');
      for (let round = 1; round <= 5; round += 1) {
        agent.tell(records.slice(0, 500).map(record => ({ ...record, revision: 1 + round, bytesReceived: round })));
        const keys = ['ArrowDown', 'ArrowDown', '/', ...`file-4${round}21`, 'Escape', ...`file-2${round}43`];
        await Promise.all(keys.map(key => page.keyboard.press(key)));
        assert.equal(await filter.inputValue(), `file-2${round}43`);
        await isOnScreen(page, `file-2${round}43.bin`);
        // Down from the filter, and Enter opens what the keyboard has reached by then.
        await Promise.all(['ArrowDown', 'Enter'].map(key => page.keyboard.press(key)));
        await page.locator('.transfer .details').waitFor();
        await Promise.all(['/', 'Escape', 'Escape'].map(key => page.keyboard.press(key)));
        assert.equal(await filter.inputValue(), '');
        await page.locator('.details').waitFor({ state: 'detached' });
      }
    } finally {
      await browser.close();
    }
  });

  test('of 15,000 parked sockets few rows are made too, every one is reached, and thousands of wakes keep it so', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(30_000);
      const sockets = Array.from({ length: 15_000 }, (_, index) => socketRecord({ id: `room ${index}` }));
      const agent = await serveCrowd(page, [], sockets);
      await page.goto(crowdLink);
      await page.getByRole('link', { name: 'Sockets 15000' }).click();
      await seen(page, 'room 0').waitFor();
      const isFew = () => isTrue('few rows', async () => (await page.locator('.row').count()) < 80);
      await isFew();
      await page.keyboard.press('End');
      await isOnScreen(page, 'room 14999');
      await page.keyboard.press('/');
      await page.keyboard.type('room 12345');
      await isOnScreen(page, 'room 12345');
      for (let round = 1; round <= 3; round += 1) {
        agent.tellSockets(
          sockets.slice(10_000, 13_000).map(record => ({ ...record, wakes: round, lastWakeAt: round })),
        );
      }
      await page.getByText('3 wakes', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Home');
      await isOnScreen(page, 'room 0');
      await isFew();
      agent.tellSockets([{ ...sockets[7]!, status: 'orphaned', why: 'its run ended without it' }]);
      await page.locator('.socket[data-status="orphaned"]').waitFor();
      await isTrue('the title', async () => (await page.title()).startsWith('1 orphaned · 14999 parked'));
    } finally {
      await browser.close();
    }
  });
});
