// One agent for one store, however many start it and from wherever.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { AgentStatus } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { ensureAgent, findAgent, waitForAgentEnd } from '../../src/launch/index.ts';
import { resolvePaths } from '../../src/paths.ts';
import { nodeFlags, programFile } from '../../src/platform/source.ts';
import { createHome, isAlive, processesWith } from './home.ts';

after(leakCheck());

test('five programs that need the agent at the same moment share one', async t => {
  const home = createHome(t);
  const results = await Promise.all(Array.from({ length: 5 }, () => home.launch('ensure').exited));
  const [first] = results;
  for (const result of results) assert.deepEqual(result, first);
  assert.equal(first?.code, 0);
  // Keepers that came too late are gone; what is left is one keeper and its agent.
  await waitFor('the losers to end', () => processesWith(home.folder).length === 2);
  const owner = await home.owner();
  const status = await owner.invoke<AgentStatus>('getStatus');
  assert.deepEqual(processesWith(home.folder).toSorted(), [status.keeperPid, status.pid].toSorted());
});

test('status says what a caller needs and no secret', async t => {
  const home = createHome(t);
  const before = Date.now();
  const endpoint = await home.ensure();
  const status = await (await home.owner()).invoke<AgentStatus>('getStatus');
  assert.equal(status.running, true);
  assert.equal(status.keeperPid, endpoint.keeperPid);
  assert.equal(status.socket, home.paths.socketPath);
  assert.equal(status.dashboardUrl, null);
  assert.match(status.version, /^\d+\.\d+\.\d+/);
  assert.ok(status.startedAt >= before && status.startedAt <= Date.now());
  assert.ok(isAlive(status.pid) && isAlive(status.keeperPid));
});

test('looking for an agent starts none and makes no folder', async t => {
  const home = createHome(t);
  assert.equal(await findAgent({ env: home.env }), undefined);
  assert.equal(statSync(home.folder, { throwIfNoEntry: false }), undefined);
  await home.ensure();
  assert.deepEqual(await findAgent({ env: home.env }), await home.ensure());
});

test('socket, tokens, database and folders are private', async t => {
  const home = createHome(t);
  await home.ensure();
  const mode = (path: string) => lstatSync(path).mode & 0o777;
  assert.ok(lstatSync(home.paths.socketPath).isSocket());
  for (const file of ['socketPath', 'endpointFile', 'ownerTokenFile', 'logFile', 'crashLogFile'] as const) {
    assert.equal(mode(home.paths[file]), 0o600, file);
  }
  assert.equal(mode(join(home.paths.stateFolder, 'longhaul.db')), 0o600);
  for (const folder of ['stateFolder', 'runtimeFolder', 'grantsFolder'] as const) {
    assert.equal(mode(home.paths[folder]), 0o700, folder);
  }
});

test('a second agent on the same store is refused, in the foreground as well as in the background', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  const second = await home.launch('run').exited;
  assert.equal(second.code, 1);
  assert.equal((second.output as { code: string }).code, 'agent-already-running');
  assert.deepEqual(await findAgent({ env: home.env }), endpoint);
});

test('a caller with another runtime folder (cron, ssh) finds the one agent and cannot start a second', async t => {
  const root = mkdtempSync(join(tmpdir(), 'lh-xdg-'));
  const home = createHome(t);
  t.after(() => rmSync(root, { recursive: true }));
  const xdg = (runtime: string) => {
    mkdirSync(join(root, runtime), { recursive: true, mode: 0o700 });
    // LONGHAUL_HOME stays out of it; the name only lets the test find its processes.
    const { LONGHAUL_HOME: _, ...env } = home.env;
    return { ...env, XDG_STATE_HOME: join(root, 'state'), XDG_RUNTIME_DIR: join(root, runtime) };
  };
  t.after(async () => {
    for (const pid of processesWith(root)) process.kill(pid, 'SIGKILL');
    await waitFor('the agent to end', () => processesWith(root).length === 0);
  });
  const endpoint = await ensureAgent({ env: xdg('desktop') });
  assert.ok(endpoint.socketPath.startsWith(join(root, 'desktop', 'longhaul')));
  assert.deepEqual(await ensureAgent({ env: xdg('cron') }), endpoint);
  const second = await home.launch('run', { env: xdg('ssh') }).exited;
  assert.equal((second.output as { code: string }).code, 'agent-already-running');
});

