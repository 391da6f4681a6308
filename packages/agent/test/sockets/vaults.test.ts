// Parked sockets with real vault processes and real connections: told once, kept unread, handed out under leases, refused
// with a code.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { openSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leakCheck, waitFor } from '@longhaul/testing';
import { encode } from '../../src/keeper/vault-wire.ts';
import { Channel } from '../../src/platform/kernel/channel.ts';
import { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { Neighbour } from '../../src/platform/kernel/neighbour.ts';
import { connectTo } from '../../src/platform/kernel/sockets.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { Vaults } from '../../src/sockets/vaults.ts';
import {
  connection,
  mayTakeHere,
  numberOf,
  numberOfDatagrams,
  openAgent,
  openKeeper,
  readAll,
  vaultPids,
  Witness,
} from './parking.ts';

after(leakCheck());

/** The key of a hand-over that has a number here. */
const keyOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const one = keyOf(1);

const never = async (): Promise<never> => {
  throw new Error('no vault is needed');
};

test('what comes for a parked socket is told once, stays unread, and is told again when armed again', async t => {
  const { processes } = openKeeper(t);
  const { vaults, witness } = await openAgent(t, processes);
  const { peer, app } = await connection(t);
  const id = randomUUID();
  const holding = await vaults.park(id, app);
  const { slot, descriptor: number, cookie } = holding;
  assert.deepEqual(holding, { id, slot, lease: 0, isLent: false, descriptor: number, cookie });
  assert.equal(app.isOpen, false, 'the vault has the only one');
  vaults.arm([id]);
  peer.write('one');
  assert.deepEqual(await witness.next(), { id, isReadable: true, hasEnded: false });
  peer.write(' two');
  vaults.arm([id]);
  assert.deepEqual(await witness.next(), { id, isReadable: true, hasEnded: false });
  const { descriptor } = await vaults.lend(id);
  using own = descriptor;
  await waitFor('both messages', () => readAllSoFar(own).length === 7);
  assert.equal(soFar, 'one two');
  assert.deepEqual(witness.activity, []);
});

let soFar = '';
function readAllSoFar(descriptor: Descriptor): string {
  soFar += readAll(descriptor);
  return soFar;
}

test('a handed-out socket is watched by nobody until it is given back; the end of the peer is told then', async t => {
  const { processes } = openKeeper(t);
  const { vaults, witness } = await openAgent(t, processes);
  const { peer, app } = await connection(t);
  const id = randomUUID();
  await vaults.park(id, app);
  vaults.arm([id]);
  const { descriptor, holding } = await vaults.lend(id);
  assert.deepEqual([holding.lease, holding.isLent], [1, true]);
  peer.end('last words');
  vaults.arm([id]); // not theirs to ask for
  descriptor[Symbol.dispose](); // as when its host is killed before the first read
  const returned = await vaults.return({ id, lease: 1 });
  assert.equal(returned.isLent, false);
  assert.deepEqual(witness.activity, []);
  vaults.arm([id]);
  assert.deepEqual(await witness.next(), { id, isReadable: true, hasEnded: true });
  const again = await vaults.lend(id);
  assert.equal(readAll(again.descriptor), 'last words');
  again.descriptor[Symbol.dispose]();
});

test('only the last lease gives back or closes: a late owner is refused', async t => {
  const { processes } = openKeeper(t);
  const { vaults } = await openAgent(t, processes);
  const { app } = await connection(t);
  const id = randomUUID();
  await vaults.park(id, app);
  await assert.rejects(vaults.return({ id, lease: 0 }), { code: 'illegal-state' });
  const first = await vaults.lend(id);
  const second = await vaults.lend(id);
  for (const { descriptor } of [first, second]) descriptor[Symbol.dispose]();
  await assert.rejects(vaults.return({ id, lease: first.holding.lease }), { code: 'illegal-state' });
  await assert.rejects(vaults.close({ id, lease: first.holding.lease }), { code: 'illegal-state' });
  await vaults.return({ id, lease: second.holding.lease });
  await assert.rejects(vaults.return({ id, lease: second.holding.lease }), { code: 'illegal-state' });
});

test('a duplicate is taken without asking, and the vault knows of the lease before anybody gets it', {
  skip: !mayTakeHere && 'this kernel does not permit it',
}, async t => {
  const { processes } = openKeeper(t);
  const { vaults } = await openAgent(t, processes, 1);
  const { peer, app } = await connection(t);
  await vaults.park(one, app);
  peer.write('one');
  const unused = vaults.take(one);
  unused?.descriptor[Symbol.dispose]();
  assert.equal(vaults.get(one)?.isLent, false, 'nothing has happened yet');
  const taken = vaults.take(one);
  assert.ok(taken);
  using own = taken.descriptor;
  vaults.lent(taken.holding);
  assert.deepEqual(vaults.get(one), { ...taken.holding, lease: 1, isLent: true });
  await waitFor('the words', () => readAll(own) === 'one');
  // Whatever comes after this agent knows, though nothing was ever answered to it.
  const second = await openAgent(t, processes, 2);
  assert.deepEqual([...second.vaults.holdings()], [taken.holding]);
  await assert.rejects(second.vaults.return({ id: one, lease: 0 }), { code: 'illegal-state' });
  await second.vaults.return({ id: one, lease: 1 });
  const { holding, descriptor } = await second.vaults.lend(one);
  descriptor[Symbol.dispose]();
  assert.equal(holding.lease, 2);
});

test('what an agent has lent and died over stands in the books of the vault when the next agent looks', {
  skip: !mayTakeHere && 'this kernel does not permit it',
}, async t => {
  const { processes } = openKeeper(t);
  const first = await openAgent(t, processes, 1);
  const parked = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => first.vaults.park(keyOf(n), (await connection(t)).app)),
  );
  const [pid] = vaultPids();
  process.kill(pid!, 'SIGSTOP'); // so that it hears everything at once, and the newer agent first
  for (const { id } of parked) {
    const taken = first.vaults.take(id);
    assert.ok(taken);
    taken.descriptor[Symbol.dispose]();
    first.vaults.lent(taken.holding);
  }
  first.vaults[Symbol.dispose]();
  const opening = openAgent(t, processes, 2);
  process.kill(pid!, 'SIGCONT');
  const { vaults } = await opening;
  for (const holding of parked) assert.deepEqual(vaults.get(holding.id), { ...holding, lease: 1, isLent: true });
});

