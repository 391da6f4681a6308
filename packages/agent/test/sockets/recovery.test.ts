// One agent ends, at a moment the test chooses, and the next takes over: the store, the vaults and the runs are brought
// together, and nothing is lost or told twice.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, type TestContext, test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { encode } from '../../src/keeper/vault-wire.ts';
import { Channel } from '../../src/platform/kernel/channel.ts';
import { connectTo } from '../../src/platform/kernel/sockets.ts';
import type { ForRun } from '../../src/sockets/door.ts';
import { defaults } from '../../src/sockets/options.ts';
import { Vaults } from '../../src/sockets/vaults.ts';
import { isAlive } from '../process/home.ts';
import { connection, openAgent, readAll, vaultPids } from './parking.ts';
import { base64, owner, Scene, transferOf } from './room.ts';

after(leakCheck());

const reclaim = { type: 'reclaim', socketId: 'main', kind: 'stream-socket' } as const;
const close = (lent: ForRun | 'obsolete'): void => {
  if (lent !== 'obsolete') lent.descriptor?.[Symbol.dispose]();
};

test('what was parked is heard by the next agent, bytes that came in between included', async t => {
  const scene = new Scene(t);
  await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  await guest.transfer(app, { context: base64('c'), keepAliveMs: 60_000 });
  app[Symbol.dispose]();
  await scene.close();
  peer.write('in between');
  const sockets = await scene.open();
  const run = await scene.tasks.next();
  assert.equal(run.reason, 'socket-activity');
  const lent = await sockets.lend(run, 1);
  assert.ok(lent !== 'obsolete' && lent.socket !== null);
  assert.equal(readAll(lent.descriptor), 'in between');
  assert.equal(lent.socket.context, base64('c'));
  close(lent);
});

test('a run that was waiting or running is given its socket again, under a new lease; nobody else is woken', async t => {
  const scene = new Scene(t);
  let sockets = await scene.open();
  let guest = await scene.guest();
  const { peer, app } = await connection(t);
  const key = await guest.transfer(app);
  app[Symbol.dispose]();
  peer.write('x');
  const run = await scene.tasks.next();
  sockets = await scene.open(); // it was waiting
  assert.equal(sockets.list(owner)[0]?.status, 'signalled');
  close(await sockets.lend(run, 1));
  scene.tasks.statuses.set(run.id, 'running');
  sockets = await scene.open(); // it was running
  assert.equal(sockets.list(owner)[0]?.status, 'signalled');
  const lent = await sockets.lend(run, 2);
  assert.ok(lent !== 'obsolete' && lent.socket !== null);
  assert.equal(lent.socket.lease, 2);
  close(lent);
  guest = await scene.guest();
  assert.equal(await guest.tell({ type: 'return', key, lease: 1, leftover: null }), 'stale-owner');
  assert.equal(await guest.tell({ type: 'return', key, lease: 2, leftover: null }), 'done');
  await scene.tasks.next(); // of the bytes that nobody has read, after the hand-back
  assert.equal(scene.tasks.runs.length, 2);
});

test('a lease that was handed back and is given again is one of its own: it can be handed back', async t => {
  const scene = new Scene(t);
  await scene.open();
  const { peer, app } = await connection(t);
  const key = await (await scene.guest()).transfer(app);
  app[Symbol.dispose]();
  await scene.close();
  // As an agent leaves it whose vault never heard of lease 1, because it hung until the agent died.
  const database = new DatabaseSync(join(scene.folder, 'longhaul.db'));
  database.exec('UPDATE sockets SET returned_lease = 1');
  database.close();
  const sockets = await scene.open();
  peer.write('x');
  const lent = await sockets.lend(await scene.tasks.next(), 1);
  assert.ok(lent !== 'obsolete' && lent.socket?.lease === 1);
  assert.equal(readAll(lent.descriptor!), 'x');
  close(lent);
  const back = { type: 'return', key, lease: 1, leftover: null } as const;
  const guest = await scene.guest();
  assert.equal(await guest.tell(back), 'done');
  assert.equal(await guest.tell(back), 'done', 'said again');
  const [record] = sockets.list(owner);
  assert.deepEqual([record?.status, record?.transfers], ['parked', 2]);
});