test('a path too long for a socket works: the socket moves to a short private folder', async t => {
  const home = createHome(t, 'l'.repeat(120));
  t.after(() => rmSync(dirname(home.paths.socketPath), { recursive: true, force: true }));
  const endpoint = await home.ensure();
  assert.notEqual(dirname(endpoint.socketPath), home.paths.runtimeFolder);
  assert.equal(lstatSync(dirname(endpoint.socketPath)).mode & 0o777, 0o700);
  assert.equal((await (await home.owner()).invoke<AgentStatus>('getStatus')).socket, endpoint.socketPath);
});

test('a foreground keeper ends in order on Ctrl-C, although its agent hears it as well', async t => {
  const home = createHome(t);
  const { child, exited } = home.launch('run', { detached: true });
  const endpoint = await waitFor('the agent to serve', () => findAgent({ env: home.env }));
  assert.equal(endpoint.keeperPid, child.pid);
  process.kill(-(child.pid as number), 'SIGINT');
  assert.deepEqual(await exited, { code: 0, output: endpoint });
  assert.equal(statSync(home.paths.socketPath, { throwIfNoEntry: false }), undefined);
});

test('a stop cleans up socket, endpoint and token, and the next start has nothing in its way', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  const owner = await home.owner();
  await owner.invoke('stopAgent');
  await owner.closed;
  assert.equal(await waitForAgentEnd(endpoint), true);
  for (const file of ['socketPath', 'endpointFile', 'ownerTokenFile'] as const) {
    assert.equal(lstatSync(home.paths[file], { throwIfNoEntry: false }), undefined, file);
  }
  assert.deepEqual(processesWith(home.folder), []);
  assert.notEqual((await home.ensure()).keeperPid, endpoint.keeperPid);
});

test('who does not want to wait is told that no agent came, or gives the reason himself', async t => {
  const home = createHome(t);
  await assert.rejects(ensureAgent({ env: home.env, timeoutMs: 1 }), { code: 'agent-not-reachable' });
  const reason = new Error('changed my mind');
  await assert.rejects(ensureAgent({ env: home.env, signal: AbortSignal.abort(reason) }), reason);
  // What was started meanwhile serves, or is replaced.
  assert.deepEqual(await home.ensure(), await home.ensure());
});

test('an agent without a keeper refuses to be one', async () => {
  const child = spawn(process.execPath, [...nodeFlags, programFile('main')], { stdio: ['ignore', 'ignore', 'pipe'] });
  assert.match(await text(child.stderr), /started by its keeper/);
});

test('the files an agent makes get the umask of whoever started it, not that of its socket', async t => {
  const home = createHome(t);
  const umask = process.umask(0o027);
  try {
    await home.ensure();
  } finally {
    process.umask(umask);
  }
  const { pid } = await (await home.owner()).invoke<AgentStatus>('getStatus');
  assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Umask:\t0027$/m);
});

test('a folder with the mode of somebody careless is refused before anything is started', async t => {
  const home = createHome(t);
  mkdirSync(home.paths.stateFolder, { recursive: true, mode: 0o700 });
  chmodSync(home.paths.stateFolder, 0o777);
  await assert.rejects(home.ensure(), { code: 'unsafe-folder' });
  await assert.rejects(findAgent({ env: home.env }), { code: 'unsafe-folder' });
  assert.deepEqual(processesWith(home.folder), []);
  assert.equal(resolvePaths(home.env).stateFolder, home.paths.stateFolder);
});
