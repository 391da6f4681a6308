// Handing streams over and taking them back: no byte is lost, doubled or out of order, nothing is read before the app reads, the
// peer notices nothing, and whatever fails leaves the socket where it was.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import {
  cancelIO,
  type ErrorCode,
  enableTransferOwnership,
  type LonghaulError,
  transferOwnership,
} from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { rebuild } from '../../src/sockets/rebuild.ts';
import { type Broker, taskId } from './broker.ts';
import { connection, hears, listen, scene, turns, written } from './scene.ts';

const rejects = (code: ErrorCode, promise: Promise<unknown>, words = /./) =>
  assert.rejects(promise, (error: LonghaulError) => {
    assert.equal(error.code, code, `${error}`);
    assert.match(error.message, words);
    return true;
  });
const reclaim = async (broker: Broker, id: string): Promise<Socket> =>
  rebuild(broker.door, await broker.door.reclaim(id, 'stream-socket')) as Socket;

test('a socket that is read is refused; after cancelIO it is handed over, and its peer notices nothing (SB-25, SB-26, row 3)', async t => {
  const { broker, socket, peer, heard } = await scene(t);
  const mine = listen(socket);
  await written(peer, 'before');
  await hears(mine, 'before');
  await rejects('pending-io', transferOwnership(broker, socket, 'a'), /cancelIO/);
  await written(peer, 'still read');
  await hears(mine, 'still read');
  await cancelIO(socket);
  await written(peer, 'unread');
  await transferOwnership(broker, socket, 'a', { context: Buffer.from([0, 255]), keepAliveMs: 1_000 });
  assert.equal(socket.destroyed, true);
  assert.equal(mine.text, 'beforestill read');
  const taken = await reclaim(broker, 'a');
  const other = listen(taken);
  await hears(other, 'unread');
  taken.write('hello');
  await hears(heard, 'hello');
  assert.equal(heard.hasEnded, false);
  assert.equal(broker.holdings.get('a')!.lent.context, 'AP8=');
});

test('what is still being written is refused; cancelIO waits until the kernel has it (SB-25)', async t => {
  const { broker, socket, peer, heard } = await scene(t);
  peer.pause();
  const size = 32 * 1024 * 1024;
  socket.write(Buffer.alloc(size, 'w'));
  assert.ok(socket.writableLength > 0);
  await rejects('pending-io', transferOwnership(broker, socket, 'a'), /written/);
  await rejects('operation-canceled', cancelIO(socket, { signal: AbortSignal.timeout(50) }));
  const canceled = cancelIO(socket);
  peer.resume();
  await canceled;
  assert.equal(socket.writableLength, 0);
  await transferOwnership(broker, socket, 'a');
  await waitFor('every byte', () => heard.text.length === size);
  assert.equal(heard.hasEnded, false);
});

test('what was read and not used goes along and comes first; the rest waits in the kernel until somebody reads', async t => {
  const { broker, socket, peer } = await scene(t);
  for (const part of ['read ', 'ahead,']) {
    const expected = socket.readableLength + part.length;
    await written(peer, part);
    await waitFor('the stream to have it', () => socket.readableLength === expected);
  }
  await cancelIO(socket);
  await written(peer, 'in the kernel,');
  await transferOwnership(broker, socket, 'a');
  assert.equal(Buffer.from(broker.holdings.get('a')!.lent.leftover!, 'base64').toString(), 'read ahead,');
  await written(peer, 'while parked,');
  const taken = await reclaim(broker, 'a');
  await turns();
  assert.deepEqual([taken.readableLength, taken.bytesRead], [11, 0], 'nothing was read before the app reads');
  await transferOwnership(broker, taken, 'a');
  const again = await reclaim(broker, 'a');
  const heard = listen(again);
  await hears(heard, 'while parked,');
  assert.equal(heard.text, 'read ahead,in the kernel,while parked,');
});

test('a stream that is iterated gives the same bytes over ten hand-overs in the middle of a flood', async t => {
  const { broker, socket, peer } = await scene(t);
  await cancelIO(socket);
  await transferOwnership(broker, socket, 'flood');
  const numbers = Array.from({ length: 60_000 }, (_, index) => `${index}\n`).join('');
  peer.write(numbers);
  let text = '';
  for (let turn = 0; turn < 10; turn++) {
    const taken = await reclaim(broker, 'flood');
    const enough = text.length + 20_000;
    while (text.length < enough) {
      if (taken.readableLength === 0) await once(taken, 'readable');
      else text += taken.read(Math.min(1_000, taken.readableLength));
    }
    await cancelIO(taken);
    await transferOwnership(broker, taken, 'flood');
  }
  const last = await reclaim(broker, 'flood');
  for await (const chunk of last) {
    text += chunk;
    if (text.length === numbers.length) break;
  }
  assert.equal(text, numbers);
});