test('a run that was over, or is not known any more, decides over its socket as if it had been told in time', async t => {
  for (const [status, expected] of [
    ['completed', 'orphaned'],
    ['failed', 'parked'],
    ['canceled', 'parked'],
    [undefined, 'parked'],
  ] as const) {
    const scene = new Scene(t);
    let sockets = await scene.open();
    const guest = await scene.guest();
    const { peer, app } = await connection(t);
    await guest.transfer(app);
    peer.write('x');
    const run = await scene.tasks.next();
    close(await sockets.lend(run, 1));
    if (status === undefined) scene.tasks.statuses.delete(run.id);
    else scene.tasks.statuses.set(run.id, status);
    sockets = await scene.open();
    assert.equal(sockets.list(owner)[0]?.status, expected, String(status));
    const pause = /its task has failed once/.test(sockets.list(owner)[0]?.why ?? '');
    assert.equal(pause, status === 'failed' || status === 'canceled');
    assert.equal(sockets.list(owner)[0]?.restsUntil !== null, pause);
  }
});

test('an app that comes back in time keeps what it had; one that does not has it parked again', async t => {
  const scene = new Scene(t, { limits: { resumeMs: 300 } });
  let sockets = await scene.open();
  let guest = await scene.guest();
  const one = await connection(t);
  const two = await connection(t);
  const key = await guest.transfer(one.app);
  const late = await guest.transfer(two.app, { socketId: 'late' });
  for (const socketId of ['main', 'late']) {
    const { descriptors } = await guest.ask({ ...reclaim, socketId });
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  }
  sockets = await scene.open();
  guest = await scene.guest();
  assert.equal(await guest.tell({ type: 'resume', key, lease: 1 }), 'done');
  const statuses = () => sockets.list(owner).map(({ id, status }) => [id, status]);
  assert.deepEqual(statuses(), [
    ['main', 'lent'],
    ['late', 'lent'],
  ]);
  await waitFor('the other to be parked', () => sockets.list(owner)[1]?.status === 'parked');
  assert.equal(sockets.list(owner)[0]?.status, 'lent');
  assert.equal(await guest.tell({ type: 'resume', key: late, lease: 1 }), 'stale-owner');
  two.peer.write('x');
  assert.equal((await scene.tasks.next()).socketId, 'late');
  guest.hangUp();
  await waitFor('the first to be parked, too', () => sockets.list(owner)[0]?.status === 'parked');
});

test('what a vault holds without a row is let go of without ending the connection: its app was never answered', async t => {
  const scene = new Scene(t);
  await scene.open();
  const guest = await scene.guest();
  await guest.transfer((await connection(t)).app, { socketId: 'other' });
  await scene.close();
  const { peer, app } = await connection(t);
  const stray = await Vaults.open({
    generation: 1,
    vaults: scene.keeper.processes.addresses,
    openVault: () => scene.keeper.processes.open(),
    listener: { activity: () => {}, lost: () => {}, rejoined: () => {}, complete: () => {} },
    deadlineMs: 10_000,
    patienceMs: 10_000,
  });
  await stray.park(randomUUID(), app.duplicate());
  stray[Symbol.dispose]();
  const sockets = await scene.open();
  assert.equal(sockets.list(owner).length, 1);
  peer.write('still here');
  await waitFor('the bytes', () => readAll(app) === 'still here');
  assert.equal(await (await scene.guest()).transfer(app).then(() => 'done'), 'done');
});

