// Parked sockets through a whole agent with its keeper: the hub's verbs, a restart that no connection notices, and what is told
// after the keeper's death.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AgentStatus, OwnSocketsPage, RunRecord, SocketRecord } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createHome, isAlive } from '../process/home.ts';
import { connection, duplicateOf, numberOfDatagrams } from './parking.ts';
import { base64 } from './room.ts';
import { openApp } from './whole-agent.ts';

after(leakCheck());

const program = `
import { appendFileSync } from 'node:fs';
import { once } from 'node:events';
import { cancelIO, transferOwnership } from '@longhaul/client';
const note = text => appendFileSync(new URL('./journal', import.meta.url), text + '\\n');
export async function run(task) {
  const { reason, socketInformation } = task.triggerDetails;
  if (reason === 'socket-closed') {
    const { id, kind, context } = socketInformation;
    return note(['closed', id, kind, context && Buffer.from(context)].join(' '));
  }
  const socket = await socketInformation.streamSocket();
  if (socket.readableLength === 0) await once(socket, 'readable');
  await cancelIO(socket);
  note(socket.read());
  await transferOwnership(task, socket, socketInformation.id);
}`;

test('a restart of the agent is noticed by no connection, the death of its keeper is told once for each', async t => {
  const home = createHome(t);
  const { folder, token, taskId, guest, ...first } = await openApp(t, home, program);
  let { owner, app } = first;
  const journal = () => (existsSync(join(folder, 'journal')) ? readFileSync(join(folder, 'journal'), 'utf8') : '');
  await assert.rejects(owner.invoke('getSocketDoor'), { code: 'access-denied' });
  assert.deepEqual(await owner.invoke('watchSockets'), []);
  const { peer, app: socket } = await connection(t);
  await guest.transfer(socket, { taskId, context: base64('of main') });
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => datagrams.close());
  await once(datagrams, 'listening');
  const silent = duplicateOf(t, numberOfDatagrams(datagrams));
  await guest.transfer(silent, { taskId, socketId: 'silent', kind: 'datagram-socket' });
  socket[Symbol.dispose]();
  peer.write('before');
  await waitFor('the first words', () => journal() === 'before\n', { timeoutMs: 20_000 });
  const told = () => owner.events.filter(({ name }) => name === 'socketChanged');
  await waitFor('the facts', () => told().some(({ args }) => (args[0] as SocketRecord).transfers === 2));
  assert.equal(app.events.length, 0, 'who does not watch is told nothing');

  const { pid, keeperPid } = await owner.invoke<AgentStatus>('getStatus');
  await owner.invoke('restartAgent').catch(() => {}); // its answer may be lost with the connection
  await waitFor('the agent to be gone', () => !isAlive(pid));
  peer.write('after');
  await waitFor('the next words', () => journal() === 'before\nafter\n', { timeoutMs: 20_000 });
  assert.equal(peer.destroyed, false);
  owner = await home.owner();
  assert.deepEqual(
    (await owner.invoke<SocketRecord[]>('listSockets')).map(({ id, kind }) => [id, kind]),
    [
      ['main', 'stream-socket'],
      ['silent', 'datagram-socket'],
    ],
  );

  process.kill(keeperPid, 'SIGKILL');
  peer.resume();
  await waitFor('the connection to be gone', () => peer.readableEnded || peer.destroyed);
  await waitFor('the keeper to be gone', () => !isAlive(keeperPid));
  await home.ensure();
  const closings = () => journal().split('\n').slice(2).filter(Boolean).sort();
  await waitFor('both to be told', () => closings().length >= 2, { timeoutMs: 20_000 });
  assert.deepEqual(closings(), ['closed main stream-socket of main', 'closed silent datagram-socket ']);
  owner = await home.owner();
  const closed = await owner.invoke<SocketRecord[]>('listSockets');
  assert.deepEqual(
    closed.map(({ status, why }) => [status, why]),
    Array(2).fill(['closed', 'the process that held it has ended']),
  );
  await waitFor('the runs to be over', async () =>
    (await owner.invoke<RunRecord[]>('listRuns', null)).every(({ status }) => status === 'completed'),
  );

  app = await home.connect(token);
  assert.equal((await app.invoke<OwnSocketsPage>('listOwnSockets', null)).sockets.length, 2);
  await app.invoke('removeSocket', { app: 'a', id: 'main' });
  await owner.invoke('unregisterApp', 'a');
  assert.deepEqual(await owner.invoke('listSockets'), []);
});