test("listeners of 'data' do not hear what goes along", async t => {
  const { broker, socket, peer } = await scene(t);
  const mine = listen(socket);
  socket.pause();
  await written(peer, 'not for them');
  await waitFor('the stream to have it', () => socket.readableLength === 12);
  await transferOwnership(broker, socket, 'a');
  assert.equal(mine.text, '');
  const taken = await reclaim(broker, 'a');
  assert.equal(String((await once(taken, 'data'))[0]), 'not for them');
});

test('refused by the agent, the socket is the app’s as before: bytes come in order, and it can be handed over later', async t => {
  const { broker, socket, peer, heard } = await scene(t);
  await written(peer, 'one,');
  await waitFor('the stream to have it', () => socket.readableLength === 4);
  broker.refuseNext = 'not-found';
  await rejects('not-found', transferOwnership(broker, socket, 'a'));
  await written(peer, 'two,');
  const mine = listen(socket);
  await hears(mine, 'two,');
  assert.equal(mine.text, 'one,two,');
  socket.write('still here');
  await hears(heard, 'still here');
  await cancelIO(socket);
  await written(peer, 'three');
  broker.refuseNext = 'quota-exceeded';
  await rejects('quota-exceeded', transferOwnership(broker, socket, 'a'));
  socket.resume();
  await hears(mine, 'three');
  await cancelIO(socket);
  await transferOwnership(broker, socket, 'a');
  assert.equal(heard.hasEnded, false);
});

test('more than 64 KiB of what was read does not go along, and stays readable', async t => {
  const { broker, socket, peer } = await scene(t);
  const size = 70_000;
  await written(peer, 'x');
  await waitFor('the first byte', () => socket.readableLength === 1);
  await written(peer, 'x'.repeat(size - 1));
  await waitFor('the stream to be full', () => socket.readableLength > 65_536);
  await rejects('pending-io', transferOwnership(broker, socket, 'a'), /at most 65536/);
  const mine = listen(socket);
  await waitFor('all of it', () => mine.text.length === size);
});

test('text that was decoded and not used does not go along: its bytes are gone', async t => {
  const { broker, socket, peer } = await scene(t);
  socket.setEncoding('utf8');
  await written(peer, '\xe2');
  await waitFor('the first byte of a character', () => socket.bytesRead === 1);
  await rejects('pending-io', transferOwnership(broker, socket, 'a'), /decoded/);
  await written(peer, '\x82\xac');
  await waitFor('the character', () => socket.readableLength > 0);
  await rejects('pending-io', transferOwnership(broker, socket, 'a'), /decoded/);
  assert.equal(socket.read(), '€');
  await transferOwnership(broker, socket, 'a');
});

test('the peer has ended and its last words are unread: they go along, and our side does not end', async t => {
  const { broker, socket, peer, heard } = await scene(t);
  peer.end('last words');
  await waitFor('the words', () => socket.readableLength === 10);
  await cancelIO(socket);
  await turns();
  await transferOwnership(broker, socket, 'a');
  await turns();
  assert.equal(heard.hasEnded, false);
  const taken = await reclaim(broker, 'a');
  const mine = listen(taken);
  await waitFor('the end', () => mine.hasEnded);
  assert.equal(mine.text, 'last words');
});

test('given back under its id with another context; under another id, or twice at once, it is refused (SB-35)', async t => {
  const { broker, socket } = await scene(t);
  await transferOwnership(broker, socket, 'a', { context: Buffer.from('1'), keepAliveMs: 2_000 });
  const taken = await reclaim(broker, 'a');
  await rejects('invalid-argument', transferOwnership(broker, taken, 'b'), /came as a/);
  const first = transferOwnership(broker, taken, 'a', { context: Buffer.from('2') });
  await rejects('illegal-state', transferOwnership(broker, taken, 'a'));
  await first;
  const { lent } = broker.holdings.get('a')!;
  assert.deepEqual([lent.context, lent.keepAliveMs], ['Mg==', 2_000]);
  const again = await reclaim(broker, 'a');
  await transferOwnership(broker, again, 'a', { context: null, keepAliveMs: null });
  const { lent: last } = broker.holdings.get('a')!;
  assert.deepEqual([last.context, last.keepAliveMs], [null, null]);
});