test('after the death of a vault each of its sockets is told as closed, once, and can be handed over anew', async t => {
  const scene = new Scene(t, {}, { maxSocketsPerVault: 2 });
  let sockets = await scene.open();
  let guest = await scene.guest();
  const peers = [await connection(t), await connection(t), await connection(t)];
  for (const [n, { app }] of peers.entries()) await guest.transfer(app, { socketId: `s${n}` });
  assert.equal(scene.keeper.processes.addresses.length, 2);
  const { descriptors, message } = await guest.ask({ ...reclaim, socketId: 's1' });
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  scene.keeper.killOldestVault();
  const told = [await scene.tasks.next(), await scene.tasks.next()];
  assert.deepEqual(told.map(({ socketId, reason }) => [socketId, reason]).sort(), [
    ['s0', 'socket-closed'],
    ['s1', 'socket-closed'],
  ]);
  assert.deepEqual(
    sockets.list(owner).map(({ id, status }) => [id, status]),
    [
      ['s0', 'closed'],
      ['s1', 'closed'],
      ['s2', 'parked'],
    ],
  );
  assert.match(sockets.list(owner)[0]?.why ?? '', /the process that held it has ended/);
  const key = message.type === 'lent' ? message.socket.key : '';
  assert.equal(await guest.tell({ type: 'return', key, lease: 1, leftover: null }), 'vault-lost');
  await guest.transfer(peers[1]!.app, { socketId: 's1' });
  await scene.close();
  scene.keeper.killOldestVault();
  sockets = await scene.open();
  const after = [await scene.tasks.next(), await scene.tasks.next()].map(({ socketId }) => socketId).sort();
  assert.deepEqual(after, ['s1', 's2'], 'also when the agent was not there');
  guest = await scene.guest();
  await scene.open();
  assert.equal(scene.tasks.waiting, 0);
});

test('a closed socket of which nobody can be told now is told later, by the next agent too, and once', async t => {
  const scene = new Scene(t);
  let sockets = await scene.open();
  const guest = await scene.guest();
  const peers = [await connection(t), await connection(t)];
  for (const [n, { app }] of peers.entries()) {
    await guest.transfer(app, { socketId: `s${n}` });
    app[Symbol.dispose]();
  }
  const full = new LonghaulError('quota-exceeded', 'too many runs wait');
  scene.tasks.failure = full;
  const end = async (n: number) => {
    peers[n]!.peer.end();
    await waitFor('it to be closed', () => sockets.list(owner)[n]?.status === 'closed');
    assert.equal(scene.tasks.waiting, 0);
  };
  await end(0);
  scene.tasks.failure = undefined;
  const { socketId, reason } = await scene.tasks.next();
  assert.deepEqual([socketId, reason], ['s0', 'socket-closed']);
  scene.tasks.failure = new LonghaulError('agent-not-reachable', 'The agent is stopping.');
  await end(1);
  sockets = await scene.open();
  assert.deepEqual([sockets.list(owner)[1]?.status, scene.tasks.waiting], ['closed', 0]);
  scene.tasks.failure = undefined;
  assert.equal((await scene.tasks.next()).socketId, 's1');
  assert.deepEqual(
    sockets.list(owner).map(({ wakes }) => wakes),
    [1, 1],
  );
  await scene.open();
  assert.equal(scene.tasks.waiting, 0, 'not again');
});

test('a keep-alive time that came while no agent was there is told by the next one (SB-42)', async t => {
  let clock = 1_000_000;
  const scene = new Scene(t, { now: () => clock });
  let sockets = await scene.open();
  const guest = await scene.guest();
  const { app } = await connection(t);
  const key = await guest.transfer(app, { keepAliveMs: 3_600_000 });
  assert.equal(sockets.list(owner)[0]?.keepAliveAt, clock + 3_600_000);
  await scene.close();
  clock += 3_599_999;
  sockets = await scene.open();
  assert.equal(scene.tasks.waiting, 0);
  await scene.close();
  clock += 1;
  sockets = await scene.open();
  const run = await scene.tasks.next();
  assert.equal(run.reason, 'keep-alive-timer-expired');
  const lent = await sockets.lend(run, 1);
  assert.ok(lent !== 'obsolete' && lent.socket !== null, 'with the socket, to send something');
  close(lent);
  const back = { type: 'return', key, lease: lent.socket.lease, leftover: null } as const;
  assert.equal(await (await scene.guest()).tell(back), 'done');
  assert.equal(sockets.list(owner)[0]?.keepAliveAt, clock + 3_600_000, 'it begins anew with the hand-back');
});

