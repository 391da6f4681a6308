// The broker over the real door, with real vaults and connections: hand over, be woken, take over, hand back, be forgotten.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { LentSocket } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import type { Sockets } from '../../src/sockets/door.ts';
import { connection, readAll } from './parking.ts';
import { base64, type FakeRun, owner, Scene, taskId, transferOf } from './room.ts';

after(leakCheck());

/** What a host does with a run: gets its socket. */
async function start(sockets: Sockets, run: FakeRun, pid = 1) {
  const lent = await sockets.lend(run, pid);
  assert.notEqual(lent, 'obsolete');
  return lent as { socket: LentSocket; descriptor: import('../../src/platform/kernel/descriptor.ts').Descriptor };
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
  assert.equal(sockets.listOwn('a')[0]?.context, base64('two'));
  assert.deepEqual(sockets.listOwn('b'), []);
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
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  await guest.transfer(app);
  app[Symbol.dispose]();
  peer.end('last words');
  const first = await scene.tasks.next();
  assert.equal(first.reason, 'socket-activity');
  const { descriptor, socket } = await start(sockets, first);
  assert.equal(readAll(descriptor), 'last words');
  descriptor[Symbol.dispose]();
  assert.equal(await guest.tell({ type: 'return', key: socket.key, lease: socket.lease, leftover: null }), 'done');
  const second = await scene.tasks.next();
  assert.equal(second.reason, 'socket-closed');
  assert.deepEqual(await sockets.lend(second, 1), { socket: null, descriptor: null });
  const [record] = sockets.list(owner);
  assert.deepEqual([record?.status, record?.why], ['closed', 'the peer has ended the connection']);
  const next = await connection(t);
  await guest.transfer(next.app);
  assert.equal(sockets.list(owner)[0]?.status, 'parked', 'handed over anew under the same id');
  assert.equal(await sockets.lend(second, 1), 'obsolete');
});
