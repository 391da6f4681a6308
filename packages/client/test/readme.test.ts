// The examples of the README run as they stand, twice: the second run finds what the first one handed over.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { bodyOf, startOrigin } from '@longhaul/testing/origin';
import { AgentHome } from './agent-home.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8');
const source = '--conditions=longhaul-source';
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const origin = left.use(await startOrigin(10 * 1024 * 1024));
// Inside the package, so that its imports are found as an application's are.
const folder = mkdtempSync(path.join(import.meta.dirname, 'readme-'));
left.defer(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [source, path.join(folder, 'app.ts'), ...args], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0);
  return stdout;
}

function writeExample(name: string): void {
  const code = new RegExp(`\`\`\`\\w+ file=${RegExp.escape(name)}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  assert.ok(code, `the README has no ${name}`);
  writeFileSync(path.join(folder, name), code);
}

test('the download of the README runs', async () => {
  writeExample('app.ts');
  const target = home.file('film.mp4');
  const first = await run(`${origin.url}/film?size=300000`, target);
  assert.match(first, /^handed over: [0-9a-f-]{36}\n/);
  assert.ok(first.endsWith(`arrived: ${target}\n`), first);
  assert.ok(readFileSync(target).equals(bodyOf('film', 300_000)));
  assert.equal(await run(), `from an earlier run: ${target} completed\n`);
  assert.equal(await run(), '', 'it was removed');
});

test('the socket of the README outlives its program, is read by its task, and is found again', async () => {
  for (const name of ['longhaul.json', 'listen.ts', 'background.ts']) writeExample(name);
  const server = createServer().listen(0, '127.0.0.1');
  left.defer(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = once(server, 'connection') as Promise<[Socket]>;
  const listen = () => {
    const child = spawn(process.execPath, [source, path.join(folder, 'listen.ts'), '127.0.0.1', String(port)], {
      env: home.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    left.defer(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', chunk => {
      output += chunk;
    });
    const says = (words: string) => waitFor(words, () => output === words, { timeoutMs: 30_000 });
    return { child, says };
  };

  const first = listen();
  const [peer] = await connection;
  left.defer(() => void peer.destroy());
  let hasEnded = false;
  peer.on('end', () => {
    hasEnded = true;
  });
  peer.write('one');
  await first.says('listen.ts: one\n');
  first.child.kill('SIGINT');
  assert.deepEqual(await once(first.child, 'exit'), [null, 'SIGINT']);

  peer.write('two');
  await using agent = await home.connect({ app: 'com.example.news' });
  const printed = await waitFor(
    'the task',
    async () => {
      const [run] = await agent.tasks.listRuns();
      return run?.status === 'completed' && (await agent.tasks.getRun(run.id)).log;
    },
    { timeoutMs: 30_000 },
  );
  assert.equal(printed, 'background.ts: two\n');

  const second = listen();
  await waitFor('the second process to have it', async () => (await agent.sockets.list())[0]?.status === 'lent', {
    timeoutMs: 30_000,
  });
  peer.write('three');
  await second.says('listen.ts: three\n');
  assert.equal(hasEnded, false);
});