test('another socket under the same number is not taken', {
  skip: !mayTakeHere && 'this kernel does not permit it',
}, async t => {
  const { processes } = openKeeper(t);
  const { vaults } = await openAgent(t, processes);
  const [own, other] = [await connection(t), await connection(t)];
  const { descriptor, cookie } = await vaults.park(one, own.app);
  await vaults.drop(one);
  const next = await vaults.park(keyOf(2), other.app);
  assert.equal(next.descriptor, descriptor, 'the vault has closed the first');
  using vault = Neighbour.open(vaultPids()[0]!)!;
  assert.equal(vault.duplicate(descriptor, cookie), undefined);
  using taken = vault.duplicate(next.descriptor, next.cookie);
  assert.equal(taken?.isOpen, true);
});

test('closing ends the connection although somebody else still holds a duplicate', async t => {
  const { processes } = openKeeper(t);
  const { vaults } = await openAgent(t, processes);
  const { peer, app } = await connection(t);
  const id = randomUUID();
  await vaults.park(id, app);
  const { descriptor, holding } = await vaults.lend(id);
  peer.resume();
  await Promise.all([once(peer, 'end'), vaults.close({ id, lease: holding.lease })]);
  descriptor[Symbol.dispose]();
  assert.equal(vaults.get(id), undefined);
  await assert.rejects(vaults.lend(id), { code: 'not-found' });
});

test('asked twice under one id, the same socket is parked once, and another socket is refused', async t => {
  const { processes } = openKeeper(t);
  const { vaults } = await openAgent(t, processes);
  const [own, other] = [await connection(t), await connection(t)];
  const id = randomUUID();
  const copy = own.app.duplicate();
  const holding = await vaults.park(id, own.app);
  assert.deepEqual(await vaults.park(id, copy), holding);
  await assert.rejects(vaults.park(id, other.app), { code: 'already-exists' });
  assert.equal(other.app.isOpen, false, 'refused ones are closed too');
  assert.deepEqual([...vaults.holdings()], [holding]);
});

test('a listening socket tells of a connection and a datagram socket of a datagram', async t => {
  const { processes } = openKeeper(t);
  const { vaults, witness } = await openAgent(t, processes);
  const server = createServer().listen(0, '127.0.0.1');
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(datagrams, 'listening')]);
  const { port } = server.address() as { port: number };
  const udpPort = datagrams.address().port;
  const [listener, receiver] = [keyOf(1), keyOf(2)];
  for (const [id, number] of [
    [listener, numberOf(server)],
    [receiver, numberOfDatagrams(datagrams)],
  ] as const) {
    const own = Descriptor.own(number);
    await vaults.park(id, own.duplicate());
    own.release();
  }
  server.close();
  datagrams.close();
  vaults.arm([listener, receiver]);
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  t.after(() => client.destroy());
  assert.deepEqual(await witness.next(), { id: listener, isReadable: true, hasEnded: false });
  const sender = createSocket('udp4');
  sender.send('hello', udpPort, '127.0.0.1', () => sender.close());
  assert.deepEqual(await witness.next(), { id: receiver, isReadable: true, hasEnded: false });
});

