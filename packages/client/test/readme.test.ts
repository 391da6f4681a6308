// The example of the README runs as it stands, twice: the second run finds what the first one handed over.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { bodyOf, startOrigin } from '@longhaul/testing/origin';
import { AgentHome } from './agent-home.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8');
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const origin = left.use(await startOrigin(10 * 1024 * 1024));
// Inside the package, so that its imports are found as an application's are.
const folder = mkdtempSync(path.join(import.meta.dirname, 'readme-'));
left.defer(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=longhaul-source', path.join(folder, 'app.ts'), ...args], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0);
  return stdout;
}

test('the example of the README runs', async () => {
  const code = /```ts file=app\.ts\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(code, 'the README has no app.ts');
  writeFileSync(path.join(folder, 'app.ts'), code);
  const target = home.file('film.mp4');
  const first = await run(`${origin.url}/film?size=300000`, target);
  assert.match(first, /^handed over: [0-9a-f-]{36}\n/);
  assert.ok(first.endsWith(`arrived: ${target}\n`), first);
  assert.ok(readFileSync(target).equals(bodyOf('film', 300_000)));
  assert.equal(await run(), `from an earlier run: ${target} completed\n`);
  assert.equal(await run(), '', 'it was removed');
});
