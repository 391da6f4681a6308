// What the door refuses, each with a code, while everyone else's sockets stay where they are.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, openSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { maxContextBytes, type SocketKind } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { socketPair } from '../../src/platform/kernel/sockets.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { connection, duplicateOf, numberOf, numberOfDatagrams } from './parking.ts';
import { base64, Guest, owner, Scene, transferOf } from './room.ts';

after(leakCheck());

async function open(t: TestContext, options: ConstructorParameters<typeof Scene>[1] = {}) {
  const scene = new Scene(t, options);
  const sockets = await scene.open();
  return { scene, sockets, guest: await scene.guest() };
}

/** One of each kind, as descriptors. */
async function oneOfEach(t: TestContext): Promise<Record<SocketKind, Descriptor>> {
  const server = createServer().listen(0, '127.0.0.1');
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(datagrams, 'listening')]);
  const kinds = {
    'stream-socket': (await connection(t)).app,
    'stream-socket-listener': duplicateOf(t, numberOf(server)),
    'datagram-socket': duplicateOf(t, numberOfDatagrams(datagrams)),
  };
  server.close();
  datagrams.close();
  return kinds;
}

test('a socket of another kind than declared is refused, whatever was declared (SB-21, SB-33)', async t => {
  const { guest, sockets } = await open(t);
  const real = await oneOfEach(t);
  for (const [kind, descriptor] of Object.entries(real)) {
    for (const declared of Object.keys(real) as SocketKind[]) {
      const answer = await guest.tell(transferOf({ kind: declared, socketId: `${kind}, ${declared}` }), [descriptor]);
      assert.equal(answer, declared === kind ? 'done' : 'wrong-kind', `${kind} as ${declared}`);
    }
  }
  const kinds = sockets.list(owner).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['stream-socket', 'stream-socket-listener', 'datagram-socket']);
  for (const { id, kind } of sockets.list(owner)) {
    for (const declared of Object.keys(real) as SocketKind[]) {
      if (declared !== kind) {
        assert.equal(await guest.tell({ type: 'reclaim', socketId: id, kind: declared }), 'wrong-kind');
      }
    }
  }
});

test('what is no socket, or one that keeps message boundaries, is refused', async t => {
  const { guest } = await open(t);
  const file = Descriptor.own(openSync(import.meta.filename, 'r'));
  t.after(() => file[Symbol.dispose]());
  assert.equal(await guest.tell(transferOf(), [file]), 'invalid-argument');
  const [seqpacket, other] = socketPair();
  t.after(() => [seqpacket, other].forEach(end => void end[Symbol.dispose]()));
  assert.equal(await guest.tell(transferOf(), [seqpacket]), 'wrong-kind');
});

