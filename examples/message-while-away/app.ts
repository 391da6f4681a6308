// An app with a connection to a server: `app.ts HOST PORT`. It prints what comes. When it is told to end (SIGTERM, Ctrl-C) it hands
// the connection over, and background.ts takes care of it; its next run takes the connection over again.
import type { Socket } from 'node:net';
import {
  BackgroundTaskBuilder,
  BackgroundTaskRegistration,
  cancelIO,
  connectAgent,
  localSettings,
  onSuspending,
  SocketActivityInformation,
  SocketActivityTrigger,
  transferOwnership,
} from '@longhaul/client';
import { app, connectTo, decodeCount, encodeCount, keepAliveMs, socketId } from './connection.ts';

const [host = '127.0.0.1', port = ''] = process.argv.slice(2);
await using agent = await connectAgent({ app });

// Once: the registration outlives this process.
const registered = [...(await BackgroundTaskRegistration.allTasks(agent)).values()];
const { taskId } = registered.find(({ name }) => name === 'messages') ?? (await register());

function register(): Promise<BackgroundTaskRegistration> {
  const builder = new BackgroundTaskBuilder(agent);
  builder.name = 'messages';
  builder.taskEntryPoint = './background.ts#run';
  builder.setTrigger(new SocketActivityTrigger());
  return builder.register();
}

let count = 0;
const socket = (await ofEarlierRun()) ?? (await fresh());
socket.on('data', text => console.log(`heard: ${String(text).trim()}`));
const { promise: gone, resolve: leave } = Promise.withResolvers<void>();

onSuspending(async event => {
  using _deferral = event.getDeferral();
  await cancelIO(socket);
  await transferOwnership(agent, socket, socketId, { context: encodeCount(count + 1), keepAliveMs });
  console.log('handed over');
  leave();
});
await gone;

async function ofEarlierRun(): Promise<Socket | undefined> {
  const information = (await SocketActivityInformation.allSockets(agent)).get(socketId);
  if (information?.kind !== 'stream-socket') return undefined;
  const taken = await information.streamSocket();
  count = decodeCount(information.context);
  console.log(`took over the connection, handed over ${count} times so far`);
  return taken;
}

async function fresh(): Promise<Socket> {
  const settings = localSettings(agent);
  await settings.set('host', host);
  await settings.set('port', Number(port));
  const connected = await connectTo(host, Number(port), taskId);
  console.log('connected');
  return connected;
}
