// The broker over the real door, with real vaults and connections: hand over, be woken, take over, hand back, be forgotten.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { after, test } from 'node:test';
import { type LentSocket, LonghaulError } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import type { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import type { Sockets } from '../../src/sockets/door.ts';
import { connection, duplicateOf, numberOf, numberOfDatagrams, readAll } from './parking.ts';
import { base64, type FakeRun, owner, Scene, taskId, transferOf } from './room.ts';

after(leakCheck());

/** What a host does with a run: gets its socket. */
async function start(sockets: Sockets, run: FakeRun, pid = 1) {
  const lent = await sockets.lend(run, pid);
  assert.notEqual(lent, 'obsolete');
  return lent as { socket: LentSocket; descriptor: Descriptor };
}

test('handed over, woken by the peer, lent with its context, handed back, woken again (SB-02, SB-22..SB-24, SB-35, SB-40)', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  const key = await guest.transfer(app, { context: base64('one'), keepAliveMs: 60_000 });
  app[Symbol.dispose]();
  const [record] = sockets.list(owner);
  assert.ok(record !== undefined);
  assert.deepEqual(
    [
      record.app,
      record.id,
      record.kind,
      record.status,
      record.taskId,
      record.wake,
      record.contextBytes,
      record.transfers,
    ],
    ['a', 'main', 'stream-socket', 'parked', taskId, 'do-not-wake', 3, 1],
  );
  assert.equal(record.remoteAddress, `127.0.0.1:${peer.localPort}`);
  assert.equal(record.localAddress, `127.0.0.1:${peer.remotePort}`);
  assert.ok(record.keepAliveAt !== null && record.keepAliveAt > record.since + 59_000);
  peer.write('hello');
  const run = await scene.tasks.next();
  assert.deepEqual([run.app, run.taskId, run.reason, run.socketId], ['a', taskId, 'socket-activity', 'main']);
  assert.deepEqual([sockets.list(owner)[0]?.status, sockets.list(owner)[0]?.wakes], ['signalled', 1]);
  const { socket, descriptor } = await start(sockets, run, 4711);
  using own = descriptor;
  assert.deepEqual(socket, {
    key,
    lease: 1,
    socketId: 'main',
    taskId,
    kind: 'stream-socket',
    wake: 'do-not-wake',
    context: base64('one'),
    leftover: null,
    keepAliveMs: 60_000,
  });
  assert.deepEqual(sockets.list(owner)[0]?.holder, { pid: 4711, runId: run.id });
  assert.equal(readAll(own), 'hello');
  const returned = { type: 'return', key, lease: 1, context: base64('two'), leftover: null } as const;
  assert.equal(await guest.tell(returned), 'done');
  await sockets.over(run, 'completed');
  assert.deepEqual([sockets.list(owner)[0]?.status, sockets.list(owner)[0]?.transfers], ['parked', 2]);
  assert.equal(sockets.listOwn('a', null).sockets[0]?.context, base64('two'));
  assert.deepEqual(sockets.listOwn('b', null), { sockets: [], next: null });
  peer.write('again');
  assert.equal((await scene.tasks.next()).reason, 'socket-activity');
  assert.equal(scene.tasks.waiting, 0);
});

test('said again with the same key, a hand-over and a hand-back give the same answer', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  const request = transferOf();
  for (let n = 0; n < 3; n++) assert.equal(await guest.tell(request, [app]), 'done');
  const other = await connection(t);
  assert.equal(await guest.tell(request, [other.app]), 'already-exists', 'another socket under this key');
  peer.write('x');
  const run = await scene.tasks.next();
  const { descriptor, socket } = await start(sockets, run);
  descriptor[Symbol.dispose]();
  const back = { type: 'return', key: socket.key, lease: socket.lease, leftover: null } as const;
  for (let n = 0; n < 3; n++) assert.equal(await guest.tell(back), 'done');
  assert.equal(sockets.list(owner)[0]?.transfers, 2);
  assert.equal(await guest.tell(request, [app]), 'done', 'long ago, and still the same hand-over');
});

test('a run that ended without handing back has orphaned its socket, which says so and ends (SB-35)', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  await guest.transfer(app);
  app[Symbol.dispose]();
  peer.write('x');
  const run = await scene.tasks.next();
  const { descriptor } = await start(sockets, run);
  descriptor[Symbol.dispose]();
  await sockets.over(run, 'completed');
  const [record] = sockets.list(owner);
  assert.equal(record?.status, 'orphaned');
  assert.match(record?.why ?? '', new RegExp(`run ${run.id} ended without handing it back`));
  peer.resume();
  await waitFor('the end of the connection', () => peer.readableEnded || peer.destroyed);
  assert.equal(scene.tasks.waiting, 0, 'no second notification');
  const next = await connection(t);
  await guest.transfer(next.app);
  assert.deepEqual([sockets.list(owner)[0]?.status, sockets.list(owner)[0]?.transfers], ['parked', 2]);
});

