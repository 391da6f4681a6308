// What an app notices of the agent's death while it hands sockets over, takes them back and holds them: nothing but a pause.
// kill -9 before and after every step; a sample by default, LONGHAUL_CRASH_ROUNDS=all takes all. LONGHAUL_SEED repeats.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { describe, test } from 'node:test';
import {
  type Agent,
  cancelIO,
  enableTransferOwnership,
  SocketActivityInformation,
  transferOwnership,
} from '@longhaul/client';
import { seededRandom, waitFor } from '@longhaul/testing';
import { AcceptanceRoom, patience } from './acceptance-room.ts';
import { app, contextOf } from './programs/background.ts';
import { hears, listen, written } from './scene.ts';

const steps = ['transfer.park', 'transfer.commit', 'transfer.answer', 'lend.take', 'lend.note', 'lend.answer'];
steps.push('return.note', 'return.give', 'return.answer', 'close.note', 'close.end');
const aims = steps.flatMap(step => [`before:socket.${step}`, `after:socket.${step}`]);
const random = seededRandom();
const left = [...aims];
const sample = Array.from({ length: 4 }, () => left.splice(random.below(left.length), 1)[0]!);
const chosen = process.env.LONGHAUL_CRASH_ROUNDS === 'all' ? aims : sample;

async function taken(agent: Agent, id: string): Promise<Socket> {
  const information = (await SocketActivityInformation.allSockets(agent)).get(id);
  assert.ok(information, `${id} is parked`);
  return (await information.reclaim()) as Socket;
}

async function connected(room: AcceptanceRoom) {
  const { taskId } = await room.task('collect');
  const { port, next } = await room.server();
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return { socket, ...(await next()) };
}

describe('the agent dies', { concurrency: 2 }, () => {
  process.stderr.write(`sockets: LONGHAUL_SEED=${random.seed}, ${chosen.length} of ${aims.length} aims\n`);

  for (const aim of chosen) {
    test(`${aim}: every call succeeds once, no byte is lost, and the peer notices nothing`, async () => {
      await using room = await AcceptanceRoom.open(['collect'], home => {
        Object.assign(home.env, { LONGHAUL_CRASH_AT: aim, LONGHAUL_CRASH_MARK: home.file('crashed') });
      });
      const { socket, peer, heard } = await connected(room);
      await transferOwnership(room.agent, socket, 'x', { context: Buffer.from([1]) });
      const first = await taken(room.agent, 'x');
      const mine = listen(first);
      await written(peer, 'to the app');
      await hears(mine, 'to the app');
      first.write('to the peer');
      await hears(heard, 'to the peer');
      await cancelIO(first);
      await transferOwnership(room.agent, first, 'x', { context: Buffer.from([2]) });
      const record = await room.parked('x');
      assert.deepEqual([record.transfers, record.wakes, record.contextBytes], [2, 0, 1]);
      const second = await taken(room.agent, 'x');
      assert.equal(heard.hasEnded, false);
      second.destroy();
      await waitFor('the end', () => heard.hasEnded, patience);
      await waitFor('nobody knows it any more', async () => (await room.socket('x')) === undefined, patience);
      assert.ok(existsSync(room.home.file('crashed')), 'the agent has died where it should');
    });
  }

  test('what an app holds is still its own long after the agent’s patience, and can be given back', async () => {
    await using room = await AcceptanceRoom.open(['collect']);
    const { socket, peer, heard } = await connected(room);
    await transferOwnership(room.agent, socket, 'held');
    const held = await taken(room.agent, 'held');
    const server = createServer();
    enableTransferOwnership(server, await room.task('collect'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await transferOwnership(room.agent, server, 'held too');
    const listener = (await SocketActivityInformation.allSockets(room.agent)).get('held too')!;
    await listener.streamSocketListener();

    const { pid } = await room.agent.getStatus();
    process.kill(pid, 'SIGKILL');
    const { startedAt } = await waitFor('the next agent', async () => {
      const status = await room.agent.getStatus();
      return status.pid === pid ? undefined : status;
    });
    const patienceOfAgentMs = 5_000;
    await waitFor('its patience to end', () => Date.now() > startedAt + patienceOfAgentMs + 500, patience);
    for (const id of ['held', 'held too']) {
      assert.deepEqual((await room.socket(id))?.holder, { pid: process.pid, runId: null }, id);
    }
    const mine = listen(held);
    await written(peer, 'still yours');
    await hears(mine, 'still yours');
    await cancelIO(held);
    await transferOwnership(room.agent, held, 'held');
    assert.equal((await room.parked('held')).transfers, 2);
    assert.equal(heard.hasEnded, false);
  });

  test('given up while the agent hangs, a hand-over that happens after all is undone: the socket stays the app’s', async () => {
    await using room = await AcceptanceRoom.open(['collect']);
    const other = await connected(room);
    await transferOwnership(room.agent, other.socket, 'other');
    await taken(room.agent, 'other'); // keeps a channel open
    const { socket, peer, heard } = await connected(room);
    const { pid } = await room.agent.getStatus();
    process.kill(pid, 'SIGSTOP');
    const abort = new AbortController();
    const given = transferOwnership(room.agent, socket, 'given up', { signal: abort.signal });
    abort.abort();
    await assert.rejects(given, { code: 'operation-canceled' });
    const mine = listen(socket);
    await written(peer, 'before,');
    await hears(mine, 'before,');
    process.kill(pid, 'SIGCONT');
    const record = await waitFor(
      'it to be ours again',
      async () => {
        const found = await room.socket('given up');
        return found?.holder?.pid === process.pid ? found : undefined;
      },
      patience,
    );
    assert.equal(record.wakes, 0);
    await written(peer, 'after');
    await hears(mine, 'before,after');
    await cancelIO(socket);
    await transferOwnership(room.agent, socket, 'given up');
    assert.equal((await room.parked('given up')).transfers, 2);
    assert.equal(heard.hasEnded, false);
  });

  test('without an agent a hand-over fails in time, and the socket stays the app’s', async () => {
    await using room = await AcceptanceRoom.open(['collect']);
    const { socket, peer, heard } = await connected(room);
    await using brief = await room.home.connect({ app, start: 'never', reachTimeoutMs: 500 });
    await room.home.stop();
    await assert.rejects(transferOwnership(brief, socket, 'x'), { code: 'agent-not-reachable' });
    const mine = listen(socket);
    await written(peer, 'still here');
    await hears(mine, 'still here');
    socket.write('me too');
    await hears(heard, 'me too');
  });

  test('an app that is killed while it holds a socket loses it to the broker, which wakes the task for what it had not read', async () => {
    await using room = await AcceptanceRoom.open(['collect']);
    const { socket, peer } = await connected(room);
    const file = room.home.file('woken');
    await transferOwnership(room.agent, socket, 'x', { context: contextOf(0, file) });
    const holder = await room.runApp('hold.ts', 'x');
    await written(peer, 'for whoever has it next');
    await holder.kill();
    const read = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    await waitFor('the task', () => read() === 'for whoever has it next', patience);
  });
});