test('none, several, or more descriptors than a message may have are refused, and none of them is kept', async t => {
  const { guest, scene } = await open(t);
  const { app } = await connection(t);
  await guest.transfer(app, { socketId: 'first' });
  const before = readdirSync('/proc/self/fd').length;
  assert.equal(await guest.tell(transferOf(), []), 'invalid-argument');
  assert.equal(await guest.tell(transferOf(), [app, app]), 'invalid-argument');
  assert.equal(await guest.tell(transferOf(), Array(64).fill(app)), 'invalid-argument');
  assert.equal(
    await guest.tell({ type: 'reclaim', socketId: 'first', kind: 'stream-socket' }, [app]),
    'invalid-argument',
  );
  assert.equal(readdirSync('/proc/self/fd').length, before);
  assert.equal(await guest.tell(transferOf(), [app]), 'done', 'the channel lives on');
  // As many as the kernel lets anyone send in one message, by somebody who is not us.
  const script = `
import json, os, socket, sys
door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
door.connect(sys.argv[1])
door.send(json.dumps({'type': 'hello', 'token': 'token-a'}).encode())
assert json.loads(door.recv(65536))['type'] == 'welcome'
request = json.loads(sys.argv[2])
socket.send_fds(door, [json.dumps(request).encode()], [door.fileno()] * 253)
print(json.loads(door.recv(65536))['code'])`;
  const request = JSON.stringify({ ...transferOf({ socketId: 'many' }), request: 1 });
  const answer = await run('python3', ['-c', script, scene.path, request]);
  assert.deepEqual(answer, { status: 0, output: 'quota-exceeded\n' });
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

/** Runs a program while this process goes on. */
async function run(program: string, args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', chunk => {
    output += String(chunk);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

test('a thousand hand-overs at once are answered one by one, and one too many for the app is a code', async t => {
  const { guest, sockets } = await open(t, { limits: { maxSocketsPerApp: 900 } });
  const { app } = await connection(t);
  // The kernel allows 500 watches of one file, so there are three.
  const more = [app, (await connection(t)).app, (await connection(t)).app];
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => guest.tell(transferOf({ socketId: `s${n}` }), [more[n % 3]!])),
  );
  assert.equal(answers.filter(answer => answer === 'done').length, 900);
  assert.equal(answers.filter(answer => answer === 'quota-exceeded').length, 100);
  assert.equal(sockets.list(owner).length, 900);
});

test('forged messages are refused with a code; those that cannot be answered end the connection', async t => {
  const { scene, guest, sockets } = await open(t);
  const { app } = await connection(t);
  await guest.transfer(app);
  const good = transferOf({ socketId: 'other' });
  const forged: object[] = [
    { ...good, request: 7, key: 'not-a-key' },
    { ...good, request: 7, socketId: '' },
    { ...good, request: 7, socketId: 'a\nb' },
    { ...good, request: 7, kind: 'tls-socket' },
    { ...good, request: 7, taskId: '../../x' },
    { ...good, request: 7, context: 'not base64!' },
    { ...good, request: 7, context: base64('x'.repeat(maxContextBytes + 3)) },
    { ...good, request: 7, keepAliveMs: 0 },
    { ...good, request: 7, app: 'b' },
    { type: 'lend', request: 7 },
    { type: 'hello', token: 'token-b', request: 7 },
    { type: 'ready', request: 7 },
  ];
  for (const message of forged) {
    const forger = await scene.guest();
    forger.sayRaw(message, [app]);
    const { message: answer } = await forger.next();
    assert.deepEqual([answer.type, answer.type === 'refused' && answer.code], ['refused', 'invalid-argument']);
    assert.equal(answer.type === 'refused' && answer.request, 7);
    await forger.ended.promise;
  }
  for (const nonsense of ['null', '{"type":', Buffer.alloc(100_000, 0xff), '{"type":"return","request":-1}']) {
    const forger = await scene.guest();
    forger.sayRaw(nonsense);
    await forger.ended.promise;
  }
  assert.deepEqual(
    sockets.list(owner).map(({ id }) => id),
    ['main'],
  );
  assert.equal(await guest.tell(transferOf({ socketId: 'other' }), [app]), 'done');
});

test('without a grant, with words before the hello, or with none in time nobody gets in', async t => {
  const { scene } = await open(t, { limits: { helloDeadlineMs: 50 } });
  await assert.rejects(scene.guest('0'.repeat(64)), { code: 'access-denied' });
  const early = Guest.connect(t, scene.path);
  early.sayRaw({ type: 'reclaim', request: 1, socketId: 'main', kind: 'stream-socket' });
  assert.equal(((await early.next()).message as { code?: string }).code, 'invalid-argument');
  await early.ended.promise;
  const silent = Guest.connect(t, scene.path);
  assert.equal(((await silent.next()).message as { code?: string }).code, 'timeout');
  await silent.ended.promise;
});

test('too many connections, and too many that have not said hello, are turned away', async t => {
  const { scene, guest } = await open(t, { limits: { maxChannels: 6, maxStrangers: 3 } });
  const strangers = [1, 2, 3].map(() => Guest.connect(t, scene.path));
  const fourth = Guest.connect(t, scene.path);
  assert.equal(((await fourth.next()).message as { code?: string }).code, 'quota-exceeded');
  for (const stranger of strangers) stranger.hangUp();
  await waitFor('the strangers to be forgotten', async () => {
    const next = await scene.guest().catch(() => undefined);
    return next !== undefined;
  });
  const more = [await scene.guest(), await scene.guest(), await scene.guest(), await scene.guest()];
  await assert.rejects(scene.guest(), { code: 'quota-exceeded' });
  assert.equal(more.length, 4);
  assert.equal(await guest.tell({ type: 'reclaim', socketId: 'main', kind: 'stream-socket' }), 'not-found');
});

test("another app's socket cannot be seen, taken, closed, handed back or replaced by its key", async t => {
  const { scene, sockets, guest } = await open(t);
  const { peer, app } = await connection(t);
  const key = await guest.transfer(app, { context: base64('secret') });
  const thief = await scene.guest('token-b');
  const own = await connection(t);
  assert.equal(await thief.tell({ type: 'reclaim', socketId: 'main', kind: 'stream-socket' }), 'not-found');
  assert.equal(await thief.tell({ type: 'close', key, lease: 0 }), 'access-denied');
  assert.equal(await thief.tell({ type: 'return', key, lease: 0, leftover: null }), 'access-denied');
  assert.equal(await thief.tell({ type: 'resume', key, lease: 0 }), 'access-denied');
  assert.equal(await thief.tell(transferOf({ key }), [own.app]), 'access-denied');
  assert.deepEqual(sockets.list({ role: 'app', app: 'b' }), []);
  await assert.rejects(sockets.remove({ role: 'app', app: 'b' }, { app: 'a', id: 'main' }), { code: 'not-found' });
  assert.equal(await thief.tell(transferOf(), [own.app]), 'done', 'its own "main" is another one');
  peer.write('x');
  assert.equal((await scene.tasks.next()).app, 'a');
});

test('a key of the same app names one hand-over: under another id it is refused', async t => {
  const { guest } = await open(t);
  const { app } = await connection(t);
  const key = await guest.transfer(app);
  assert.equal(await guest.tell(transferOf({ key, socketId: 'else' }), [app]), 'access-denied');
  assert.equal(await guest.tell(transferOf(), [app]), 'already-exists', 'another hand-over as "main" while it lives');
});

test('only the last lease hands back, closes and resumes; unknown keys are not found', async t => {
  const { scene, sockets, guest } = await open(t);
  const { app } = await connection(t);
  const key = await guest.transfer(app);
  const reclaim = { type: 'reclaim', socketId: 'main', kind: 'stream-socket' } as const;
  for (let n = 0; n < 2; n++) {
    const { descriptors } = await guest.ask(reclaim);
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    if (n === 0) assert.equal(await guest.tell({ type: 'return', key, lease: 1, leftover: null }), 'done');
  }
  const late = await scene.guest();
  for (const type of ['close', 'resume'] as const)
    assert.equal(await late.tell({ type, key, lease: 1 }), 'stale-owner');
  assert.equal(await late.tell({ type: 'return', key, lease: 0, leftover: null }), 'stale-owner');
  assert.equal(await late.tell({ type: 'return', key, lease: 3, leftover: null }), 'stale-owner');
  assert.equal(await late.tell({ type: 'close', key: randomUUID(), lease: 2 }), 'not-found');
  assert.equal(await late.tell(reclaim), 'illegal-state', 'somebody has it');
  assert.equal(sockets.list(owner)[0]?.status, 'lent');
  assert.equal(await guest.tell({ type: 'close', key, lease: 2 }), 'done');
  assert.deepEqual(sockets.list(owner), []);
});

test('a task that is not registered, and a keep-alive time of a listener, are refused (SB-24)', async t => {
  const { guest } = await open(t);
  const real = await oneOfEach(t);
  assert.equal(await guest.tell(transferOf({ taskId: randomUUID() }), [real['stream-socket']]), 'not-found');
  const listener = transferOf({ kind: 'stream-socket-listener', keepAliveMs: 60_000 });
  assert.equal(await guest.tell(listener, [real['stream-socket-listener']]), 'invalid-argument');
});

test('another Unix user cannot connect, and if a folder let him in he would be refused', async t => {
  if (process.getuid?.() !== 0) return t.skip('needs root to be another user');
  const { scene } = await open(t);
  const program = fileURLToPath(new URL('./stranger.ts', import.meta.url));
  const tries = () => run(process.execPath, [...nodeFlags, program, scene.path]).then(({ output }) => output);
  assert.equal(await tries(), 'EACCES\n');
  chmodSync(scene.folder, 0o755);
  assert.equal(await tries(), 'EACCES\n', 'the socket itself is closed to others');
  chmodSync(scene.path, 0o666);
  assert.equal(await tries(), 'access-denied\n');
});