test('a peer that has ended is told as closed, with nothing to take over; what it sent before is read first (SB-43)', async t => {
  const scene = new Scene(t);
  let sockets = await scene.open();
  let guest = await scene.guest();
  const { peer, app } = await connection(t);
  await guest.transfer(app);
  app[Symbol.dispose]();
  peer.end('last words');
  const first = await scene.tasks.next();
  assert.equal(first.reason, 'socket-activity');
  const { descriptor, socket } = await start(sockets, first);
  assert.equal(readAll(descriptor), 'last words');
  descriptor[Symbol.dispose]();
  const back = {
    type: 'return',
    key: socket.key,
    lease: socket.lease,
    context: base64('two'),
    leftover: null,
  } as const;
  assert.equal(await guest.tell(back), 'done');
  const second = await scene.tasks.next();
  assert.equal(second.reason, 'socket-closed');
  const closed = { kind: 'stream-socket', context: base64('two') };
  assert.deepEqual(await sockets.lend(second, 1), { socket: null, descriptor: null, closed });
  sockets = await scene.open();
  guest = await scene.guest();
  assert.deepEqual(await sockets.lend(second, 2), { socket: null, descriptor: null, closed }, 'of the next agent, too');
  const [record] = sockets.list(owner);
  assert.deepEqual([record?.status, record?.why], ['closed', 'the peer has ended the connection']);
  const next = await connection(t);
  await guest.transfer(next.app);
  assert.equal(sockets.list(owner)[0]?.status, 'parked', 'handed over anew under the same id');
  assert.equal(await sockets.lend(second, 1), 'obsolete');
});

test('a connection is accepted by nobody but the task that is woken for it; datagrams wake as bytes do (SB-41, SB-40)', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const server = createServer().listen(0, '127.0.0.1');
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(datagrams, 'listening')]);
  const { port } = server.address() as { port: number };
  const udpPort = datagrams.address().port;
  await guest.transfer(duplicateOf(t, numberOf(server)), { socketId: 'server', kind: 'stream-socket-listener' });
  const udp = duplicateOf(t, numberOfDatagrams(datagrams));
  await guest.transfer(udp, { socketId: 'datagrams', kind: 'datagram-socket' });
  server.close();
  datagrams.close();
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  t.after(() => client.destroy());
  const accepted = await scene.tasks.next();
  assert.deepEqual([accepted.socketId, accepted.reason], ['server', 'connection-accepted']);
  const sender = createSocket('udp4');
  sender.send('', udpPort, '127.0.0.1', () => sender.close());
  const received = await scene.tasks.next();
  assert.deepEqual([received.socketId, received.reason], ['datagrams', 'socket-activity'], 'an empty one is one, too');
  const [listener, bound] = sockets.list(owner);
  assert.deepEqual([listener?.localAddress, listener?.remoteAddress], [`127.0.0.1:${port}`, null]);
  assert.deepEqual([bound?.localAddress, bound?.remoteAddress], [`127.0.0.1:${udpPort}`, null]);
});

test('the keep-alive timer comes in its time, with the socket, and starts anew with the hand-back (SB-24, SB-42)', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  const key = await guest.transfer(app, { keepAliveMs: 1_000 });
  app[Symbol.dispose]();
  const handedOverAt = sockets.list(owner)[0]!.since;
  const run = await scene.tasks.next();
  assert.equal(run.reason, 'keep-alive-timer-expired');
  assert.ok(sockets.list(owner)[0]!.lastWakeAt! >= handedOverAt + 1_000);
  const { descriptor, socket } = await start(sockets, run);
  writeSync(descriptor.number, 'ping');
  descriptor[Symbol.dispose]();
  const [chunk] = await once(peer.resume(), 'data');
  assert.equal(String(chunk), 'ping');
  const back = { type: 'return', key, lease: socket.lease, leftover: null, keepAliveMs: null } as const;
  assert.equal(await guest.tell(back), 'done');
  assert.deepEqual([sockets.list(owner)[0]?.keepAliveMs, sockets.list(owner)[0]?.keepAliveAt], [null, null]);
});

test('what was read and not used travels along; it wakes when it is news, and not for ever', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { app } = await connection(t);
  const key = await guest.transfer(app, { leftover: base64('hel') });
  const first = await scene.tasks.next();
  assert.equal(first.reason, 'socket-activity');
  const one = await start(sockets, first);
  one.descriptor[Symbol.dispose]();
  assert.equal(one.socket.leftover, base64('hel'));
  assert.equal(await guest.tell({ type: 'return', key, lease: 1, leftover: base64('hel') }), 'done');
  assert.equal(sockets.list(owner)[0]?.status, 'parked', 'as it came');
  const { message } = await guest.ask({ type: 'reclaim', socketId: 'main', kind: 'stream-socket' });
  assert.equal(message.type === 'lent' && message.socket.leftover, base64('hel'));
  assert.equal(await guest.tell({ type: 'return', key, lease: 2, leftover: base64('hello') }), 'done');
  assert.equal((await scene.tasks.next()).reason, 'socket-activity');
  assert.equal(scene.tasks.waiting, 0);
});

