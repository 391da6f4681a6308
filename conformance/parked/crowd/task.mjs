// The crowd's task: tells the peer when its first line ran and what it read, and hands the socket back. JavaScript, as a built app's
// and as the programs that it is measured against: Node would load what takes types away first (22 to 28 ms, decision 176).
import { once } from 'node:events';
import { cancelIO, transferOwnership } from '@longhaul/client';

/** @param {import('@longhaul/client').BackgroundTaskInstance} task */
export async function run(task) {
  const at = process.hrtime.bigint();
  const { socketInformation: information } = task.triggerDetails;
  if (information.kind === 'stream-socket-listener') {
    const listener = await information.streamSocketListener();
    const [socket] = await once(listener, 'connection');
    socket.end(`${at}\n`);
    await once(socket, 'close');
    await transferOwnership(task, listener, information.id);
    return;
  }
  const socket = await information.streamSocket();
  const [bytes] = await once(socket, 'data');
  socket.write(`${at} ${bytes.toString('base64')}\n`);
  await cancelIO(socket);
  await transferOwnership(task, socket, information.id);
}
