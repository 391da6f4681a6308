// What is started while the app does not run: something has happened to its connection. Returns the connection each time, for
// nothing more would be heard otherwise.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import {
  type BackgroundTaskInstance,
  cancelIO,
  connectAgent,
  localSettings,
  type SocketActivityInformation,
  transferOwnership,
} from '@longhaul/client';
import { app, connectTo, decodeCount, encodeCount, keepAliveMs, socketId } from './connection.ts';

export async function run(task: BackgroundTaskInstance): Promise<void> {
  const { reason, socketInformation: information } = task.triggerDetails;
  if (information.kind !== 'stream-socket') return;
  switch (reason) {
    case 'socket-activity':
      return await read(task, information);
    case 'keep-alive-timer-expired':
      return await keepAlive(task, information);
    case 'socket-closed':
      return await reconnect(task);
    case 'connection-accepted':
      return; // of listeners
  }
}

type Information = SocketActivityInformation<'stream-socket'>;

async function read(task: BackgroundTaskInstance, information: Information): Promise<void> {
  const socket = await information.streamSocket();
  await once(socket, 'readable');
  const bytes = socket.read() as Buffer | null;
  if (bytes !== null) await notify(bytes.toString().trim());
  // Read to its end: the server is gone, and what it said last was read.
  if (socket.readableEnded) return await reconnect(task);
  await cancelIO(socket);
  const context = encodeCount(decodeCount(information.context) + 1);
  await transferOwnership(task, socket, information.id, { context });
}

/** Handing it back starts the time anew. */
async function keepAlive(task: BackgroundTaskInstance, information: Information): Promise<void> {
  const socket = await information.streamSocket();
  socket.write('Keep alive\n');
  await cancelIO(socket);
  await transferOwnership(task, socket, information.id);
}

/** There is nothing to take over any more: a new connection goes the way of the first. */
async function reconnect(task: BackgroundTaskInstance): Promise<void> {
  await using agent = await connectAgent({ app });
  const settings = localSettings(agent);
  const [host, port] = [await settings.get('host'), await settings.get('port')];
  if (typeof host !== 'string' || typeof port !== 'number') return;
  const socket = await connectTo(host, port, task.task.taskId);
  await cancelIO(socket);
  await transferOwnership(task, socket, socketId, { context: encodeCount(0), keepAliveMs });
  console.log('connected again');
}

/** In the run's log (`longhaul tasks show`), and on the desktop where there is one. */
async function notify(message: string): Promise<void> {
  console.log(`message: ${message}`);
  if (process.env.DBUS_SESSION_BUS_ADDRESS === undefined) return;
  try {
    await promisify(execFile)('notify-send', ['--app-name=Longhaul example', '--', message], { timeout: 5_000 });
  } catch (error) {
    console.error(`no notification: ${error instanceof Error ? error.message : error}`);
  }
}
