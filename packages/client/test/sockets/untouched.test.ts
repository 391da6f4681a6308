// What the SDK tells of a socket that a task hands back as it got it: that would wake the task again at once.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SocketKind } from '@longhaul/agent-protocol';
import { cancelIO, enableTransferOwnership, transferOwnership } from '@longhaul/client';
import type { BrokeredSocket } from '../../src/sockets/brokered-sockets.ts';
import { rebuild } from '../../src/sockets/rebuild.ts';
import { Broker, taskId } from './broker.ts';
import { scene, written } from './scene.ts';

/** As a task gets it that was woken for what has come, or for another reason. */
async function lent(broker: Broker, kind: SocketKind, wasWoken = true): Promise<BrokeredSocket> {
  return rebuild(broker.door, await broker.door.reclaim('a', kind), wasWoken);
}

const lastReturn = (broker: Broker) => {
  const last = broker.heard.at(-1);
  return last?.type === 'return' ? last.isUntouched : 'no return';
};

test('a stream is untouched when nothing was read of it, whatever else was done', async t => {
  const { broker, socket, peer } = await scene(t);
  await transferOwnership(broker, socket, 'a');
  await written(peer, 'hello');
  const unread = (await lent(broker, 'stream-socket')) as Socket;
  await written(unread, 'good evening');
  await transferOwnership(broker, unread, 'a');
  assert.equal(lastReturn(broker), true);

  const read = (await lent(broker, 'stream-socket')) as Socket;
  await once(read, 'readable');
  await cancelIO(read);
  await transferOwnership(broker, read, 'a');
  assert.equal(lastReturn(broker), undefined, 'it is left over now');

  await transferOwnership(broker, await lent(broker, 'stream-socket'), 'a');
  assert.equal(lastReturn(broker), true, 'left over it was before');
  const used = (await lent(broker, 'stream-socket')) as Socket;
  assert.equal(String(used.read(2)), 'he');
  await cancelIO(used);
  await transferOwnership(broker, used, 'a');
  assert.equal(lastReturn(broker), undefined);

  await transferOwnership(broker, await lent(broker, 'stream-socket', false), 'a');
  assert.equal(lastReturn(broker), undefined, 'nothing had come');
});

test('a listener is untouched when it has accepted nobody, a datagram socket when it was not listened to', async t => {
  const broker = brokerOf(t);
  const server = createServer();
  enableTransferOwnership(server, { taskId });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await transferOwnership(broker, server, 'a');
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  await once(client, 'connect');
  await transferOwnership(broker, await lent(broker, 'stream-socket-listener'), 'a');
  assert.equal(lastReturn(broker), true);
  const accepting = (await lent(broker, 'stream-socket-listener')) as Server;
  const [accepted] = (await once(accepting, 'connection')) as [Socket];
  accepted.destroy();
  await transferOwnership(broker, accepting, 'a');
  assert.equal(lastReturn(broker), undefined);

  const other = brokerOf(t);
  const datagrams = createSocket('udp4');
  enableTransferOwnership(datagrams, { taskId });
  datagrams.bind(0, '127.0.0.1');
  await once(datagrams, 'listening');
  await transferOwnership(other, datagrams, 'a');
  await transferOwnership(other, await lent(other, 'datagram-socket'), 'a');
  assert.equal(lastReturn(other), true);
  const hearing = await lent(other, 'datagram-socket');
  hearing.on('message', () => {});
  await transferOwnership(other, hearing, 'a');
  assert.equal(lastReturn(other), undefined);
});

function brokerOf(t: TestContext): Broker {
  const broker = new Broker();
  t.after(() => broker[Symbol.dispose]());
  return broker;
}
