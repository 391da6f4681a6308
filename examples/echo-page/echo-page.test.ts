// The echo page in Chromium, over HTTP/1.1 and over HTTP/2: state, log, sub-protocols, close codes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser } from '../../packages/dashboard/test/browser.ts';
import { run } from '../shared/stage.ts';

describe('the echo page, in Chromium', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  for (const { version, args } of [
    { version: '1.1', args: [] },
    { version: '2.0', args: ['--tls'] },
  ]) {
    test(`connects, sends, receives and closes over HTTP/${version}`, async t => {
      const { output } = run(t, 'echo-page/server.ts', ...args);
      const address = () => /https?:\/\/\S+/.exec(output())?.[0];
      await waitFor('the server to listen', () => address() !== undefined, { timeoutMs: 20_000 });
      const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1_000, height: 820 } });
      t.after(() => context.close());
      const page = await context.newPage();
      const troubles: string[] = [];
      page.on('pageerror', error => troubles.push(String(error)));
      await page.goto(address()!);

      const state = (text: string) => page.locator('#state').filter({ hasText: text }).waitFor();
      const logged = (kind: string, text: string) =>
        page.locator(`#log li[data-kind="${kind}"]`).filter({ hasText: text }).first().waitFor();
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
      await state('Closed');
      assert.equal(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled(), true);

      await page.getByLabel('Sub-protocols').fill('unknown, shout');
      await press('Connect');
      await state('Open (shout)');
      await logged('open', 'sub-protocol shout');
      await page.getByLabel('Message').fill('Grüße');
      await press('Send');
      await logged('sent', 'Grüße');
      await logged('received', 'GRÜSSE');
      await page.locator('#type').selectOption('binary');
      await press('Send');
      await logged('received', '7 bytes: 47 72 c3 bc c3 9f 65');
      if (process.env.SCREENSHOTS !== undefined) await shoot(page, version);

      await page.getByLabel('Close code').fill('999');
      await press('Close');
      await logged('refused', '999');
      await state('Open');
      await page.getByLabel('Close code').fill('4001');
      await page.getByLabel('Reason').fill('enough');
      await press('Close');
      await logged('close', '4001, clean');
      await state('Closed');
      await waitFor('the server to log the end', () => output().includes('closed with 4001: "enough"'));
      assert.match(output(), new RegExp(`opened over HTTP/${version.replace('.', '\\.')}, sub-protocol shout`));

      await page.getByLabel('Sub-protocols').fill('');
      await press('Connect');
      await state('Open');
      await logged('open', 'sub-protocol (none)');
      assert.deepEqual(troubles, []);
    });
  }
});

async function shoot(page: Page, version: string): Promise<void> {
  await page.screenshot({ path: `${process.env.SCREENSHOTS}/echo-${version}.png` });
  await page.setViewportSize({ width: 420, height: 900 });
  await page.screenshot({ path: `${process.env.SCREENSHOTS}/echo-${version}-narrow.png` });
  await page.setViewportSize({ width: 1_000, height: 820 });
}
