// The crowd's task: tells the peer when its first line ran and what it read, and hands the socket back.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type BackgroundTaskInstance, cancelIO, transferOwnership } from '@longhaul/client';

export async function run(task: BackgroundTaskInstance): Promise<void> {
  const at = process.hrtime.bigint();
  const { socketInformation: information } = task.triggerDetails;
  if (information.kind === 'stream-socket-listener') {
    const listener = await information.streamSocketListener();
    const [socket] = (await once(listener, 'connection')) as [Socket];
    socket.end(`${at}\n`);
    await once(socket, 'close');
    await transferOwnership(task, listener, information.id);
    return;
  }
  const socket = await information.streamSocket();
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.write(`${at} ${bytes.toString('base64')}\n`);
  await cancelIO(socket);
  await transferOwnership(task, socket, information.id);
}
