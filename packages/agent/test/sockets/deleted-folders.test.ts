// What a logout or a careless hand deletes under a running agent: it stays in reach, or it ends; it never lives on unseen.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AgentStatus, SocketRecord } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createHome, isAlive, processesWith } from '../process/home.ts';
import { connection } from './parking.ts';
import { Guest } from './room.ts';
import { openApp } from './whole-agent.ts';

after(leakCheck());

const program = `
import { appendFileSync } from 'node:fs';
import { once } from 'node:events';
export async function run(task) {
  const socket = await task.triggerDetails.socketInformation.streamSocket();
  if (socket.readableLength === 0) await once(socket, 'readable');
  appendFileSync(new URL('./journal', import.meta.url), socket.read());
}`;

test('a runtime folder that was deleted is there again, and what is parked stays parked', async t => {
  const home = createHome(t);
  const { folder, owner, token, path, taskId, guest } = await openApp(t, home, program);
  const { peer, app: socket } = await connection(t);
  await guest.transfer(socket, { taskId });
  socket[Symbol.dispose]();
  const before = await owner.invoke<AgentStatus>('getStatus');

  rmSync(home.paths.runtimeFolder, { recursive: true });
  assert.equal((await home.ensure()).keeperPid, before.keeperPid, 'found again, not started anew');
  await waitFor('the door for sockets', () => existsSync(path));
  // The next agent has to find the vaults again, too.
  await waitFor('the vault', () => existsSync(join(home.paths.runtimeFolder, vaultName(before.keeperPid))));
  const again = await home.owner();
  await again.invoke('restartAgent').catch(() => {}); // its answer may be lost with the connection
  await waitFor('the agent to be gone', () => !isAlive(before.pid));
  const [row] = await (await home.owner()).invoke<SocketRecord[]>('listSockets');
  assert.equal(row?.status, 'parked');
  peer.write('heard');
  const journal = join(folder, 'journal');
  await waitFor('the task', () => existsSync(journal) && readFileSync(journal, 'utf8') === 'heard');
  await Guest.open(t, path, token);
});

test('a keeper whose state folder was deleted ends with its agent, and the next start is a new one', async t => {
  const home = createHome(t);
  const first = await home.ensure();
  rmSync(home.paths.stateFolder, { recursive: true });
  await waitFor('its end', () => !isAlive(first.keeperPid), { timeoutMs: 20_000 });
  const second = await home.ensure();
  assert.notEqual(second.keeperPid, first.keeperPid);
  const { pid, keeperPid } = await (await home.owner()).invoke<AgentStatus>('getStatus');
  assert.deepEqual(processesWith(`LONGHAUL_HOME=${home.folder}`).sort(), [pid, keeperPid].sort());
});

test('a state folder that cannot be looked at for a while ends nobody', async t => {
  const [home, other] = [createHome(t), createHome(t)];
  const [kept, ended] = [await home.ensure(), await other.ensure()];
  const { stateFolder } = home.paths;
  renameSync(stateFolder, `${stateFolder}-aside`);
  symlinkSync(stateFolder, stateFolder); // ELOOP, for root as well
  rmSync(other.paths.stateFolder, { recursive: true });
  // Its keeper looks as often, and ends after its second look.
  await waitFor('the looks', () => !isAlive(ended.keeperPid), { timeoutMs: 20_000 });
  rmSync(stateFolder);
  renameSync(`${stateFolder}-aside`, stateFolder);
  assert.equal((await home.ensure()).keeperPid, kept.keeperPid);
});

/** As VaultProcesses names the first. */
const vaultName = (keeperPid: number): string => `v${keeperPid.toString(36)}-1`;
