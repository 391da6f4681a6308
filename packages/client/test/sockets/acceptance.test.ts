// Acceptance rows 1 to 9 of the reference, each against a real agent with real vaults, hosts and connections.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import {
  cancelIO,
  enableTransferOwnership,
  type LonghaulError,
  localSettings,
  SocketActivityInformation,
  transferOwnership,
} from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { AcceptanceRoom, patience } from './acceptance-room.ts';
import { app, contextOf } from './programs/background.ts';
import { hears, listen, written } from './scene.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const names = ['collect', 'leave', 'forget', 'keepAlive', 'reconnect', 'answer', 'echo'];
const room = left.use(await AcceptanceRoom.open(names));
const { agent, home } = room;

const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'latin1') : '');
const file = (name: string): string => home.file(name);

async function connected(port: number, taskId: string): Promise<Socket> {
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test('1: the app hands a connection over and is killed; its task gets every byte once, in order (SB-02, SB-40)', async () => {
  const task = await room.task('collect');
  const { port, next } = await room.server();
  const context = Buffer.from(contextOf(0, file('one'))).toString('base64');
  const child = await room.handOver(task.taskId, String(port), 'one', context);
  const { peer, heard } = await next();
  await child.kill();
  let sent = '';
  for (let line = 0; line < 200; line++) {
    const words = `line ${line}\n`;
    sent += words;
    await written(peer, words);
    // Some arrive while the task runs, some while the socket is parked.
    if (line % 20 === 0) await waitFor('what was sent', () => read(file('one')) === sent, patience);
  }
  await waitFor('all that was sent', () => read(file('one')) === sent, patience);
  const record = await room.parked('one');
  assert.equal(heard.hasEnded, false);
  assert.deepEqual([record.holder, record.taskId, record.kind], [null, task.taskId, 'stream-socket']);
  const runs = await task.runs();
  assert.ok(runs.length >= 10 && runs.every(run => run.status === 'completed'), JSON.stringify(runs[0]));
  assert.deepEqual(new Set(runs.map(run => run.trigger.reason)), new Set(['socket-activity']));
});

test('2: a task that does not hand back orphans its socket: it closes, says why, and starts nothing again (SB-35)', async () => {
  const task = await room.task('forget');
  const { port, next } = await room.server();
  const socket = await connected(port, task.taskId);
  const { peer, heard } = await next();
  await transferOwnership(agent, socket, 'two', { context: contextOf(0, file('two')) });
  await written(peer, 'for nobody');
  const record = await waitFor(
    'the diagnostic',
    async () => {
      const found = await room.socket('two');
      return found?.status === 'orphaned' ? found : undefined;
    },
    patience,
  );
  const [run, ...others] = await task.runs();
  assert.equal(others.length, 0);
  assert.ok(record.why?.includes(run!.id), `${record.why}`);
  await waitFor('the end of the connection', () => heard.hasEnded, patience);
  assert.equal(read(file('two')), 'for nobody');
  peer.end('again');
  await assert.rejects(
    (await SocketActivityInformation.allSockets(agent)).get('two')?.reclaim() ?? Promise.reject(new Error('gone')),
    /gone/,
  );
  assert.equal((await task.runs()).length, 1);
});

test('a task that reads nothing of what it is woken for is woken less and less often, and its socket says so', async () => {
  const { taskId } = await room.task('leave');
  const { port, next } = await room.server();
  await transferOwnership(agent, await connected(port, taskId), 'left');
  const { peer } = await next();
  await written(peer, 'hello');
  const record = await waitFor(
    'the socket to say why',
    async () => {
      const socket = await room.socket('left');
      return socket?.why?.includes('unread 5 times') ? socket : undefined;
    },
    patience,
  );
  assert.deepEqual([record.status, record.wakes], ['parked', 5]);
  await agent.sockets.remove({ app, id: 'left' });
});

test('3: with I/O pending a hand-over is refused, after cancelIO it succeeds (SB-25, SB-26)', async () => {
  const task = await room.task('collect');
  const { port, next } = await room.server();
  const socket = await connected(port, task.taskId);
  const { peer } = await next();
  const heard = listen(socket);
  await written(peer, 'heard by the app');
  await hears(heard, 'heard by the app');
  const options = { context: contextOf(0, file('three')) };
  await assert.rejects(transferOwnership(agent, socket, 'three', options), { code: 'pending-io' });
  assert.equal(await room.socket('three'), undefined);
  await cancelIO(socket);
  await written(peer, 'heard by the task');
  await transferOwnership(agent, socket, 'three', options);
  await waitFor('the task', () => read(file('three')) === 'heard by the task', patience);
  assert.equal(heard.text, 'heard by the app');
});

test('4: the keep-alive timer starts the task, the task writes, and the timer starts anew (SB-42)', async () => {
  const task = await room.task('keepAlive');
  const { port, next } = await room.server();
  const socket = await connected(port, task.taskId);
  const { heard } = await next();
  await assert.rejects(transferOwnership(agent, socket, 'four', { keepAliveMs: 999 }), { code: 'invalid-argument' });
  await transferOwnership(agent, socket, 'four', { keepAliveMs: 1_000 });
  const { keepAliveMs, keepAliveAt } = (await room.socket('four'))!;
  assert.equal(keepAliveMs, 1_000);
  assert.ok(keepAliveAt !== null);
  await waitFor('two expiries', () => heard.text.split('\n').length > 2, patience);
  assert.match(heard.text, /^(keep-alive-timer-expired\n)+$/);
  const runs = (await task.runs()).toReversed();
  assert.ok(runs[1]!.queuedAt - runs[0]!.queuedAt >= 1_000, 'the second waited as long as the first');
  await agent.sockets.remove({ app, id: 'four' });
  await waitFor('the end', () => heard.hasEnded, patience);
});

test('5: the peer closes; the task connects again to what the app has noted and hands over again (SB-43, SB-45)', async () => {
  const task = await room.task('reconnect');
  const { port, next } = await room.server();
  const settings = localSettings(agent);
  await settings.set('host', '127.0.0.1');
  await settings.set('port', port);
  const socket = await connected(port, task.taskId);
  const first = await next();
  await transferOwnership(agent, socket, 'five');
  first.peer.destroy();
  const second = await next();
  await room.parked('five');
  await written(second.peer, 'after the reconnect');
  await waitFor('the task to hear', async () => (await settings.get('heard')) === 'after the reconnect', patience);
  await room.parked('five');
  const reasons = (await task.runs()).toReversed().map(run => run.trigger.reason);
  assert.deepEqual(reasons, ['socket-closed', 'socket-activity']);
});

test('6: a listener and a datagram socket answer while the app is gone (SB-41)', async () => {
  const server = createServer();
  enableTransferOwnership(server, { taskId: (await room.task('answer')).taskId });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const datagrams = createSocket('udp4');
  enableTransferOwnership(datagrams, { taskId: (await room.task('echo')).taskId });
  datagrams.bind(0, '127.0.0.1');
  await once(datagrams, 'listening');
  const udpPort = datagrams.address().port;
  await transferOwnership(agent, server, 'six-tcp');
  await transferOwnership(agent, datagrams, 'six-udp');
  const peer = createSocket('udp4');
  left.defer(() => void peer.close());
  for (const round of ['first', 'second']) {
    const client = connect(port, '127.0.0.1');
    client.write(round);
    assert.equal(await text(client), `connection-accepted: ${round}`);
    const answered = once(peer, 'message');
    peer.send(round, udpPort, '127.0.0.1');
    assert.equal(String((await answered)[0]), `socket-activity: ${round}`);
    await room.parked('six-tcp');
    await room.parked('six-udp');
  }
});

test('7: enabling after bind is refused (SB-09)', async () => {
  const { taskId } = await room.task('echo');
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1');
  await once(datagrams, 'listening');
  assert.throws(() => enableTransferOwnership(datagrams, { taskId }), { code: 'already-bound' });
  await assert.rejects(transferOwnership(agent, datagrams, 'seven'), { code: 'not-enabled' });
  datagrams.close();
});

test('8: the context makes the round, and its counter grows with each transfer (SB-23)', async () => {
  const task = await room.task('collect');
  const { port, next } = await room.server();
  const socket = await connected(port, task.taskId);
  const { peer } = await next();
  await transferOwnership(agent, socket, 'eight', { context: contextOf(1, file('eight')) });
  for (const round of [2, 3, 4]) {
    await written(peer, '.');
    const record = await waitFor(
      `transfer ${round}`,
      async () => {
        const found = (await SocketActivityInformation.allSockets(agent)).get('eight');
        return found?.context && Buffer.from(found.context).readUInt32LE() === round ? found : undefined;
      },
      patience,
    );
    assert.deepEqual(record.context, new Uint8Array(contextOf(round, file('eight'))));
    assert.equal((await room.parked('eight')).transfers, round);
  }
  const largest = new Uint8Array(65_536).fill(255);
  const info = (await SocketActivityInformation.allSockets(agent)).get('eight')!;
  await transferOwnership(agent, (await info.reclaim()) as Socket, 'eight', { context: largest });
  assert.deepEqual((await SocketActivityInformation.allSockets(agent)).get('eight')!.context, largest);
});

test('9: a new instance of the app lists what earlier ones handed over, and takes it over (SB-34)', async () => {
  const task = await room.task('collect');
  const { port, next } = await room.server();
  const child = await room.handOver(task.taskId, String(port), 'nine', Buffer.from('context').toString('base64'));
  const { peer, heard } = await next();
  await child.kill();
  const server = createServer();
  enableTransferOwnership(server, { taskId: task.taskId });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await transferOwnership(agent, server, 'nine-listener');

  await using instance = await home.connect({ app });
  const all = await SocketActivityInformation.allSockets(instance);
  const nine = all.get('nine')!;
  assert.deepEqual([nine.id, nine.taskId, nine.kind], ['nine', task.taskId, 'stream-socket']);
  assert.deepEqual(Buffer.from(nine.context!), Buffer.from('context'));
  await assert.rejects(nine.streamSocketListener(), { code: 'wrong-kind' });
  await assert.rejects(nine.datagramSocket(), { code: 'wrong-kind' });
  assert.equal(all.get('nine-listener')?.kind, 'stream-socket-listener');
  const socket = await nine.streamSocket();
  assert.equal(await nine.reclaim(), socket, 'once is enough');
  const holder = (await room.socket('nine'))?.holder;
  assert.deepEqual(holder, { pid: process.pid, runId: null });
  assert.equal((await SocketActivityInformation.allSockets(instance)).has('nine'), false);
  const mine = listen(socket);
  await written(peer, 'to the new instance');
  await hears(mine, 'to the new instance');
  socket.write('and back');
  await hears(heard, 'and back');
  socket.destroy();
  await waitFor('the end for the peer', () => heard.hasEnded, patience);
  await waitFor('nobody knows it any more', async () => (await room.socket('nine')) === undefined, patience);

  await using stranger = await home.connect({ app: 'com.example.stranger' });
  assert.equal((await SocketActivityInformation.allSockets(stranger)).size, 0);
  await using owner = await home.connect();
  await assert.rejects(
    SocketActivityInformation.allSockets(owner),
    (error: LonghaulError) => error.code === 'access-denied',
  );
  const fresh = await connected(port, task.taskId);
  await assert.rejects(transferOwnership(owner, fresh, 'ten'), { code: 'access-denied' });
  await assert.rejects(transferOwnership(stranger, fresh, 'ten'), { code: 'not-found' });
  fresh.destroy();
});
