// Listeners and datagram sockets: handed over and taken back without losing a connection or a datagram, and without taking one
// before the app listens.
import assert from 'node:assert/strict';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { cancelIO, enableTransferOwnership, type LonghaulError, transferOwnership } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { rebuild } from '../../src/sockets/rebuild.ts';
import { Broker, taskId } from './broker.ts';
import { turns } from './scene.ts';

const broker = (t: TestContext): Broker => {
  const made = new Broker();
  t.after(() => made[Symbol.dispose]());
  return made;
};
const takeServer = async (from: Broker, id: string): Promise<Server> =>
  rebuild(from.door, await from.door.reclaim(id, 'stream-socket-listener')) as Server;
const takeDatagrams = async (from: Broker, id: string): Promise<DatagramSocket> =>
  rebuild(from.door, await from.door.reclaim(id, 'datagram-socket')) as DatagramSocket;
const hasCode = (code: string) => (error: LonghaulError) => error.code === code;

test('a listener is handed over while it listens; who connects meanwhile is accepted by the next owner (row 6)', async t => {
  const own = broker(t);
  const server = createServer();
  enableTransferOwnership(server, { taskId });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await cancelIO(server);
  await assert.rejects(transferOwnership(own, server, 'l', { keepAliveMs: 1_000 }), hasCode('invalid-argument'));
  await transferOwnership(own, server, 'l', { context: Buffer.from('c') });
  assert.equal(server.listening, false);
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  await once(client, 'connect'); // the kernel has it
  const taken = await takeServer(own, 'l');
  await turns();
  assert.equal(taken.listening, false, 'nobody listens yet, so nothing is accepted');
  const [accepted] = (await once(taken, 'connection')) as [Socket];
  assert.deepEqual([taken.listening, (taken.address() as AddressInfo).port], [true, port]);
  accepted.end('hello');
  assert.equal(await text(client), 'hello');
  await transferOwnership(own, taken, 'l');
  const again = await takeServer(own, 'l');
  await transferOwnership(own, again, 'l'); // without ever having listened
  const last = await takeServer(own, 'l');
  last.close();
  await waitFor('its end', () => own.kindOf('l') === undefined);
  const refused = connect(port, '127.0.0.1');
  assert.equal(((await once(refused, 'error'))[0] as NodeJS.ErrnoException).code, 'ECONNREFUSED');
});

test('connections that an enabled listener accepts can be handed over, those of others cannot', async t => {
  const own = broker(t);
  const server = createServer({ pauseOnConnect: true });
  t.after(() => server.close());
  enableTransferOwnership(server, { taskId });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => client.destroy());
  const [accepted] = (await once(server, 'connection')) as [Socket];
  client.write('to the next owner');
  await transferOwnership(own, accepted, 'from the listener');
  const taken = rebuild(own.door, await own.door.reclaim('from the listener', 'stream-socket')) as Socket;
  assert.equal(String((await once(taken, 'data'))[0]), 'to the next owner');
  const other = 'a0d3f4a5-5f0f-4c0e-9a5b-0d8f2a1c7e11';
  enableTransferOwnership(taken, { taskId: other }); // it is enabled: the task may change
});

test('the file of a Unix listener stays where it is, and so does what connects there', async t => {
  const own = broker(t);
  const folder = mkdtempSync(join(tmpdir(), 'lh-listener-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'door');
  const server = createServer();
  enableTransferOwnership(server, { taskId });
  server.listen(path);
  await once(server, 'listening');
  await transferOwnership(own, server, 'unix');
  assert.ok(existsSync(path));
  const client = connect(path);
  t.after(() => client.destroy());
  await once(client, 'connect');
  const taken = await takeServer(own, 'unix');
  const [accepted] = (await once(taken, 'connection')) as [Socket];
  accepted.destroy();
  await transferOwnership(own, taken, 'unix');
  assert.ok(existsSync(path));
});

test('datagrams that come while it is parked wait for the first who listens (row 6)', async t => {
  const own = broker(t);
  const socket = createSocket('udp4');
  enableTransferOwnership(socket, { taskId });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard: string[] = [];
  socket.on('message', message => void heard.push(String(message)));
  const { port } = socket.address();
  const peer = createSocket('udp4');
  t.after(() => peer.close());
  const send = (words: string) => new Promise(resolve => peer.send(words, port, '127.0.0.1', resolve));
  await send('one');
  await waitFor('one', () => heard.length === 1);
  await cancelIO(socket);
  await send('two');
  own.refuseNext = 'quota-exceeded';
  await assert.rejects(transferOwnership(own, socket, 'd'), hasCode('quota-exceeded'));
  await waitFor('two', () => heard.length === 2);
  await cancelIO(socket);
  await send('three');
  await transferOwnership(own, socket, 'd', { keepAliveMs: 5_000 });
  await send('four');
  const taken = await takeDatagrams(own, 'd');
  await turns();
  const messages: string[] = [];
  taken.on('message', message => void messages.push(String(message)));
  await waitFor('what came meanwhile', () => messages.length === 2);
  assert.deepEqual(
    [heard, messages],
    [
      ['one', 'two'],
      ['three', 'four'],
    ],
  );
  const answered = once(peer, 'message');
  taken.send('answer', peer.address().port, '127.0.0.1');
  assert.equal(String((await answered)[0]), 'answer');
  await transferOwnership(own, taken, 'd');
  const last = await takeDatagrams(own, 'd');
  last.close();
  await waitFor('its end', () => own.kindOf('d') === undefined);
});

test('cancelIO of a datagram socket is undone by the next listener of messages', async t => {
  const socket = createSocket('udp6');
  t.after(() => socket.close());
  enableTransferOwnership(socket, { taskId });
  socket.bind(0, '::1');
  await once(socket, 'listening');
  await cancelIO(socket);
  const heard = once(socket, 'message');
  const peer = createSocket('udp6');
  t.after(() => peer.close());
  peer.send('hello', socket.address().port, '::1');
  assert.equal(String((await heard)[0]), 'hello');
});

test('a datagram socket with a peer still has it afterwards', async t => {
  const own = broker(t);
  const peer = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => peer.close());
  await once(peer, 'listening');
  const socket = createSocket('udp4');
  enableTransferOwnership(socket, { taskId });
  socket.connect(peer.address().port, '127.0.0.1');
  await once(socket, 'connect');
  await transferOwnership(own, socket, 'd');
  const taken = await takeDatagrams(own, 'd');
  const heard = once(peer, 'message');
  taken.send('to my peer');
  assert.equal(String((await heard)[0]), 'to my peer');
  assert.equal(taken.remoteAddress().port, peer.address().port);
});

test('enabling after bind, listen or connect is refused (SB-09, SB-12, row 7)', async t => {
  const refused = hasCode('already-bound');
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  assert.throws(() => enableTransferOwnership(server, { taskId }), refused);
  await once(server, 'listening');
  assert.throws(() => enableTransferOwnership(server, { taskId }), refused);
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => socket.destroy());
  assert.throws(() => enableTransferOwnership(socket, { taskId }), refused);
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
    [Socket],
    unknown,
  ];
  assert.throws(() => enableTransferOwnership(socket, { taskId }), refused);
  assert.throws(() => enableTransferOwnership(accepted, { taskId }), refused);
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => datagrams.close());
  assert.throws(() => enableTransferOwnership(datagrams, { taskId }), refused);
  await once(datagrams, 'listening');
  assert.throws(() => enableTransferOwnership(datagrams, { taskId }), refused);
});
