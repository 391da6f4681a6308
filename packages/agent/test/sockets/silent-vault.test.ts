// A vault that does not answer while an agent is replaced, through a whole agent with its keeper: what it holds is not lost until
// its process has ended.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, describe, type TestContext, test } from 'node:test';
import type { AgentStatus, AppRecord, RunRecord, SocketRecord, TaskRecord } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createHome, isAlive } from '../process/home.ts';
import { makeApp, socketTask } from '../tasks/room.ts';
import { connection } from './parking.ts';
import { Guest } from './room.ts';

after(leakCheck());

const program = `
import { once } from 'node:events';
import { cancelIO, transferOwnership } from '@longhaul/client';
export async function run(task) {
  const { reason, socketInformation } = task.triggerDetails;
  if (reason === 'socket-closed') return;
  const socket = await socketInformation.streamSocket();
  if (socket.readableLength === 0) await once(socket, 'readable');
  await new Promise(resolve => socket.write(socket.read(), resolve));
  await cancelIO(socket);
  await transferOwnership(task, socket, socketInformation.id);
}`;

/** Two sockets are parked, their vault is stopped, the agent is killed, and the next one serves. */
async function open(t: TestContext) {
  const home = createHome(t);
  await home.ensure();
  const folder = makeApp(t, { 'task.mjs': program });
  const before = await home.owner();
  const manifest = { id: 'a', folder, tasks: [socketTask('./task.mjs#run')] };
  const { grantFile } = await before.invoke<AppRecord>('registerApp', manifest);
  const { token } = JSON.parse(readFileSync(grantFile, 'utf8')) as { token: string };
  const app = await home.connect(token);
  const wanted = { name: 'task', entryPoint: './task.mjs#run', trigger: { type: 'socket-activity' } };
  const { taskId } = await app.invoke<TaskRecord>('registerTask', wanted);
  const { path } = await app.invoke<{ path: string }>('getSocketDoor');
  const guest = await Guest.open(t, path, token);
  const peers = [];
  for (const socketId of ['one', 'two']) {
    const { peer, app: socket } = await connection(t);
    await guest.transfer(socket, { socketId, taskId });
    socket[Symbol.dispose]();
    peers.push(peer);
  }
  const { pid, keeperPid } = await before.invoke<AgentStatus>('getStatus');
  const vault = vaultOf(keeperPid);
  process.kill(vault, 'SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await waitFor('the agent to be gone', () => !isAlive(pid));
  const owner = await home.owner();
  const sockets = () => owner.invoke<SocketRecord[]>('listSockets');
  for (const { status, why } of await sockets()) {
    assert.equal(status, 'parked');
    assert.match(why ?? '', /the process that holds it does not answer/);
  }
  return { owner, sockets, peers, vault };
}

function vaultOf(keeper: number): number {
  const children = readdirSync(`/proc/${keeper}/task`).flatMap(task =>
    readFileSync(`/proc/${keeper}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.find(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('vault'))!;
}

describe('a vault that is stopped while the agent is killed', { concurrency: 2 }, () => {
  test('has its sockets heard again when it goes on, and what came meanwhile wakes', async t => {
    const { sockets, peers, vault } = await open(t);
    const echoes = ['', ''];
    for (const [n, peer] of peers.entries()) peer.on('data', data => (echoes[n] += String(data))).resume();
    peers[0]!.write('meanwhile');
    process.kill(vault, 'SIGCONT');
    await waitFor('the echo', () => echoes[0] === 'meanwhile', { timeoutMs: 20_000 });
    peers[1]!.write('afterwards');
    await waitFor('the other echo', () => echoes[1] === 'afterwards', { timeoutMs: 20_000 });
    await waitFor('both to be parked', async () =>
      (await sockets()).every(({ status, why }) => status === 'parked' && why === null),
    );
  });

  test('has each socket told as closed when it is killed instead', async t => {
    const { owner, sockets, vault } = await open(t);
    process.kill(vault, 'SIGKILL');
    await waitFor('both to be closed', async () => (await sockets()).every(({ status }) => status === 'closed'));
    const runs = () => owner.invoke<RunRecord[]>('listRuns', null);
    await waitFor(
      'each to be told',
      async () => {
        const told = (await runs()).filter(({ status }) => status === 'completed').map(({ trigger }) => trigger);
        assert.ok(told.length <= 2, 'once');
        return told.length === 2 && told.every(({ reason }) => reason === 'socket-closed');
      },
      { timeoutMs: 20_000 },
    );
  });
});