test('what is no socket is refused, and the others stay', async t => {
  const { processes } = openKeeper(t);
  const { vaults } = await openAgent(t, processes);
  const { app } = await connection(t);
  await vaults.park(one, app);
  const file = Descriptor.own(openSync(import.meta.filename, 'r'));
  await assert.rejects(vaults.park(keyOf(2), file), { code: 'invalid-argument' });
  assert.deepEqual(
    [...vaults.holdings()].map(({ id }) => id),
    [one],
  );
});

test('a full vault makes room in another one, and the last full one is a code', async t => {
  const { processes } = openKeeper(t, { maxSocketsPerVault: 4, maxVaults: 3 });
  const { vaults } = await openAgent(t, processes);
  const parked = await Promise.allSettled(
    Array.from({ length: 15 }, async (_, n) => await vaults.park(keyOf(n), (await connection(t)).app)),
  );
  const refused = parked.filter(result => result.status === 'rejected').map(({ reason }) => reason.code);
  assert.deepEqual(refused, ['quota-exceeded', 'quota-exceeded', 'quota-exceeded']);
  assert.equal(processes.addresses.length, 3);
  assert.equal([...vaults.holdings()].length, 12);
});

test('the death of a vault is told with the ids it held, and what was asked of it is answered with a code', async t => {
  const { processes } = openKeeper(t);
  const { vaults, witness } = await openAgent(t, processes);
  const { peer, app } = await connection(t);
  await vaults.park(one, app);
  const pid = vaultPid();
  process.kill(pid, 'SIGSTOP');
  const asked = vaults.lend(one);
  asked.catch(() => {});
  process.kill(pid, 'SIGKILL');
  await assert.rejects(asked, { code: 'vault-lost' });
  assert.deepEqual(witness.lost, [one]);
  await assert.rejects(vaults.lend(one), { code: 'not-found' });
  peer.resume();
  await once(peer, 'close');
  const next = await connection(t);
  await vaults.park(one, next.app);
  assert.notEqual(vaultPid(), pid);
});

const vaultPid = (): number => vaultPids()[0]!;

test('an agent that may open no more files takes no vault for dead, and its failed dials leave no file open', async t => {
  const { processes } = openKeeper(t);
  const address = await processes.open();
  const program = fileURLToPath(new URL('./few-files-agent.ts', import.meta.url));
  const command = ['-c', 'ulimit -n 100 && exec "$0" "$@"', process.execPath, ...nodeFlags, program];
  const { stdout } = await promisify(execFile)('sh', [...command, JSON.stringify(address)], { timeout: 30_000 });
  const expected = { answer: 'vault-silent', lost: [], isHeld: true, failed: 5, more: 0 };
  assert.deepEqual(JSON.parse(stdout), expected);
});

test('a lease that was told to a vault that hangs, and never reached it, is told again when it goes on', {
  skip: !mayTakeHere,
}, async t => {
  const { processes } = openKeeper(t);
  const rejoined = Promise.withResolvers<readonly string[]>();
  using vaults = await Vaults.open({
    generation: 1,
    vaults: [],
    openVault: () => processes.open(),
    listener: { ...new Witness().listener, rejoined: rejoined.resolve },
    deadlineMs: 200,
    patienceMs: 200,
  });
  await vaults.park(one, (await connection(t)).app);
  const pid = vaultPid();
  process.kill(pid, 'SIGSTOP');
  t.after(() => process.kill(pid, 'SIGCONT'));
  // More than the kernel keeps for a process that does not read.
  for (let messages = 0; messages < 64; messages++) vaults.arm(Array(4_096).fill(one));
  const { holding, descriptor } = vaults.take(one)!;
  descriptor[Symbol.dispose]();
  vaults.lent(holding);
  await assert.rejects(vaults.giveBack(one), { code: 'vault-silent' });
  process.kill(pid, 'SIGCONT');
  assert.deepEqual(await rejoined.promise, [one]);
  assert.deepEqual([vaults.get(one)?.isLent, vaults.get(one)?.lease], [true, 1]);
  await vaults.giveBack(one);
  const next = await vaults.lend(one);
  next.descriptor[Symbol.dispose]();
  assert.equal(next.holding.lease, 2, 'no lease is given twice');
});

