// Descriptors through a Unix socket: what arrives, what is refused, and that nothing is ever left open.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { Envelope, maxDescriptors, maxMessageBytes } from '../../src/platform/kernel/envelope.ts';
import { Epoll } from '../../src/platform/kernel/epoll.ts';
import { isSupportedHere } from '../../src/platform/kernel/libc.ts';
import {
  acceptFrom,
  connectTo,
  listenAt,
  peerCredentials,
  shutDown,
  socketFacts,
  socketPair,
} from '../../src/platform/kernel/sockets.ts';
import { nodeFlags } from '../../src/platform/source.ts';

const hostile = fileURLToPath(new URL('./hostile-arguments.ts', import.meta.url));
const fewFiles = fileURLToPath(new URL('./few-files.ts', import.meta.url));

const openFiles = (): number => readdirSync('/proc/self/fd').length;
const inodeOf = (descriptor: Descriptor): string => String(statSync(`/proc/self/fd/${descriptor.number}`).ino);

/** Runs the test's body and counts the open files around it. */
function leaving(name: string, body: () => void): void {
  test(name, () => {
    socketPair().forEach(end => void end[Symbol.dispose]()); // the library is loaded
    const before = openFiles();
    body();
    assert.equal(openFiles(), before, 'files left open');
  });
}

leaving('a message arrives with its bytes and its descriptors in order, each the same open file', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  const sent = Array.from({ length: maxDescriptors / 2 }, () => socketPair().map(end => stack.use(end))).flat();
  assert.equal(envelope.send(here, Buffer.from('hello'), sent), true);
  const message = envelope.receive(there);
  assert.ok(message !== undefined && message !== 'end');
  for (const descriptor of message.descriptors) stack.use(descriptor);
  assert.equal(message.bytes.toString(), 'hello');
  assert.deepEqual(message.descriptors.map(inodeOf), sent.map(inodeOf));
});

