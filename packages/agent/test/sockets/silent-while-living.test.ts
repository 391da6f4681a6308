// A vault that is stopped while its agent lives: what apps and tasks do meanwhile is what the rows say, and the vault hears of it
// when it goes on. Real vaults and connections; whole agents are in silent-vault.test.ts.
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { connection, readAll, vaultPids } from './parking.ts';
import { base64, owner, Scene, transferOf } from './room.ts';

after(leakCheck());

const reclaim = { type: 'reclaim', socketId: 'main', kind: 'stream-socket' } as const;

/** One socket is parked. `stop` stops its vault, `goOn` lets it go on. */
async function open(t: TestContext) {
  const scene = new Scene(t, { limits: { vaultDeadlineMs: 200, firstPauseMs: 50 } });
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  const order = transferOf();
  assert.equal(await guest.tell(order, [app]), 'done');
  const vault = vaultPids()[0]!;
  const goOn = () => void process.kill(vault, 'SIGCONT');
  t.after(goOn);
  const record = () => sockets.list(owner)[0];
  return {
    ...{ scene, sockets, guest, peer, app, order, goOn, record },
    stop: () => void process.kill(vault, 'SIGSTOP'),
    isSilent: () => waitFor('the vault to be silent', () => record()?.why?.includes('does not answer')),
    hasRejoined: () => waitFor('the vault to answer', () => record()?.why === null && record()?.status === 'parked'),
  };
}

test('an app that hands back meanwhile is told that it has: the row says so already, and the vault hears it later', async t => {
  const { scene, guest, peer, order, stop, goOn, record } = await open(t);
  const { message, descriptors } = await guest.ask(reclaim);
  assert.ok(message.type === 'lent');
  const back = { type: 'return', key: order.key, lease: message.socket.lease, leftover: null } as const;
  stop();
  assert.equal(await guest.tell(back), 'done');
  assert.equal(await guest.tell(back), 'done', 'said again');
  descriptors[0]![Symbol.dispose]();
  assert.deepEqual([record()?.status, record()?.transfers], ['parked', 2]);
  peer.write('meanwhile');
  assert.equal(scene.tasks.waiting, 0);
  goOn();
  assert.equal((await scene.tasks.next()).reason, 'socket-activity');
  assert.equal(scene.tasks.runs.length, 1);
});

test('bytes that an app had not used and hands back meanwhile wake its task once, when the vault goes on (161)', async t => {
  const { scene, sockets, guest, peer, order, stop, isSilent, goOn } = await open(t);
  const { message, descriptors } = await guest.ask(reclaim);
  assert.ok(message.type === 'lent');
  const leftover = base64('left');
  stop();
  assert.equal(await guest.tell({ type: 'return', key: order.key, lease: message.socket.lease, leftover }), 'done');
  descriptors[0]![Symbol.dispose]();
  await isSilent();
  goOn();
  const run = await scene.tasks.next();
  assert.equal(run.reason, 'socket-activity');
  peer.write(' and right');
  const lent = await sockets.lend(run, 1);
  assert.ok(lent !== 'obsolete' && lent.socket?.leftover === leftover);
  await waitFor('what came', () => readAll(lent.descriptor!) === ' and right');
  lent.descriptor![Symbol.dispose]();
  assert.equal(await guest.tell({ type: 'return', key: order.key, lease: lent.socket.lease, leftover: null }), 'done');
  assert.equal(scene.tasks.runs.length, 1);
});

test('a hand-over that was answered and is said again meanwhile has the same answer', async t => {
  const { guest, app, order, stop, isSilent, goOn, hasRejoined } = await open(t);
  stop();
  assert.equal(await guest.tell(order, [app]), 'done', 'while its time runs');
  await isSilent();
  assert.equal(await guest.tell(order, [app]), 'done', 'and afterwards');
  goOn();
  await hasRejoined();
});

for (const how of ['removed', 'closed by its holder'] as const) {
  test(`a socket that is ${how} meanwhile ends when the vault goes on, though an app has it`, async t => {
    const { sockets, guest, peer, app, order, stop, isSilent, goOn, record } = await open(t);
    const { message, descriptors } = await guest.ask(reclaim);
    assert.ok(message.type === 'lent');
    stop();
    await guest.tell(order, [app]); // asks the vault
    await isSilent();
    if (how === 'removed') await sockets.remove(owner, { app: 'a', id: 'main' });
    else assert.equal(await guest.tell({ type: 'close', key: order.key, lease: message.socket.lease }), 'done');
    assert.equal(record(), undefined);
    peer.resume();
    goOn();
    await waitFor('the end of the connection', () => peer.readableEnded || peer.destroyed);
    descriptors[0]![Symbol.dispose]();
  });
}

test('a socket that its run has not given back meanwhile ends when the vault goes on (SB-35)', async t => {
  const { scene, sockets, guest, peer, app, order, stop, isSilent, goOn, record } = await open(t);
  peer.write('x');
  const run = await scene.tasks.next();
  const lent = await sockets.lend(run, 1);
  assert.ok(lent !== 'obsolete' && lent.descriptor !== null);
  stop();
  await guest.tell(order, [app]); // asks the vault
  await isSilent();
  await sockets.over(run, 'completed');
  assert.equal(record()?.status, 'orphaned');
  peer.resume();
  goOn();
  await waitFor('the end of the connection', () => peer.readableEnded || peer.destroyed);
  lent.descriptor[Symbol.dispose]();
});
