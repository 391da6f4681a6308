// Debian's Chromium, headless and without any traffic of its own. Missing: the tests are skipped with that reason.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Why no browser test can run here; `false` when they can. */
export const noBrowser: string | false = existsSync(executablePath)
  ? false
  : `${executablePath} is missing (apt-get install chromium)`;

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
