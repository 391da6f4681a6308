// What an app left behind is found again however much of it there is: no single answer has to hold it all.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { enableTransferOwnership, SocketActivityInformation, transferOwnership } from '@longhaul/client';
import { AcceptanceRoom } from './acceptance-room.ts';

const contextBytes = 65_536;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());

test('all sockets of an app come with contexts of the largest size, more than one page of them, in order (SB-23, SB-34)', async () => {
  const room = left.use(await AcceptanceRoom.open(['echo']));
  const { taskId } = await room.task('echo');
  const ids = Array.from({ length: 40 }, (_, n) => `socket ${n}`);
  for (const id of ids) {
    const socket = createSocket('udp4');
    enableTransferOwnership(socket, { taskId });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    await transferOwnership(room.agent, socket, id, { context: Buffer.alloc(contextBytes, id) });
  }
  const all = await SocketActivityInformation.allSockets(room.agent);
  assert.deepEqual([...all.keys()], ids);
  for (const [id, { context }] of all) assert.ok(Buffer.alloc(contextBytes, id).equals(context ?? Buffer.of()), id);
});
