// Every block of the README that names a file, written down as it stands and run: processes, tests, and the page in Chromium.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { launchBrowser, noBrowser } from '../../dashboard/test/browser.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, code]) => ({
  language: language!,
  file,
  code: code!,
}));

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return String(port);
}

describe('the README', () => {
  let folder = '';
  let port = '';

  before(async () => {
    // Inside the package, so that its imports are found as an application's are.
    folder = mkdtempSync(path.join(import.meta.dirname, 'readme-'));
    port = await freePort();
    for (const { file, code } of blocks) {
      if (file !== undefined) writeFileSync(path.join(folder, file), code.replaceAll('3000', port));
    }
  });
  after(() => rmSync(folder, { recursive: true }));
  after(leakCheck());

  function run(t: TestContext, ...args: string[]) {
    const child = spawn(process.execPath, ['--conditions=longhaul-source', ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A runner inside a runner would otherwise report to its parent and say nothing.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
    t.after(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    return { child, output: () => output };
  }

  async function serve(t: TestContext): Promise<void> {
    const { output } = run(t, 'server.ts');
    await waitFor('the server to listen', () => output().includes(`127.0.0.1:${port}`), { timeoutMs: 20_000 });
  }

  async function succeeds(t: TestContext, ...args: string[]): Promise<string> {
    const { child, output } = run(t, ...args);
    const [code] = await once(child, 'close');
    assert.equal(code, 0, output());
    return output();
  }

  test('has no TypeScript or page that is not run', () => {
    const idle = blocks.filter(({ language, file }) => language !== 'sh' && file === undefined);
    assert.deepEqual(idle, []);
  });

  test('a hub and a page are twenty lines', () => {
    const lines = blocks.filter(({ file }) => file === 'server.ts' || file === 'index.html');
    assert.equal(lines.flatMap(({ code }) => code.trimEnd().split('\n')).length, 20);
  });

  test('the compiler accepts every file', async t => {
    const options = {
      extends: '../../../../tsconfig.base.json',
      compilerOptions: {
        noEmit: true,
        composite: false,
        allowImportingTsExtensions: true,
        lib: ['esnext', 'dom'],
        rootDir: '../../../..',
        tsBuildInfoFile: null,
      },
      include: ['*.ts'],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
    const tsc = path.join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc');
    await succeeds(t, tsc, '-p', folder);
  });

  test('the server and the typed client run', async t => {
    await serve(t);
    assert.match(await succeeds(t, 'client.ts'), /somebody said hello/);
  });

  test('the tests pass', async t => {
    const output = await succeeds(t, '--test', 'documents.test.ts', 'manager.test.ts');
    assert.match(output, /what one writes, the others read/);
    assert.match(output, /a connection in two of the groups gets the message twice/);
  });

  test('the server with everything starts, and drains on SIGTERM', async t => {
    const { child, output } = run(t, 'serving.ts');
    await waitFor('the server to listen', () => output().includes('serving'), { timeoutMs: 20_000 });
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    assert.equal(code, 0, output());
  });

  test('the page shows what anybody writes', { skip: noBrowser }, async t => {
    await serve(t);
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const [ann, bob] = [await browser.newPage(), await browser.newPage()];
    for (const page of [ann, bob]) {
      const isStarted = page.waitForEvent('websocket').then(socket => socket.waitForEvent('framereceived'));
      await page.goto(`http://127.0.0.1:${port}/`);
      await isStarted;
    }
    await ann.getByPlaceholder('Say something').fill('hello <i>you</i>');
    await ann.keyboard.press('Enter');
    for (const page of [ann, bob]) await page.getByRole('listitem').getByText('hello <i>you</i>').waitFor();
  });
});
