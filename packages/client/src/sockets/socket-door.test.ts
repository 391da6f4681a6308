import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Descriptor, socketPair } from '@longhaul/agent/kernel';
import { type ErrorCode, type LentSocket, LonghaulError, type ToSocketDoor } from '@longhaul/agent-protocol';
import { type HandOver, SocketDoor } from './socket-door.ts';

const taskId = 'b6d3f4a5-5f0f-4c0e-9a5b-0d8f2a1c7e11';
const key = '7d3f4a5b-5f0f-4c0e-9a5b-0d8f2a1c7e12';
const order: HandOver = {
  socketId: 'a',
  taskId,
  kind: 'stream-socket',
  wake: 'do-not-wake',
  context: null,
  leftover: Buffer.from('left'),
  keepAliveMs: null,
};
const lent = (lease: number): LentSocket => ({ ...order, key, lease, context: null, leftover: null });

/** A door whose words are kept, and descriptors that tell whether they are closed. */
function open() {
  const said: ToSocketDoor[] = [];
  const busy: boolean[] = [];
  const door = new SocketDoor(
    message => void said.push(message),
    isBusy => void busy.push(isBusy),
  );
  const types = () => said.map(({ type }) => type);
  const requestOf = (index: number) => (said.at(index) as { request: number }).request;
  const done = (index: number) => door.received({ type: 'done', request: requestOf(index) }, []);
  const refuse = (index: number, code: ErrorCode) =>
    door.received({ type: 'refused', request: requestOf(index), code, message: 'no' }, []);
  const lend = (index: number, lease = 1, descriptor = aDescriptor()) => {
    door.received({ type: 'lent', request: requestOf(index), socket: lent(lease) }, [descriptor]);
    return descriptor;
  };
  return { door, said, busy, types, requestOf, done, refuse, lend };
}

function aDescriptor(): Descriptor {
  const [one, other] = socketPair();
  other[Symbol.dispose]();
  return one;
}

const fails = (promise: Promise<unknown>, code: ErrorCode) =>
  assert.rejects(promise, (error: LonghaulError) => error.code === code);

test('a hand-over is said at once, under a key, and its descriptor is closed with the answer', async () => {
  const { door, said, busy, done } = open();
  const descriptor = aDescriptor();
  const transferred = door.transfer(order, descriptor);
  const [message] = said;
  assert.ok(message?.type === 'transfer');
  assert.deepEqual([message.request, message.leftover, message.context], [1, 'bGVmdA==', null]);
  assert.match(message.key, /^[0-9a-f-]{36}$/);
  assert.deepEqual([descriptor.isOpen, busy], [true, [true]]);
  done(0);
  await transferred;
  assert.deepEqual([descriptor.isOpen, busy], [false, [true, false]]);
});

test('a refusal is an error with the code of the agent', async () => {
  const { door, refuse } = open();
  const descriptor = aDescriptor();
  const failed = fails(door.transfer(order, descriptor), 'already-exists');
  refuse(0, 'already-exists');
  await failed;
  assert.equal(descriptor.isOpen, false);
});

test('32 requests are on their way at a time, the others wait in order', async () => {
  const { door, said, done } = open();
  const all = Array.from({ length: 40 }, (_, index) =>
    door.transfer({ ...order, socketId: `${index}` }, aDescriptor()),
  );
  assert.equal(said.length, 32);
  for (let index = 0; index < 40; index++) done(index);
  await Promise.all(all);
  assert.deepEqual(
    said.map(message => message.type === 'transfer' && message.socketId),
    all.map((_, index) => `${index}`),
  );
});

test('over another channel leases come first, then what was not answered with the keys it had, then what waited', async () => {
  const { door, said, types, done, lend } = open();
  const reclaimed = door.reclaim('a', 'stream-socket');
  lend(0);
  door.hold({ socket: (await reclaimed).socket, lost: () => assert.fail('it is not lost') });
  const descriptor = aDescriptor();
  const transferred = door.transfer(order, descriptor);
  door.lost();
  const late = door.reclaim('b', 'stream-socket');
  assert.deepEqual(types(), ['reclaim', 'transfer']);
  door.reconnected();
  assert.deepEqual(types(), ['reclaim', 'transfer', 'resume', 'transfer', 'reclaim']);
  assert.deepEqual(said[3], said[1]);
  assert.equal(descriptor.isOpen, true);
  for (const index of [2, 3]) done(index);
  await transferred;
  lend(4);
  await late;
});

test('what is being given back or closed is not resumed', async () => {
  const { door, types, done } = open();
  const held = { socket: lent(1), lost: () => {} };
  door.hold(held);
  const given = door.giveBack(held, { leftover: null });
  door.lost();
  door.reconnected();
  assert.deepEqual(types(), ['return', 'return']);
  done(1);
  await given;
  assert.equal(door.heldLeases, 0);
});

test('giving back says only what changes', async () => {
  const { door, said, done } = open();
  const held = { socket: lent(7), lost: () => {} };
  door.hold(held);
  const kept = door.giveBack(held, { leftover: null });
  assert.deepEqual(said[0], { type: 'return', request: 1, key, lease: 7, leftover: null });
  const cleared = door.giveBack(held, { context: null, leftover: null, keepAliveMs: 2_000 });
  assert.deepEqual(said[1], { ...said[0], request: 2, context: null, keepAliveMs: 2_000 });
  done(0);
  done(1);
  await Promise.all([kept, cleared]);
});

