// Parked sockets while the disk of the store is full: no connection ends over it, nothing that happens to them is lost, the agent
// lives on, or is started again until it can be, and says why.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import type { AgentStatus, RunRecord, SocketRecord } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createHome, isAlive } from '../process/home.ts';
import type { HubClient } from '../process/hub-client.ts';
import { Disk, whyNoDisk } from '../transfers/disk.ts';
import { connection } from './parking.ts';
import { openApp } from './whole-agent.ts';

after(leakCheck());

/** Says what it has read; hands back as often as it takes, and says why it could not. With "hold" it waits to be let go. */
const program = `
import { appendFileSync, existsSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelIO, transferOwnership } from '@longhaul/client';
const note = text => appendFileSync(new URL('./journal', import.meta.url), text + '\\n');
export async function run(task) {
  const { reason, socketInformation } = task.triggerDetails;
  const { id } = socketInformation;
  if (reason === 'socket-closed') return note(id + ' closed');
  const socket = await socketInformation.streamSocket();
  if (reason === 'keep-alive-timer-expired') note(id + ' ' + reason);
  else {
    // What an earlier attempt has read is gone with it.
    if (socket.readableLength === 0) await Promise.race([once(socket, 'readable'), delay(500)]);
    const text = String(socket.read() ?? 'nothing');
    note(id + ' ' + text);
    while (text === 'hold' && !existsSync(new URL('./go', import.meta.url))) await delay(5);
  }
  await cancelIO(socket);
  for (;;) {
    try {
      return await transferOwnership(task, socket, id, { keepAliveMs: null });
    } catch (error) {
      note(id + ' ' + error.code);
      await delay(100);
    }
  }
}`;

interface Parked {
  readonly socketId: string;
  readonly peer: Socket;
}

async function open(t: TestContext) {
  t.after(() => disk?.[Symbol.dispose]());
  const home = createHome(t);
  const disk: Disk | undefined = new Disk(home.folder, 'size=8m,mode=700');
  const { folder, owner, app, taskId, guest } = await openApp(t, home, program);
  const parked: Parked[] = [];
  for (const [socketId, keepAliveMs] of [
    ['timed', 2_000],
    ['held', null],
    ['quiet', null],
  ] as const) {
    const { peer, app: socket } = await connection(t);
    await guest.transfer(socket, { socketId, taskId, keepAliveMs });
    socket[Symbol.dispose]();
    parked.push({ socketId, peer });
  }
  const journal = () => {
    const file = join(folder, 'journal');
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  };
  const noted = (line: string) =>
    waitFor(`"${line}" in the journal`, () => journal().includes(line), { timeoutMs: 20_000 });
  const peerOf = (id: string) => parked.find(({ socketId }) => socketId === id)!.peer;
  return { home, disk, folder, owner, app, guest, taskId, parked, journal, noted, peerOf };
}

const sockets = (owner: HubClient) => owner.invoke<SocketRecord[]>('listSockets');
const isParked = async (owner: HubClient) => (await sockets(owner)).every(({ status }) => status === 'parked');

describe('while the disk is full', { skip: whyNoDisk }, () => {
  test('times that come, runs that end and bytes that come wait for room; the agent says why, and refuses what is new', async t => {
    const { disk, folder, owner, app, guest, taskId, parked, journal, noted, peerOf } = await open(t);
    const before = await owner.invoke<AgentStatus>('getStatus');
    peerOf('held').write('hold');
    await noted('held hold');
    disk.fill();
    peerOf('quiet').write('x');
    writeFileSync(join(folder, 'go'), '');
    await noted('held disk-full');
    const { app: another } = await connection(t);
    await assert.rejects(guest.transfer(another, { socketId: 'new', taskId }), { code: 'disk-full' });
    const wanted = { name: 'other', entryPoint: './task.mjs#run', trigger: { type: 'socket-activity' } };
    await assert.rejects(app.invoke('registerTask', wanted), { code: 'disk-full' });
    await assert.rejects(owner.invoke('registerApp', { id: 'b', name: 'B' }), { code: 'disk-full' });
    await assert.rejects(app.invoke('setSetting', 'name', 'value'), { code: 'disk-full' });
    await waitFor('what is in the way to be told', async () => {
      const quiet = (await sockets(owner)).find(({ id }) => id === 'quiet');
      return quiet?.status === 'parked' && /nobody can be woken now: .*disk is full/.test(quiet.why ?? '');
    });
    const [timed] = await sockets(owner);
    await waitFor('its time to come', () => Date.now() > timed!.keepAliveAt! + 1_500);
    assert.equal((await sockets(owner))[0]?.status, 'parked');
    disk.clear();
    await noted('timed keep-alive-timer-expired');
    await noted('quiet x');
    await waitFor('all to be parked', () => isParked(owner));
    assert.deepEqual(await owner.invoke<AgentStatus>('getStatus'), before, 'no agent has ended over it');
    for (const { socketId, peer } of parked) {
      assert.equal(peer.destroyed, false);
      peer.write('again');
      await noted(`${socketId} again`);
    }
    assert.deepEqual(
      journal()
        .filter(line => /hold|expired|x$/.test(line))
        .sort(),
      ['held hold', 'quiet x', 'timed keep-alive-timer-expired'],
    );
  });

  test('an agent that is killed is started until it can be; its keeper holds the connections, and each is heard again', async t => {
    const { home, disk, folder, owner, parked, noted, peerOf } = await open(t);
    const { pid, keeperPid } = await owner.invoke<AgentStatus>('getStatus');
    peerOf('held').write('hold');
    await noted('held hold');
    disk.fill();
    process.kill(pid, 'SIGKILL');
    await waitFor('the agent to be gone', () => !isAlive(pid));
    writeFileSync(join(folder, 'go'), '');
    peerOf('quiet').write('x');
    const filledAt = performance.now();
    await waitFor('more starts than a keeper without vaults tries', () => performance.now() > filledAt + 4_000);
    assert.equal(isAlive(keeperPid), true);
    await assert.rejects(home.owner(), /HTTP 503/, 'who comes meanwhile is told why there is no agent');
    disk.clear();
    const next = await waitFor('the next agent', () => home.owner().catch(() => undefined), { timeoutMs: 10_000 });
    await noted('timed keep-alive-timer-expired');
    await noted('quiet x');
    await waitFor('all to be parked', () => isParked(next), { timeoutMs: 20_000 });
    assert.equal((await next.invoke<AgentStatus>('getStatus')).keeperPid, keeperPid);
    for (const { socketId, peer } of parked) {
      assert.equal(peer.destroyed, false);
      peer.write('again');
      await noted(`${socketId} again`);
    }
    const failed = (await next.invoke<RunRecord[]>('listRuns', null)).filter(({ status }) => status === 'failed');
    assert.deepEqual(failed, []);
  });

  test('an agent that has no room to start says so to whoever starts it', async t => {
    let disk: Disk | undefined;
    t.after(() => disk?.[Symbol.dispose]());
    const home = createHome(t);
    disk = new Disk(home.folder, 'size=1m,mode=700');
    disk.fill();
    await assert.rejects(home.ensure(), { code: 'disk-full' });
    disk.clear();
    await home.ensure();
  });
});