test('what its task gives back untouched rests longer and longer before it wakes again, and says so, until it is read', async t => {
  const scene = new Scene(t);
  const limits = { firstIdlePauseMs: 300, maxIdlePauseMs: 600 };
  const sockets = await scene.open({ limits });
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  const key = await guest.transfer(app);
  peer.write('hello');
  const turn = async (lease: number, isUntouched?: boolean) => {
    const run = await scene.tasks.next();
    const { descriptor } = await start(sockets, run);
    using own = descriptor;
    if (isUntouched !== true) readAll(own);
    const back = { type: 'return', key, lease, leftover: null } as const;
    assert.equal(await guest.tell(isUntouched === undefined ? back : { ...back, isUntouched }), 'done');
    await sockets.over(run, 'completed');
    return sockets.list(owner)[0];
  };
  assert.equal((await turn(1, true))?.why, null, 'once is nothing');
  const returns = [];
  for (const lease of [2, 3, 4]) {
    const record = await turn(lease, true);
    returns.push(record!.since);
    assert.equal(record?.why, `its task has given it back unread ${lease} times in a row`);
    assert.equal(record?.status, 'parked');
    assert.ok((record?.restsUntil ?? 0) > record!.since, 'and says until when nobody is woken');
  }
  assert.ok(returns[1]! - returns[0]! >= 300 && returns[2]! - returns[1]! >= 600, String(returns));
  const read = await turn(5);
  assert.deepEqual([read?.why, read?.restsUntil], [null, null]);
  peer.write('more');
  assert.equal((await turn(6, true))?.why, null, 'counted anew');
});

test('an app that takes a signalled socket over makes its run obsolete (SB-33, SB-34)', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  const key = await guest.transfer(app);
  peer.write('mine');
  const run = await scene.tasks.next();
  const { message, descriptors } = await guest.ask({ type: 'reclaim', socketId: 'main', kind: 'stream-socket' });
  assert.equal(message.type, 'lent');
  assert.equal(await sockets.lend(run, 1), 'obsolete');
  await sockets.over(run, 'completed');
  assert.equal(readAll(descriptors[0]!), 'mine');
  descriptors[0]![Symbol.dispose]();
  assert.deepEqual(sockets.list(owner)[0]?.holder, { pid: process.pid, runId: null });
  assert.equal(await guest.tell({ type: 'close', key, lease: 1 }), 'done');
  peer.resume();
  await waitFor('the end of the connection', () => peer.readableEnded || peer.destroyed);
});

test('removed by its app or a person a socket ends, whoever has it; with its app everything of it goes', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const three = [await connection(t), await connection(t), await connection(t)];
  for (const [n, { app }] of three.entries()) {
    await guest.transfer(app, { socketId: `s${n}` });
    app[Symbol.dispose]();
  }
  const { descriptors } = await guest.ask({ type: 'reclaim', socketId: 's0', kind: 'stream-socket' });
  await assert.rejects(sockets.remove({ role: 'browser' }, { app: 'a', id: 's0' }), { code: 'access-denied' });
  await sockets.remove(owner, { app: 'a', id: 's0' });
  three[0]!.peer.resume();
  await waitFor('the end of the first', () => three[0]!.peer.readableEnded || three[0]!.peer.destroyed);
  descriptors[0]![Symbol.dispose]();
  await assert.rejects(sockets.remove(owner, { app: 'a', id: 's0' }), { code: 'not-found' });
  await sockets.removeApp('a');
  assert.deepEqual(sockets.list(owner), []);
  for (const { peer } of three) {
    peer.resume();
    await waitFor('the end of all', () => peer.readableEnded || peer.destroyed);
  }
  await guest.ended.promise;
  assert.equal(scene.tasks.runs.length, 0);
  const removed = scene.facts.flatMap(fact => (fact.type === 'socket-removed' ? fact.id : []));
  assert.deepEqual(removed.sort(), ['s0', 's1', 's2']);
});

test('a task that cannot be started now is tried again after a pause', async t => {
  const scene = new Scene(t, { limits: { firstPauseMs: 50 } });
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  await guest.transfer(app);
  scene.tasks.failure = new LonghaulError('quota-exceeded', 'too many runs wait');
  peer.write('x');
  await waitFor('the pause', () => sockets.list(owner)[0]?.why !== null);
  scene.tasks.failure = undefined;
  assert.equal((await scene.tasks.next()).reason, 'socket-activity');
});
