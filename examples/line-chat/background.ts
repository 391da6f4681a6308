// The chat: started when somebody comes, says something or goes, and gone when nobody does. The first line of a connection is the
// name of who is there. Every other line goes to all others.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AnySocketActivityInformation,
  type BackgroundTaskInstance,
  cancelIO,
  connectAgent,
  enableTransferOwnership,
  LonghaulError,
  SocketActivityInformation,
  transferOwnership,
} from '@longhaul/client';

const maxLineBytes = 1_000;

const agent = await connectAgent({ app: 'com.example.line-chat' });
/** Of the runs that are going on in this process; nobody else can take these over. */
const here = new Map<string, Socket>();
/** What one has said goes to everybody before what the next one has said. */
let relaying = Promise.resolve();

export async function run(task: BackgroundTaskInstance): Promise<void> {
  const { reason, socketInformation: information } = task.triggerDetails;
  if (reason === 'socket-closed') await farewell(information);
  else if (information.kind === 'stream-socket-listener') await welcome(task, information);
  else if (information.kind === 'stream-socket') await listen(task, information);
}

/** A new connection is enabled as its listener is; it gets a place of its own. */
async function welcome(
  task: BackgroundTaskInstance,
  information: SocketActivityInformation<'stream-socket-listener'>,
): Promise<void> {
  const listener = await information.streamSocketListener();
  const connections: Socket[] = [];
  listener.on('connection', socket => connections.push(socket.pause()));
  await once(listener, 'connection');
  await transferOwnership(task, listener, information.id);
  for (const socket of connections) {
    enableTransferOwnership(socket, { taskId: task.task.taskId });
    socket.write('your name?\n');
    await cancelIO(socket);
    await transferOwnership(task, socket, `line-${randomUUID()}`);
  }
}

/** Travels with a connection as its context: who is there, and what is no whole line yet. */
interface Line {
  readonly name: string | null;
  readonly rest: string;
}

/** Nothing to take over any more; the context says who it was. */
async function farewell(information: AnySocketActivityInformation): Promise<void> {
  const { name } = lineOf(information.context);
  if (name !== null) await relay(information.id, [`* ${name} has left`]);
}

const lineOf = (context: Uint8Array | null): Line =>
  context === null ? { name: null, rest: '' } : JSON.parse(Buffer.from(context).toString());

async function listen(
  task: BackgroundTaskInstance,
  information: SocketActivityInformation<'stream-socket'>,
): Promise<void> {
  const { id } = information;
  const socket = await information.streamSocket();
  here.set(id, socket);
  const line = lineOf(information.context);
  let { name } = line;
  const said: string[] = [];
  try {
    await once(socket, 'readable');
    const bytes: Buffer = socket.read() ?? Buffer.alloc(0);
    const [rest = '', ...lines] = (line.rest + bytes.toString('latin1')).split(/\r?\n/).reverse();
    if (rest.length > maxLineBytes) {
      socket.destroy();
      return;
    }
    for (const words of lines.reverse()) {
      if (name !== null) said.push(`${name}: ${words}`);
      else {
        name = words.trim().slice(0, 40) || 'nobody';
        said.push(`* ${name} is here`);
      }
    }
    await cancelIO(socket);
    await transferOwnership(task, socket, id, { context: Buffer.from(JSON.stringify({ name, rest } satisfies Line)) });
  } finally {
    here.delete(id);
  }
  await relay(id, said);
}

/** To everybody else, whether the broker has their connection or a run of this process. */
function relay(from: string, lines: readonly string[]): Promise<void> {
  const text = lines.map(line => `${line}\n`).join('');
  relaying = relaying.then(async () => {
    if (text === '') return;
    const others = (await agent.sockets.listOwn()).filter(({ id, kind }) => kind === 'stream-socket' && id !== from);
    await Promise.all(others.map(({ id }) => tell(id, text)));
  });
  return relaying;
}

async function tell(id: string, text: string): Promise<void> {
  for (;;) {
    const present = here.get(id);
    if (present !== undefined) return void present.write(text, 'latin1');
    const information = (await SocketActivityInformation.allSockets(agent)).get(id);
    if (information?.kind === 'stream-socket') {
      try {
        const socket = await information.streamSocket();
        socket.write(text, 'latin1');
        await cancelIO(socket);
        return await transferOwnership(agent, socket, id);
      } catch (error) {
        if (!(error instanceof LonghaulError)) throw error;
        if (error.code === 'not-found') return;
      }
    } else if ((await agent.sockets.listOwn()).every(({ id: other, status }) => other !== id || status === 'closed')) {
      return;
    }
    await delay(5); // a run has just got it: it will be here, or back with the broker
  }
}
