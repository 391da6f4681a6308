// The stage of an example's test: its server as a process of its own, and a browser.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { waitFor } from '@longhaul/testing';
import type { Browser, Page } from 'playwright-core';

export interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** `node FILE …` until the test ends. */
export function run(t: TestContext, file: string, ...args: string[]): Run {
  const script = path.join(import.meta.dirname, '..', file);
  const child = spawn(process.execPath, ['--conditions=longhaul-source', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });
  return { child, output: () => output };
}

/** The server of an example, once it listens. */
export async function serve(t: TestContext, file: string): Promise<string> {
  return (await startServer(t, file)).url;
}

/** The same, with its process, so that it can be killed and started anew at the same port. */
export async function startServer(t: TestContext, file: string, port = '0'): Promise<{ url: string } & Run> {
  const { child, output } = run(t, file, '--port', port);
  const address = (): string | undefined => /http:\/\/\S+/.exec(output())?.[0];
  await waitFor(`${file} to listen`, () => address() !== undefined, { timeoutMs: 20_000 });
  return { url: address()!, child, output };
}

/** `kill -9`, and waits until it is dead. */
export async function killServer({ child }: Run): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** A page of its own; what its console says, and what fails in it, fails the test. */
export async function open(t: TestContext, browser: Browser, url: string, troubles: string[]): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
  t.after(() => context.close());
  const page = await context.newPage();
  page.on('pageerror', error => troubles.push(String(error)));
  page.on('console', message => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  await page.goto(url);
  return page;
}
