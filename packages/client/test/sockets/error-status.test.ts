// What Node's own sockets fail with, in the words of the document (SB-47).
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { socketErrorStatus } from '@longhaul/client';

async function listening(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}
const statusOfError = async (emitter: NodeJS.EventEmitter) =>
  socketErrorStatus(await new Promise(resolve => void emitter.once('error', resolve)));

test('nobody listens, an address is taken, the peer resets, a datagram is too long', async t => {
  const { server, port } = await listening(t);
  assert.equal(await statusOfError(createServer().listen(port, '127.0.0.1')), 'address-already-in-use');
  const accepted = once(server, 'connection');
  const socket = connect(port, '127.0.0.1');
  const [peer] = (await accepted) as [Socket];
  const failed = statusOfError(socket);
  peer.resetAndDestroy();
  assert.equal(await failed, 'connection-reset-by-peer');
  const datagrams = createSocket('udp4');
  t.after(() => datagrams.close());
  const sent = new Promise(resolve => void datagrams.send(Buffer.alloc(70_000), port, '127.0.0.1', resolve));
  assert.equal(socketErrorStatus(await sent), 'message-too-long');
  server.close();
  await once(server, 'close');
  assert.equal(await statusOfError(connect(port, '127.0.0.1')), 'connection-refused');
  assert.equal(await statusOfError(connect(port, 'localhost')), 'connection-refused', 'whichever addresses it has');
});
