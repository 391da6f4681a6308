// What survives the death of agent and keeper, and how fast.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import type { AgentStatus, TransferRecord } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { waitForAgentEnd } from '../../src/launch/index.ts';
import { createHome, isAlive } from './home.ts';

after(leakCheck());

test('a killed agent is replaced: same keeper, same socket, same token; a caller that comes at once is served', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  const before = await home.owner();
  const { pid } = await before.invoke<AgentStatus>('getStatus');
  process.kill(pid, 'SIGKILL');
  await before.closed;
  const next = await (await home.owner()).invoke<AgentStatus>('getStatus');
  assert.notEqual(next.pid, pid);
  assert.equal(next.keeperPid, endpoint.keeperPid);
  assert.deepEqual(await home.ensure(), endpoint);
});

test('connections that come while there is no agent wait for the next one', async t => {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  process.kill(pid, 'SIGKILL');
  await owner.closed;
  const clients = await Promise.all(Array.from({ length: 20 }, () => home.owner()));
  const pids = await Promise.all(clients.map(async client => (await client.invoke<AgentStatus>('getStatus')).pid));
  assert.equal(new Set(pids).size, 1);
  assert.notEqual(pids[0], pid);
});

test('the registered apps are still there after a kill', async t => {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  const app = await owner.invoke('registerApp', { id: 'com.example.a', name: 'A' });
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  process.kill(pid, 'SIGKILL');
  await owner.closed;
  assert.deepEqual(await (await home.owner()).invoke('listApps'), [app]);
});

test('the queue is still there after a kill, and what was created comes under the same ids', async t => {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  const requests = Array.from({ length: 20 }, (_, n) => ({
    id: randomUUID(),
    url: 'http://127.0.0.1:9/',
    file: `${home.folder}/${n}`,
  }));
  await Promise.all(requests.map(request => owner.invoke<TransferRecord>('createDownload', request)));
  const queue = await owner.invoke<TransferRecord[]>('listTransfers');
  assert.deepEqual(new Set(queue.map(record => record.id)), new Set(requests.map(request => request.id)));
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  process.kill(pid, 'SIGKILL');
  await owner.closed;
  const next = await home.owner();
  assert.deepEqual(await next.invoke('listTransfers'), queue);
  const again = await next.invoke<TransferRecord>('createDownload', requests[0]);
  assert.deepEqual(
    again,
    queue.find(record => record.id === again.id),
    'asked again after a lost answer',
  );
});

test('without its keeper the agent is gone within a second, and the next caller starts a new pair', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  const owner = await home.owner();
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  process.kill(endpoint.keeperPid, 'SIGKILL');
  await waitFor('the agent to end', () => !isAlive(pid), { timeoutMs: 1_000 });
  await owner.closed;
  const next = await home.ensure();
  assert.notEqual(next.keeperPid, endpoint.keeperPid);
  const status = await (await home.owner()).invoke<AgentStatus>('getStatus');
  assert.equal(status.keeperPid, next.keeperPid);
});

test('a new keeper that comes right after the death of the old one waits for the old agent', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  process.kill(endpoint.keeperPid, 'SIGKILL');
  await waitFor('the socket to be dead', () => isRefused(endpoint.socketPath));
  const [one, two] = await Promise.all([home.ensure(), home.ensure()]);
  assert.deepEqual(one, two);
  assert.notEqual(one.keeperPid, endpoint.keeperPid);
});

test('a restart asked for keeps the keeper and its socket', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  const owner = await home.owner();
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  await owner.invoke('restartAgent');
  await owner.closed;
  const next = await (await home.owner()).invoke<AgentStatus>('getStatus');
  assert.notEqual(next.pid, pid);
  assert.deepEqual(await home.ensure(), endpoint);
});

test('the dashboard keeps its address over a kill, but no session', async t => {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  const link = new URL((await owner.invoke<{ url: string }>('openDashboard')).url);
  const login = async (code: string) =>
    fetch(new URL('/login', link), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
  const codeOf = (url: URL) => new URLSearchParams(url.hash.slice(1)).get('code') as string;
  const { token } = (await (await login(codeOf(link))).json()) as { token: string };
  const negotiate = () =>
    fetch(new URL('/agent/negotiate?negotiateVersion=1', link), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
  assert.equal((await negotiate()).status, 200);
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  process.kill(pid, 'SIGKILL');
  await owner.closed;
  const after = await home.owner();
  assert.equal((await after.invoke<AgentStatus>('getStatus')).dashboardUrl, `${link.origin}/`);
  assert.equal((await negotiate()).status, 401);
  const again = new URL((await after.invoke<{ url: string }>('openDashboard')).url);
  assert.equal(again.origin, link.origin);
  assert.equal((await login(codeOf(again))).status, 200);
});

test('an agent that is stopped by SIGTERM alone is started again: only its keeper ends for good', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  const owner = await home.owner();
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  process.kill(pid, 'SIGTERM');
  await owner.closed;
  const next = await (await home.owner()).invoke<AgentStatus>('getStatus');
  assert.notEqual(next.pid, pid);
  process.kill(endpoint.keeperPid, 'SIGTERM');
  assert.equal(await waitForAgentEnd(endpoint), true);
  assert.equal(isAlive(next.pid), false);
});

test('what a dead keeper left (socket file, endpoint, even a file in the place of the socket) is replaced', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  process.kill(endpoint.keeperPid, 'SIGKILL');
  assert.equal(await waitForAgentEnd(endpoint), true);
  await waitFor('the socket to be dead', () => isRefused(endpoint.socketPath));
  rmSync(endpoint.socketPath);
  writeFileSync(endpoint.socketPath, 'not a socket');
  const next = await home.ensure();
  assert.equal(next.socketPath, endpoint.socketPath);
  assert.equal((await (await home.owner()).invoke<AgentStatus>('getStatus')).keeperPid, next.keeperPid);
});

test('an endpoint file that cannot be understood is nobody`s, and replaced', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  process.kill(endpoint.keeperPid, 'SIGKILL');
  assert.equal(await waitForAgentEnd(endpoint), true);
  writeFileSync(home.paths.endpointFile, 'garbage');
  const next = await home.ensure();
  assert.notEqual(next.keeperPid, endpoint.keeperPid);
  assert.deepEqual(await home.ensure(), next);
});

async function isRefused(path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect(path);
    socket.on('connect', () => resolve(socket.destroy() === undefined));
    socket.on('error', () => resolve(true));
  });
}