test('a vault that may let nobody take its descriptors serves its agent all the same', async t => {
  const { folder } = openKeeper(t);
  const program = fileURLToPath(new URL('./filtered-vault.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags, program, join(folder, 'vault')], {
    timeout: 30_000,
  });
  assert.equal(stdout, 'room for 10\n');
});

test('a newer agent replaces the one before, with everything in its state; an older one is refused', async t => {
  const { processes } = openKeeper(t);
  const first = await openAgent(t, processes, 1);
  const { peer, app } = await connection(t);
  await first.vaults.park(one, app);
  const lent = await first.vaults.lend(one);
  lent.descriptor[Symbol.dispose]();
  const second = await openAgent(t, processes, 2);
  assert.deepEqual([...second.vaults.holdings()], [{ ...lent.holding, slot: 0x10000, lease: 1, isLent: true }]);
  await assert.rejects(first.vaults.lend(one), { code: 'vault-silent' });
  assert.deepEqual(first.witness.lost, [], 'what another agent has now is not lost');
  const late = await openAgent(t, processes, 1);
  assert.deepEqual([...late.vaults.holdings()], []);
  await second.vaults.return({ id: one, lease: 1 });
  second.vaults.arm([one]);
  peer.write('x');
  assert.equal((await second.witness.next()).id, one);
});

test('who does not know the key, or talks nonsense, is cut off; the agent lives on', async t => {
  const { processes } = openKeeper(t);
  const address = await processes.open();
  const { vaults } = await openAgent(t, processes);
  const { app } = await connection(t);
  const sayings: [string | Buffer, number?][] = [
    [encode({ type: 'hello', key: '0'.repeat(64), generation: 9 })],
    [encode({ type: 'arm', slots: [1] })],
    [encode({ type: 'lend', request: 1, ids: [one] })],
    [encode({ type: 'park', request: 1, ids: [one] }), 1],
    [encode({ type: 'hello', key: address.key, generation: 9 }), 1],
    ['{"type":"park","request":1,"ids":[{}]}'],
    ['not JSON'],
    [Buffer.alloc(60_000, 0xff), 64],
    ['null'],
  ];
  for (const [saying, descriptors = 0] of sayings) {
    const ended = Promise.withResolvers<unknown>();
    using channel = new Channel(connectTo(address.path), { received: () => {}, ended: ended.resolve });
    channel.send(Buffer.from(saying), Array(descriptors).fill(app));
    await ended.promise;
  }
  assert.equal((await vaults.park(one, app)).id, one);
});

test('a vault ends when its keeper is killed, and takes its socket away', async t => {
  const program = fileURLToPath(new URL('./vault-keeper.ts', import.meta.url));
  const { folder } = openKeeper(t);
  const keeper = spawn(process.execPath, [...nodeFlags, program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => keeper.kill('SIGKILL'));
  const [line] = (await once(keeper.stdout, 'data')) as [Buffer];
  const lost: string[] = [];
  using vaults = await Vaults.open({
    generation: 1,
    vaults: [JSON.parse(line.toString())],
    openVault: never,
    listener: { activity: () => {}, lost: ids => void lost.push(...ids), rejoined: () => {}, complete: () => {} },
    deadlineMs: 10_000,
    patienceMs: 10_000,
  });
  const { peer, app } = await connection(t);
  await vaults.park(one, app);
  keeper.kill('SIGKILL');
  peer.resume();
  await once(peer, 'close');
  await waitFor('the loss to be told', () => lost.length === 1);
  await waitFor('the path to be gone', () => readdirSync(folder).length === 0);
});

test('hundreds parked, lent, returned and closed leave no file open here', async t => {
  const { processes } = openKeeper(t);
  const { vaults } = await openAgent(t, processes);
  const { app } = await connection(t);
  // One socket over and over: the kernel allows 500 watches of one.
  const ids = Array.from({ length: 400 }, (_, n) => keyOf(n));
  await vaults.park(keyOf(400), app.duplicate());
  const before = readdirSync('/proc/self/fd').length;
  await Promise.all(ids.map(id => vaults.park(id, app.duplicate())));
  const lent = await Promise.all(ids.map(id => vaults.lend(id)));
  for (const { descriptor } of lent) descriptor[Symbol.dispose]();
  await Promise.all(ids.map(id => vaults.return({ id, lease: 1 })));
  await Promise.all(ids.map(id => vaults.close({ id, lease: 1 })));
  assert.equal([...vaults.holdings()].length, 1);
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
