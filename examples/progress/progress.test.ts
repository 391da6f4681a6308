// The progress example as its README says: the page in Chromium, the console client, a POST.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import type { Browser } from 'playwright-core';
import { launchBrowser, noBrowser } from '../../packages/dashboard/test/browser.ts';
import { killServer, open, run, serve, startServer } from '../shared/stage.ts';

describe('the progress example', () => {
  test('a POST starts the job; the console draws it to its end', async t => {
    const url = await serve(t, 'progress/server.ts');
    const { child, output } = run(t, 'progress/console.ts', url, '--start', '--once');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, output());
    const lines = output().trim().split('\n');
    const percents = lines.flatMap(line => /(\d+) %/.exec(line)?.[1] ?? []).map(Number);
    assert.deepEqual(percents, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    assert.match(lines.at(-1) ?? '', /^Deriving keys [0-9a-f]{8} is done after \d+\.\d s$/);
  });

  test('jobs cannot be started from another site, nor without end', async t => {
    const url = await serve(t, 'progress/server.ts');
    const post = async (headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${url}/jobs?steps=1000`, { method: 'POST', headers })).status;
    assert.equal(await post({ Origin: 'https://elsewhere.example' }), 403);
    assert.deepEqual(await Promise.all(Array.from({ length: 5 }, () => post())), [202, 202, 202, 202, 202]);
    assert.equal(await post(), 429);
    assert.equal((await fetch(`${url}/../server.ts`)).status, 404);
  });

  describe('in Chromium', { skip: noBrowser }, () => {
    let browser: Browser;
    before(async () => {
      browser = await launchBrowser();
    });
    after(() => browser?.close());

    test('two pages show a job from its first step to its last, a late one joins in between', async t => {
      const url = await serve(t, 'progress/server.ts');
      const troubles: string[] = [];
      const [first, second] = [await open(t, browser, url, troubles), await open(t, browser, url, troubles)];
      for (const page of [first, second]) await page.getByText('live', { exact: true }).waitFor();
      await first.getByRole('button', { name: 'Start a job' }).click();
      const percent = async (page: typeof first): Promise<number> =>
        Number(await page.getByRole('progressbar').getAttribute('aria-valuenow'));
      for (const page of [first, second]) await page.getByRole('progressbar').waitFor();
      await waitFor('some progress', async () => (await percent(first)) >= 20, { timeoutMs: 20_000 });
      const late = await open(t, browser, url, troubles);
      await late.getByRole('progressbar').waitFor();
      assert.ok((await percent(late)) >= 20);
      if (process.env.SCREENSHOTS !== undefined)
        await first.screenshot({ path: `${process.env.SCREENSHOTS}/progress.png` });
      for (const page of [first, second, late]) {
        await page.getByText(/^Deriving keys [0-9a-f]{8}, after \d+\.\d s$/).waitFor({ timeout: 30_000 });
        assert.equal(await page.getByRole('progressbar').count(), 0);
        assert.ok(await page.getByText('Nothing is running.').isVisible());
      }
      assert.deepEqual(troubles, []);
    });

    test('the server is killed and comes back: the page says so, and goes on by itself', async t => {
      const server = await startServer(t, 'progress/server.ts');
      const page = await open(t, browser, server.url, []);
      const startButton = page.getByRole('button', { name: 'Start a job' });
      await startButton.click();
      await page.getByRole('progressbar').waitFor();
      await killServer(server);
      await page.getByRole('status').getByText('connecting again', { exact: true }).waitFor();
      assert.ok(await startButton.isDisabled());
      if (process.env.SCREENSHOTS !== undefined)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/progress-away.png` });
      await startServer(t, 'progress/server.ts', new URL(server.url).port);
      await page.getByText('live', { exact: true }).waitFor();
      // The job died with its server.
      await page.getByText('Nothing is running.').waitFor();
      await startButton.click();
      await page.getByRole('progressbar').waitFor();
    });
  });
});