test('destroying a reclaimed socket ends the connection for all; end() half-closes it as usual', async t => {
  const { broker, socket, heard } = await scene(t);
  await transferOwnership(broker, socket, 'a');
  const taken = await reclaim(broker, 'a');
  const duplicate = broker.holdings.get('a')!.descriptor;
  taken.destroy();
  await waitFor('the end', () => heard.hasEnded && !duplicate.isOpen);

  const { socket: second, peer, heard: told } = await connection(t);
  await transferOwnership(broker, second, 'b');
  const half = await reclaim(broker, 'b');
  const mine = listen(half);
  half.end('bye');
  await waitFor('the half-close', () => told.hasEnded);
  assert.equal(told.text, 'bye');
  assert.ok(broker.holdings.has('b'), 'the other half is open');
  peer.end('and you');
  await waitFor('the end of both', () => mine.hasClosed && !broker.holdings.has('b'));
  assert.equal(mine.text, 'and you');
});

test('a late owner is refused, and when the agent says so its object ends without ending the connection', async t => {
  const { broker, socket, heard } = await scene(t);
  await transferOwnership(broker, socket, 'a');
  const late = await reclaim(broker, 'a');
  broker.lendToSomebodyElse('a');
  await rejects('stale-owner', transferOwnership(broker, late, 'a'));
  assert.equal(late.destroyed, false);
  const failed = once(late, 'error');
  broker.door.lost();
  broker.door.reconnected();
  assert.equal(((await failed)[0] as LonghaulError).code, 'stale-owner');
  assert.equal(late.destroyed, true);
  await turns();
  assert.deepEqual([heard.hasEnded, broker.types().includes('close')], [false, false]);
});

test('closed by a late owner, the socket stays what it is to the next one', async t => {
  const { broker, socket, heard } = await scene(t);
  await transferOwnership(broker, socket, 'a');
  const late = await reclaim(broker, 'a');
  const next = await reclaim(broker, 'a'); // this broker lends twice
  late.destroy();
  await waitFor('the late word', () => broker.types().includes('close'));
  await turns();
  assert.equal(heard.hasEnded, false);
  next.write('mine');
  await hears(heard, 'mine');
  assert.equal(broker.door.heldLeases, 1);
});

test('arguments: id, context, keep-alive time, what was never enabled, what is not connected, TLS', async t => {
  const { broker, socket } = await scene(t);
  await rejects('invalid-argument', transferOwnership(broker, socket, ''));
  await rejects('invalid-argument', transferOwnership(broker, socket, 'x'.repeat(129)));
  await rejects('invalid-argument', transferOwnership(broker, socket, 'a', { context: 'text' as never }));
  await rejects(
    'invalid-argument',
    transferOwnership(broker, socket, 'a', { context: new Uint8Array(65_537) }),
    /65536/,
  );
  for (const keepAliveMs of [999, 1.5, Number.NaN, 2_592_000_001]) {
    await rejects('invalid-argument', transferOwnership(broker, socket, 'a', { keepAliveMs }));
  }
  await rejects('invalid-argument', transferOwnership(broker, {} as never, 'a'));
  const { peer } = await connection(t);
  await rejects('not-enabled', transferOwnership(broker, peer, 'a'));
  const fresh = new Socket();
  enableTransferOwnership(fresh, { taskId });
  await rejects('illegal-state', transferOwnership(broker, fresh, 'a'));
  await rejects('tls-socket', transferOwnership(broker, new TLSSocket(new Socket()), 'a'));
  await rejects('tls-socket', cancelIO(new TLSSocket(new Socket())));
  const ended = (await connection(t)).socket;
  ended.end();
  await once(ended, 'finish');
  await rejects('illegal-state', transferOwnership(broker, ended, 'a'), /writing side/);
  const gone = (await connection(t)).socket;
  gone.destroy();
  await rejects('illegal-state', transferOwnership(broker, gone, 'a'));
  await rejects('illegal-state', cancelIO(gone));
  assert.deepEqual(broker.heard, [], 'nothing of it reached the agent');
});