test('a lease that the agent does not know any more is lost; one that it only cannot look up now is not', () => {
  for (const [code, isLost] of [
    ['stale-owner', true],
    ['not-found', true],
    ['vault-lost', true],
    ['internal', false],
  ] as const) {
    const { door, refuse } = open();
    const lost: string[] = [];
    door.hold({ socket: lent(1), lost: error => void lost.push(error.code) });
    door.lost();
    door.reconnected();
    refuse(-1, code);
    assert.deepEqual([lost, door.heldLeases], isLost ? [[code], 0] : [[], 1]);
  }
});

test('given up before it was said, nothing has happened; the descriptor is closed', async () => {
  const { door, said, busy } = open();
  door.lost();
  const abort = new AbortController();
  const descriptor = aDescriptor();
  const failed = fails(door.transfer(order, descriptor, { signal: abort.signal }), 'operation-canceled');
  assert.deepEqual(busy, [true]);
  abort.abort();
  await failed;
  door.reconnected();
  assert.deepEqual([said, descriptor.isOpen, busy], [[], false, [true, false]]);
  await fails(door.transfer(order, aDescriptor(), { signal: AbortSignal.abort() }), 'operation-canceled');
});

test('a hand-over that was given up and happened is undone: the socket is its giver’s again, under a lease', async () => {
  const { door, types, done, lend, busy } = open();
  const abort = new AbortController();
  const taken = Promise.withResolvers<LentSocket>();
  const failed = fails(
    door.transfer(order, aDescriptor(), { signal: abort.signal, takenBack: taken.resolve }),
    'operation-canceled',
  );
  abort.abort();
  await failed;
  assert.deepEqual(busy, [true, false], 'nobody waits for it');
  door.lost();
  door.reconnected();
  done(1);
  assert.deepEqual(types(), ['transfer', 'transfer', 'reclaim']);
  const descriptor = lend(2, 3);
  assert.equal((await taken.promise).lease, 3);
  assert.equal(descriptor.isOpen, false);
});

test('one that was given up and refused is over', async () => {
  const { door, types, refuse } = open();
  const abort = new AbortController();
  const failed = fails(door.transfer(order, aDescriptor(), { signal: abort.signal }), 'operation-canceled');
  abort.abort();
  await failed;
  refuse(0, 'not-found');
  assert.deepEqual(types(), ['transfer']);
});

test('a reclaim that was given up and happened is put back', async () => {
  const { door, said, types, lend, done } = open();
  const abort = new AbortController();
  const failed = fails(door.reclaim('a', 'stream-socket', abort.signal), 'operation-canceled');
  abort.abort();
  await failed;
  const descriptor = lend(0, 5);
  assert.deepEqual([descriptor.isOpen, types()], [false, ['reclaim', 'return']]);
  assert.equal(said[1]?.type === 'return' && said[1].lease, 5);
  done(1);
});

test('a reclaim whose answer was lost is asked again while the agent waits for its lost holder', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { door, types, refuse, lend } = open();
  const first = fails(door.reclaim('a', 'stream-socket'), 'illegal-state');
  refuse(0, 'illegal-state');
  await first;
  const reclaimed = door.reclaim('a', 'stream-socket');
  door.lost();
  door.reconnected();
  refuse(-1, 'illegal-state');
  t.mock.timers.tick(250);
  assert.deepEqual(types(), ['reclaim', 'reclaim', 'reclaim', 'reclaim']);
  lend(-1)[Symbol.dispose]();
  await reclaimed;
  const hopeless = fails(door.reclaim('a', 'stream-socket'), 'illegal-state');
  door.lost();
  door.reconnected();
  for (let times = 0; times < 33; times++) {
    refuse(-1, 'illegal-state');
    t.mock.timers.tick(250);
  }
  await hopeless;
});

test('nobody can be reached: all who wait are told, and what was said is undone should it have happened', async () => {
  const { door, types, busy, done } = open();
  const taken: LentSocket[] = [];
  const said = fails(
    door.transfer(order, aDescriptor(), { takenBack: socket => void taken.push(socket) }),
    'agent-not-reachable',
  );
  door.lost();
  const waiting = fails(door.reclaim('b', 'stream-socket'), 'agent-not-reachable');
  door.giveUp(new LonghaulError('agent-not-reachable', 'none'));
  await Promise.all([said, waiting]);
  assert.deepEqual(busy, [true, false]);
  door.reconnected();
  done(-1);
  assert.deepEqual(types(), ['transfer', 'transfer', 'reclaim']);
});

test('the end of the channel is the end of everything: who waits is told, leases are lost, later requests fail', async () => {
  const { door } = open();
  const descriptor = aDescriptor();
  const failed = fails(door.transfer(order, descriptor), 'agent-not-reachable');
  const lost: string[] = [];
  door.hold({ socket: lent(1), lost: error => void lost.push(error.code) });
  door.ended(new Error('broken'));
  door.ended(undefined);
  await failed;
  assert.deepEqual([descriptor.isOpen, lost, door.heldLeases], [false, ['agent-not-reachable'], 0]);
  const late = aDescriptor();
  await fails(door.transfer(order, late), 'agent-not-reachable');
  assert.equal(late.isOpen, false);
});

test('answers that nobody waits for, and descriptors that nobody asked for, are closed', async () => {
  const { door, done, requestOf } = open();
  const stray = aDescriptor();
  door.received({ type: 'lent', request: 99, socket: lent(1) }, [stray]);
  assert.equal(stray.isOpen, false);
  const transferred = door.transfer(order, aDescriptor());
  const [surplus, more] = [aDescriptor(), aDescriptor()];
  door.received({ type: 'done', request: requestOf(0) }, [surplus, more]);
  await transferred;
  assert.deepEqual([surplus.isOpen, more.isOpen], [false, false]);
  done(0); // a second time
  const early = aDescriptor();
  door.received({ type: 'welcome' }, [early]);
  assert.equal(early.isOpen, false);
});