test('a run that fails again and again is tried after a growing pause, and after ten the socket is orphaned', async t => {
  let clock = 5_000_000;
  const scene = new Scene(t, { now: () => clock });
  let sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  await guest.transfer(app);
  app[Symbol.dispose]();
  peer.write('poison');
  for (let failures = 1; failures < defaults.maxFailures; failures++) {
    const run = await scene.tasks.next();
    const lent = await sockets.lend(run, 1);
    assert.ok(lent !== 'obsolete' && lent.descriptor !== null);
    close(lent);
    await sockets.over(run, failures % 2 === 0 ? 'failed' : 'canceled');
    assert.equal(sockets.list(owner)[0]?.status, 'parked');
    clock += Math.min(defaults.maxPauseMs, 1_000 * 2 ** (failures - 1)) - 1;
    sockets = await scene.open();
    assert.equal(scene.tasks.waiting, 0, `not yet after ${failures}`);
    clock += 1;
    sockets = await scene.open();
  }
  const last = await scene.tasks.next();
  close(await sockets.lend(last, 1));
  await sockets.over(last, 'failed');
  const [record] = sockets.list(owner);
  assert.deepEqual([record?.status, record?.wakes], ['orphaned', 10]);
  assert.match(record?.why ?? '', /10 runs in a row have failed/);
  peer.resume();
  await waitFor('the end of the connection', () => peer.readableEnded || peer.destroyed);
});

const withLeftover = { leftover: base64('left') };

async function parkWithLeftover(t: TestContext, limits: Partial<typeof defaults> = {}) {
  const scene = new Scene(t, { limits: { firstPauseMs: 50, ...limits } });
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { app } = await connection(t);
  const parked = guest.transfer(app, withLeftover);
  return { scene, sockets, guest, parked };
}

test('a run fails that was woken for bytes that were read and not used: it is tried again, though no byte comes (161)', async t => {
  const { scene, sockets, parked } = await parkWithLeftover(t);
  await parked;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const run = await scene.tasks.next();
    assert.equal(run.reason, 'socket-activity');
    const lent = await sockets.lend(run, 1);
    assert.ok(lent !== 'obsolete' && lent.socket?.leftover === withLeftover.leftover);
    close(lent);
    await sockets.over(run, 'failed');
  }
});

test('nobody can be woken at first for bytes that were read and not used: somebody is as soon as that is possible', async t => {
  const { scene, sockets, parked } = await parkWithLeftover(t);
  scene.tasks.failure = new LonghaulError('quota-exceeded', 'too many runs in line');
  await parked;
  await waitFor('it to rest', () => sockets.list(owner)[0]?.why?.includes('too many runs in line'));
  scene.tasks.failure = undefined;
  assert.equal((await scene.tasks.next()).reason, 'socket-activity');
});

test('an app dies with a socket whose bytes nobody has seen: its task is woken for them, and what an app has left as it was wakes nobody', async t => {
  const { scene, sockets, guest, parked } = await parkWithLeftover(t, { resumeMs: 50 });
  const key = await parked;
  await scene.tasks.next();
  const taken = await guest.ask(reclaim);
  for (const descriptor of taken.descriptors) descriptor[Symbol.dispose]();
  guest.hangUp();
  await scene.tasks.next();
  const other = await scene.guest();
  const { message, descriptors } = await other.ask(reclaim);
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  assert.ok(message.type === 'lent');
  assert.equal(await other.tell({ type: 'return', key, lease: message.socket.lease, ...withLeftover }), 'done');
  assert.equal(sockets.list(owner)[0]?.status, 'parked');
  assert.equal(scene.tasks.waiting, 0);
});

test('the next agent wakes for bytes that were read and not used, and of which nobody was told', async t => {
  const { scene, parked } = await parkWithLeftover(t);
  await parked;
  const { id } = await scene.tasks.next();
  scene.tasks.statuses.delete(id);
  await scene.open();
  assert.equal((await scene.tasks.next()).reason, 'socket-activity');
});

test('a socket whose task is not registered any more is deaf and says why, and can still be taken over', async t => {
  const scene = new Scene(t);
  let sockets = await scene.open();
  let guest = await scene.guest();
  const { peer, app } = await connection(t);
  await guest.transfer(app);
  app[Symbol.dispose]();
  scene.tasks.registered.clear();
  peer.write('hello');
  await waitFor('it to be deaf', () => sockets.list(owner)[0]?.why !== null);
  assert.equal(sockets.list(owner)[0]?.status, 'parked');
  assert.match(sockets.list(owner)[0]?.why ?? '', /not registered any more/);
  sockets = await scene.open();
  guest = await scene.guest();
  const { descriptors } = await guest.ask(reclaim);
  assert.equal(readAll(descriptors[0]!), 'hello');
  descriptors[0]![Symbol.dispose]();
  assert.equal(scene.tasks.runs.length, 0);
});

