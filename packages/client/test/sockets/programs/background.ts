// The tasks of the app of the acceptance tests. Each writes what it has seen into the file that the socket's context names.
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
import {
  type BackgroundTaskInstance,
  cancelIO,
  connectAgent,
  enableTransferOwnership,
  localSettings,
  transferOwnership,
} from '@longhaul/client';

export const app = 'com.example.acceptance';

/** The context: a file, and a counter of 32 bits before it, as in the document (SB-23). */
export function contextOf(count: number, file: string): Uint8Array {
  const context = Buffer.alloc(4 + Buffer.byteLength(file));
  context.writeUInt32LE(count);
  context.write(file, 4);
  return context;
}

function readContext(task: BackgroundTaskInstance): { count: number; file: string } {
  const context = Buffer.from(task.triggerDetails.socketInformation.context ?? []);
  if (context.length < 4) throw new Error('the context is missing');
  return { count: context.readUInt32LE(), file: context.toString('utf8', 4) };
}

/** Appends what there is, and hands the socket back (SB-40, SB-35). */
export async function collect(task: BackgroundTaskInstance): Promise<void> {
  const { socketInformation } = task.triggerDetails;
  const { count, file } = readContext(task);
  const socket = await socketInformation.streamSocket();
  if (socket.readableLength === 0) await once(socket, 'readable');
  await cancelIO(socket);
  for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) appendFileSync(file, chunk);
  await cancelIO(socket);
  await transferOwnership(task, socket, socketInformation.id, { context: contextOf(count + 1, file) });
}

/** Has no use for what has come. */
export async function leave(task: BackgroundTaskInstance): Promise<void> {
  const { socketInformation } = task.triggerDetails;
  await transferOwnership(task, await socketInformation.streamSocket(), socketInformation.id);
}

/** Reads, and ends without handing back (row 2). */
export async function forget(task: BackgroundTaskInstance): Promise<void> {
  const socket = await task.triggerDetails.socketInformation.streamSocket();
  appendFileSync(readContext(task).file, (await once(socket, 'data'))[0]);
}

/** Says by its progress which attempt it is. The first reads, and never ends by itself, but fails when it is told to. */
export async function stepwise(task: BackgroundTaskInstance): Promise<void> {
  const { socketInformation } = task.triggerDetails;
  task.progress = task.attempt;
  const socket = await socketInformation.streamSocket();
  // What the first has read is gone.
  if (task.attempt === 1) {
    const [words] = await once(socket, 'data');
    if (String(words) === 'fail') throw new Error('as it was told to');
    await new Promise(() => {});
  }
  await cancelIO(socket);
  await transferOwnership(task, socket, socketInformation.id);
}

/** Keeps the connection alive (SB-42), and hands it back, which starts the timer anew. */
export async function keepAlive(task: BackgroundTaskInstance): Promise<void> {
  const { reason, socketInformation } = task.triggerDetails;
  const socket = await socketInformation.streamSocket();
  socket.write(`${reason}\n`);
  await cancelIO(socket);
  await transferOwnership(task, socket, socketInformation.id);
}

/** Connects again to what the app has noted (SB-43, SB-45), and hands the new socket over under the same id. */
export async function reconnect(task: BackgroundTaskInstance): Promise<void> {
  const { reason, socketInformation } = task.triggerDetails;
  await using agent = await connectAgent({ app, start: 'never' });
  const settings = localSettings(agent);
  if (reason !== 'socket-closed') {
    const socket = await socketInformation.streamSocket();
    await settings.set('heard', String((await once(socket, 'data'))[0]));
    await cancelIO(socket);
    await transferOwnership(task, socket, socketInformation.id);
    return;
  }
  await assertNothingToReclaim(task);
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId: task.task.taskId });
  socket.connect(Number(await settings.get('port')), String(await settings.get('host')));
  await once(socket, 'connect');
  await transferOwnership(task, socket, socketInformation.id);
}

async function assertNothingToReclaim(task: BackgroundTaskInstance): Promise<void> {
  const { code } = await task.triggerDetails.socketInformation.reclaim().then(
    () => ({ code: 'reclaimed' }),
    error => error as { code: string },
  );
  if (code !== 'illegal-state') throw new Error(`reclaiming a closed socket: ${code}`);
}

/** Answers one line of one who connects, and hands the listener back (SB-41). */
export async function answer(task: BackgroundTaskInstance): Promise<void> {
  const { reason, socketInformation } = task.triggerDetails;
  const server = await socketInformation.streamSocketListener();
  const [connection] = (await once(server, 'connection')) as [Socket];
  const [line] = await once(connection, 'data');
  connection.end(`${reason}: ${line}`);
  await transferOwnership(task, server, socketInformation.id);
}

/** Answers one datagram, and hands the socket back. */
export async function echo(task: BackgroundTaskInstance): Promise<void> {
  const { reason, socketInformation } = task.triggerDetails;
  const socket = await socketInformation.datagramSocket();
  const [message, { port, address }] = await once(socket, 'message');
  await new Promise(resolve => socket.send(`${reason}: ${message}`, port, address, resolve));
  await cancelIO(socket);
  await transferOwnership(task, socket, socketInformation.id);
}