leaving('what arrives is never inherited by a child process', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  envelope.send(here, Buffer.from('x'), [here]);
  const message = envelope.receive(there);
  assert.ok(message !== undefined && message !== 'end');
  const received = stack.use(message.descriptors[0]!);
  assert.match(readFileSync(`/proc/self/fdinfo/${received.number}`, 'utf8'), /^flags:\s*0?2\d*[0-7]{6}$/m);
  const flags = /flags:\s*([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${received.number}`, 'utf8'))![1]!;
  assert.ok((Number.parseInt(flags, 8) & 0o2000000) !== 0);
});

leaving('messages keep their boundaries and nothing of one shows up in the next', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  const messages = [Buffer.alloc(maxMessageBytes, 7), Buffer.from('b'), Buffer.from('cc')];
  for (const message of messages) assert.equal(envelope.send(here, message), true);
  for (const message of messages) {
    const received = envelope.receive(there);
    assert.ok(received !== undefined && received !== 'end');
    assert.deepEqual(received, { bytes: message, descriptors: [], wereLost: false });
  }
  assert.equal(envelope.receive(there), undefined);
});

leaving('a full socket says so instead of waiting, and nothing of that message is sent', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  let sent = 0;
  while (envelope.send(here, Buffer.alloc(1_000, sent), [here])) sent += 1;
  assert.ok(sent > 10, `${sent} messages`);
  let received = 0;
  for (let message = envelope.receive(there); message !== undefined; message = envelope.receive(there)) {
    assert.ok(message !== 'end');
    for (const descriptor of message.descriptors) descriptor[Symbol.dispose]();
    received += 1;
  }
  assert.equal(received, sent);
});

leaving('empty and too large messages and too many descriptors are refused before the kernel sees them', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  assert.throws(() => envelope.send(here, Buffer.alloc(0)), RangeError);
  assert.throws(() => envelope.send(here, Buffer.alloc(maxMessageBytes + 1)), RangeError);
  assert.throws(() => envelope.send(here, Buffer.of(1), Array(maxDescriptors + 1).fill(here)), RangeError);
  assert.equal(envelope.receive(there), undefined);
});

leaving('the end of the peer is told after its last message; writing to it is an error, not a signal', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  envelope.send(here, Buffer.from('last'));
  here[Symbol.dispose]();
  assert.equal((envelope.receive(there) as { bytes: Buffer }).bytes.toString(), 'last');
  assert.equal(envelope.receive(there), 'end');
  assert.throws(() => envelope.send(there, Buffer.of(1)), { code: 'EPIPE', syscall: 'sendmsg' });
});

leaving('a descriptor is closed once and refused afterwards, also when its number is in use again', () => {
  const [here, there] = socketPair();
  const { number } = here;
  here[Symbol.dispose]();
  const again = openSync('/dev/null', 'r');
  assert.equal(again, number, 'the kernel gives the lowest free number');
  here[Symbol.dispose]();
  assert.equal(statSync(`/proc/self/fd/${again}`).isCharacterDevice(), true);
  assert.throws(() => here.number, { code: 'EBADF' });
  assert.throws(() => here.duplicate(), { code: 'EBADF' });
  closeSync(again);
  there[Symbol.dispose]();
});

leaving('only a number of an open file becomes a descriptor', () => {
  for (const wrong of [-1, 1.5, Number.NaN, 2 ** 31, '3', null, {}] as number[]) {
    assert.throws(() => Descriptor.own(wrong), TypeError);
  }
  assert.throws(() => Descriptor.own(19_999), { code: 'EBADF' });
});

leaving('a plain file is no socket and cannot be watched', () => {
  using file = Descriptor.own(openSync(hostile, 'r'));
  using epoll = new Epoll();
  assert.throws(() => socketFacts(file), { code: 'ENOTSOCK' });
  assert.throws(() => peerCredentials(file.number), { code: 'ENOTSOCK' });
  assert.throws(() => epoll.add(file, 1), { code: 'EPERM' });
});

leaving('a listener keeps boundaries, knows who came, and its path is closed to others', () => {
  using stack = new DisposableStack();
  const folder = stack.adopt(mkdtempSync(join(tmpdir(), 'lh-')), path => rmSync(path, { recursive: true }));
  const path = join(folder, 'door.sock');
  const listener = stack.use(listenAt(path, 8));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(acceptFrom(listener), undefined);
  const client = stack.use(connectTo(path));
  const served = stack.use(acceptFrom(listener)!);
  const expected = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
  assert.deepEqual(peerCredentials(served.number), expected);
  assert.deepEqual(peerCredentials(client.number), expected);
  const envelope = stack.use(new Envelope());
  envelope.send(client, Buffer.from('one'));
  envelope.send(client, Buffer.from('two'));
  assert.equal((envelope.receive(served) as { bytes: Buffer }).bytes.toString(), 'one');
  assert.throws(() => listenAt(path, 8), { code: 'EADDRINUSE' });
  assert.throws(() => connectTo(join(folder, 'nothing.sock')), { code: 'ENOENT' });
  assert.throws(() => listenAt('x'.repeat(108), 8), TypeError);
  assert.deepEqual(socketFacts(listener), { family: 'unix', type: 'other', isListening: true, isConnected: false });
});

test('the kind of a socket is asked of the kernel, whatever was declared', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise(resolve => server.once('listening', resolve));
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  using own = Descriptor.own(openSync('/dev/null', 'r'));
  assert.ok(own.isOpen);
  const descriptor = Descriptor.own(fd); // Node goes on owning it
  assert.deepEqual(socketFacts(descriptor), { family: 'ipv4', type: 'stream', isListening: true, isConnected: false });
  descriptor.release();
});

leaving('shutting down ends the connection although a duplicate is held, and may be done twice', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const held = stack.use(here.duplicate());
  const envelope = stack.use(new Envelope());
  shutDown(here);
  shutDown(held);
  assert.equal(envelope.receive(there), 'end');
});

leaving('a watched descriptor is told once until it is armed again, and never when it was removed', () => {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  const epoll = stack.use(new Epoll());
  epoll.add(there, 0xffff_ffff);
  envelope.send(here, Buffer.from('x'));
  assert.deepEqual(epoll.take(), [], 'deaf until armed');
  epoll.arm(there, 0xffff_ffff);
  assert.deepEqual(epoll.take(), [{ slot: 0xffff_ffff, isReadable: true, hasEnded: false }]);
  assert.deepEqual(epoll.take(), [], 'told once');
  epoll.arm(there, 7);
  epoll.disarm(there, 7);
  assert.deepEqual(epoll.take(), []);
  epoll.arm(there, 7);
  here[Symbol.dispose]();
  assert.deepEqual(epoll.take(), [{ slot: 7, isReadable: true, hasEnded: true }]);
  epoll.arm(there, 7);
  epoll.remove(there);
  assert.deepEqual(epoll.take(), []);
  assert.throws(() => epoll.arm(there, 7), { code: 'ENOENT' });
  assert.throws(() => epoll.add(there, -1), RangeError);
});

leaving('10,000 envelopes, one after the other, leave nothing and harm nothing', () => {
  const [here, there] = socketPair();
  for (let count = 0; count < 10_000; count++) {
    using envelope = new Envelope();
    envelope.send(here, Buffer.from(String(count)));
    assert.equal((envelope.receive(there) as { bytes: Buffer }).bytes.toString(), String(count));
  }
  here[Symbol.dispose]();
  there[Symbol.dispose]();
});

test('thousands of wrong arguments are errors, and the process is as sound as before', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeFlags, hostile], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^[1-9]\d{3,} refused, still sound\n$/);
});

test('a receiver near its limit of open files is told that descriptors were lost, and keeps none of that message', () => {
  const command = `ulimit -n 60 && exec "$0" "$@"`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, ...nodeFlags, fewFiles], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'lost of "many", none kept, the next message arrives\n');
});

test('elsewhere than on Linux on x64 or arm64 the call says so', () => {
  assert.equal(isSupportedHere('linux', 'x64'), true);
  for (const [platform, architecture] of [
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'ia32'],
    ['linux', 's390x'],
  ] as const) {
    assert.equal(isSupportedHere(platform, architecture), false);
  }
  const program = `
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    const { socketPair } = await import(${JSON.stringify(new URL('../../src/platform/kernel/sockets.ts', import.meta.url).href)});
    try { socketPair(); } catch (error) { console.log(error.code); }`;
  const { stdout, stderr } = spawnSync(process.execPath, [...nodeFlags, '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  assert.equal(stdout, 'not-supported-here\n', stderr);
});