test('a vault that hangs is a code in time, and its sockets are heard again when it goes on', async t => {
  const scene = new Scene(t, { limits: { vaultDeadlineMs: 200 } });
  const sockets = await scene.open();
  const guest = await scene.guest();
  const one = await connection(t);
  const two = await connection(t);
  await guest.transfer(one.app);
  const [pid] = vaultPids();
  process.kill(pid!, 'SIGSTOP');
  t.after(() => process.kill(pid!, 'SIGCONT'));
  assert.equal(await guest.tell(reclaim), 'vault-silent');
  assert.equal(await guest.tell(reclaim), 'vault-silent');
  one.peer.write('meanwhile');
  assert.equal(sockets.list(owner)[0]?.status, 'parked');
  process.kill(pid!, 'SIGCONT');
  const run = await scene.tasks.next();
  assert.equal(run.reason, 'socket-activity');
  const lent = await sockets.lend(run, 1);
  assert.ok(lent !== 'obsolete' && lent.descriptor !== null);
  assert.equal(readAll(lent.descriptor), 'meanwhile');
  close(lent);
  assert.equal(await guest.transfer(two.app, { socketId: 'two' }).then(() => 'done'), 'done');
});

test('a socket that two vaults hold when an agent begins stays in the one that has handed it out, under its next lease', async t => {
  const scene = new Scene(t, { limits: { vaultDeadlineMs: 200 } });
  let sockets = await scene.open();
  let guest = await scene.guest();
  await guest.transfer((await connection(t)).app, { socketId: 'other' });
  const [pid] = vaultPids();
  process.kill(pid!, 'SIGSTOP');
  t.after(() => process.kill(pid!, 'SIGCONT'));
  const { peer, app } = await connection(t);
  const said = transferOf();
  assert.equal(await guest.tell(said, [app]), 'vault-silent');
  assert.equal(await guest.tell(said, [app]), 'done');
  app[Symbol.dispose]();
  const use = async (words: string): Promise<number> => {
    peer.write(words);
    const run = await scene.tasks.next();
    const lent = await sockets.lend(run, 1);
    assert.ok(lent !== 'obsolete' && lent.socket !== null);
    assert.equal(readAll(lent.descriptor), words);
    close(lent);
    const { lease } = lent.socket;
    assert.equal(await guest.tell({ type: 'return', key: said.key, lease, leftover: null }), 'done');
    await sockets.over(run, 'completed');
    return lease;
  };
  assert.equal(await use('one'), 1);
  await scene.close();
  process.kill(pid!, 'SIGCONT');
  sockets = await scene.open();
  guest = await scene.guest();
  assert.deepEqual([await use('two'), await use('three')], [2, 3]);
  await scene.close();
  const { vaults } = await openAgent(t, scene.keeper.processes, 9);
  assert.equal([...vaults.holdings()].filter(({ id }) => id === said.key).length, 1);
});

/** Parks some, stops their vault, and lets the next agent begin. */
async function beginWithSilentVault(t: TestContext) {
  const scene = new Scene(t, { limits: { vaultDeadlineMs: 200 } });
  await scene.open();
  const guest = await scene.guest();
  const parked = [await connection(t), await connection(t), await connection(t)];
  const keys = [];
  for (const [n, { app }] of parked.entries()) {
    keys.push(await guest.transfer(app, { socketId: `s${n}`, keepAliveMs: n === 2 ? 1_000 : null }));
    app[Symbol.dispose]();
  }
  parked[1]!.peer.write('a run');
  const run = await scene.tasks.next();
  const [pid] = vaultPids();
  process.kill(pid!, 'SIGSTOP');
  t.after(() => isAlive(pid!) && process.kill(pid!, 'SIGCONT'));
  const sockets = await scene.open();
  return { scene, sockets, parked, keys, run, vault: pid! };
}

