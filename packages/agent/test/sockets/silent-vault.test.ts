// A vault that does not answer while an agent is replaced, or lives on, through a whole agent with its keeper: what it holds is
// not lost until its process has ended.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { after, describe, type TestContext, test } from 'node:test';
import { type AgentStatus, isRunOver, type RunRecord, type SocketRecord } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createHome, isAlive } from '../process/home.ts';
import { connection, mayTakeHere } from './parking.ts';
import { openApp } from './whole-agent.ts';

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

/** Two sockets are parked; what comes back on them is kept. */
async function park(t: TestContext) {
  const home = createHome(t);
  const { owner, taskId, guest } = await openApp(t, home, program);
  const peers: Socket[] = [];
  const echoes = ['', ''];
  for (const [n, socketId] of ['one', 'two'].entries()) {
    const { peer, app: socket } = await connection(t);
    await guest.transfer(socket, { socketId, taskId });
    socket[Symbol.dispose]();
    peer.on('data', data => (echoes[n] += String(data))).resume();
    peers.push(peer);
  }
  const { pid, keeperPid } = await owner.invoke<AgentStatus>('getStatus');
  return { home, owner, guest, peers, echoes, pid, vault: vaultOf(keeperPid) };
}

/** Their vault is stopped, the agent is killed, and the next one serves. */
async function replaceAgent(t: TestContext) {
  const { home, pid, vault, peers, echoes } = await park(t);
  process.kill(vault, 'SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await waitFor('the agent to be gone', () => !isAlive(pid));
  const owner = await home.owner();
  const sockets = () => owner.invoke<SocketRecord[]>('listSockets');
  for (const { status, why } of await sockets()) {
    assert.equal(status, 'parked');
    assert.match(why ?? '', silence);
  }
  return { owner, sockets, peers, echoes, vault };
}

const silence = /the process that holds it does not answer/;

function vaultOf(keeper: number): number {
  const children = readdirSync(`/proc/${keeper}/task`).flatMap(task =>
    readFileSync(`/proc/${keeper}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.find(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('vault'))!;
}

describe('a vault that is stopped', { concurrency: 3 }, () => {
  test('while the agent is killed has its sockets heard again when it goes on, and what came meanwhile wakes', async t => {
    const { sockets, peers, echoes, vault } = await replaceAgent(t);
    peers[0]!.write('meanwhile');
    process.kill(vault, 'SIGCONT');
    await waitFor('the echo', () => echoes[0] === 'meanwhile', { timeoutMs: 20_000 });
    peers[1]!.write('afterwards');
    await waitFor('the other echo', () => echoes[1] === 'afterwards', { timeoutMs: 20_000 });
    await waitFor('both to be parked', async () =>
      (await sockets()).every(({ status, why }) => status === 'parked' && why === null),
    );
  });

  test('while the agent is killed has each socket told as closed when it is killed instead', async t => {
    const { owner, sockets, vault } = await replaceAgent(t);
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

  test('while its agent lives: a warm host is woken, it and an app hand back, and what comes is heard once', {
    skip: !mayTakeHere,
  }, async t => {
    const { owner, guest, peers, echoes, vault } = await park(t);
    const sockets = () => owner.invoke<SocketRecord[]>('listSockets');
    const all = async (isTrue: (record: SocketRecord) => boolean) => (await sockets()).every(isTrue);
    const patience = { timeoutMs: 20_000 };
    const runsThatAreOver = () =>
      waitFor(
        'every run to be over',
        async () => {
          const records = await owner.invoke<RunRecord[]>('listRuns', null);
          return records.every(({ status }) => isRunOver(status)) ? records : undefined;
        },
        patience,
      );
    peers[1]!.write('cold,');
    await waitFor('the host to be warm', () => echoes[1] === 'cold,', patience);
    await waitFor('both to be parked', () => all(({ status }) => status === 'parked'));
    await runsThatAreOver(); // a host with a run is asked first whether it hears, and the wake goes the long way
    const { message, descriptors } = await guest.ask({ type: 'reclaim', socketId: 'two', kind: 'stream-socket' });
    assert.ok(message.type === 'lent');
    const { key, lease } = message.socket;
    process.kill(vault, 'SIGSTOP');
    t.after(() => isAlive(vault) && process.kill(vault, 'SIGCONT'));
    peers[0]!.write('warm,');
    await waitFor('the echo of a warm host, without the vault', () => echoes[0] === 'warm,');
    assert.equal(await guest.tell({ type: 'return', key, lease, leftover: null }), 'done');
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    await waitFor('silence', () => all(({ status, why }) => status === 'parked' && silence.test(why ?? '')), patience);
    for (const peer of peers) peer.write('later');
    process.kill(vault, 'SIGCONT');
    await waitFor('the others', () => echoes.join(' ') === 'warm,later cold,later', patience);
    await waitFor('both to be parked', () => all(({ status, why }) => status === 'parked' && why === null));
    const runs = await runsThatAreOver();
    assert.deepEqual(
      runs.map(({ status, error }) => error?.message ?? status),
      Array(4).fill('completed'),
    );
  });
});