test('a vault that does not answer when an agent begins has lost nothing: its sockets are heard again when it goes on', async t => {
  const { scene, sockets, parked, run, vault } = await beginWithSilentVault(t);
  const statuses = () => sockets.list(owner).map(({ status }) => status);
  assert.deepEqual(statuses(), ['parked', 'signalled', 'parked']);
  for (const { why } of sockets.list(owner)) assert.match(why ?? '', /the process that holds it does not answer/);
  const guest = await scene.guest();
  assert.equal(await guest.tell({ ...reclaim, socketId: 's0' }), 'vault-silent');
  await assert.rejects(sockets.lend(run, 1), { code: 'vault-silent' });
  await sockets.over(run, 'failed');
  await waitFor(
    'the keep-alive time to be put off',
    () => sockets.list(owner)[2]!.since > sockets.list(owner)[2]!.keepAliveAt!,
  );
  parked[0]!.peer.write('meanwhile');
  assert.equal(scene.tasks.waiting, 0, 'no run could have its socket');
  process.kill(vault, 'SIGCONT');
  const woken = new Map(
    [await scene.tasks.next(), await scene.tasks.next(), await scene.tasks.next()].map(each => [each.socketId, each]),
  );
  assert.deepEqual([...woken.values()].map(({ socketId, reason }) => `${socketId} ${reason}`).sort(), [
    's0 socket-activity',
    's1 socket-activity',
    's2 keep-alive-timer-expired',
  ]);
  for (const [id, text] of [
    ['s0', 'meanwhile'],
    ['s1', 'a run'],
    ['s2', ''],
  ] as const) {
    const lent = await sockets.lend(woken.get(id)!, 1);
    assert.ok(lent !== 'obsolete' && lent.descriptor !== null);
    assert.equal(readAll(lent.descriptor), text);
    close(lent);
  }
  assert.deepEqual(
    sockets.list(owner).map(({ why }) => why),
    [null, null, null],
  );
});

test('a vault that dies before it answers has lost what it held: each is told as closed, once', async t => {
  const { scene, sockets, keys, vault } = await beginWithSilentVault(t);
  process.kill(vault, 'SIGKILL');
  const told = [await scene.tasks.next(), await scene.tasks.next(), await scene.tasks.next()];
  assert.deepEqual(told.map(({ socketId, reason }) => `${socketId} ${reason}`).sort(), [
    's0 socket-closed',
    's1 socket-closed',
    's2 socket-closed',
  ]);
  assert.deepEqual(
    sockets.list(owner).map(({ status, why }) => `${status}: ${why}`),
    Array(3).fill('closed: the process that held it has ended'),
  );
  assert.equal(scene.tasks.waiting, 0);
  const { app } = await connection(t);
  assert.notEqual(await (await scene.guest()).transfer(app, { socketId: 's0' }), keys[0]);
});

test('a channel to a vault that breaks is no death: it is opened again, and everything is heard', async t => {
  const scene = new Scene(t, { limits: { vaultDeadlineMs: 2_000 } });
  const sockets = await scene.open();
  const guest = await scene.guest();
  const { peer, app } = await connection(t);
  const key = await guest.transfer(app);
  app[Symbol.dispose]();
  const [address] = scene.keeper.processes.addresses;
  const taken = Promise.withResolvers<void>();
  // The vault hangs up on whom it has listened to before.
  using intruder = new Channel(connectTo(address!.path), {
    received: (_, descriptors) => {
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
      taken.resolve();
    },
    ended: () => {},
  });
  intruder.send(encode({ type: 'hello', key: address!.key, generation: 1 }));
  await taken.promise;
  peer.write('x');
  const run = await scene.tasks.next();
  assert.equal(run.reason, 'socket-activity');
  const lent = await sockets.lend(run, 1);
  assert.ok(lent !== 'obsolete' && lent.descriptor !== null && lent.socket.key === key);
  assert.equal(readAll(lent.descriptor), 'x');
  close(lent);
});

test('a vault that dies while it hangs is told as dead', async t => {
  const scene = new Scene(t, { limits: { vaultDeadlineMs: 200 } });
  await scene.open();
  const guest = await scene.guest();
  await guest.transfer((await connection(t)).app);
  const [pid] = vaultPids();
  process.kill(pid!, 'SIGSTOP');
  assert.equal(await guest.tell(reclaim), 'vault-silent');
  process.kill(pid!, 'SIGKILL');
  assert.equal((await scene.tasks.next()).reason, 'socket-closed');
});
