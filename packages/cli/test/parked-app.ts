// An app whose sockets are parked with the agent of a command's home: its tasks in a folder of their own, its manifest
// registered by the command, and peers that its connections lead to.
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import path from 'node:path';
import { isRunOver, type RunDetails } from '@longhaul/agent-protocol';
import {
  type Agent,
  BackgroundTaskBuilder,
  connectAgent,
  enableTransferOwnership,
  SocketActivityTrigger,
  transferOwnership,
} from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import type { CommandHome } from './command-home.ts';

/** Where a program of an app finds the SDK: the workspace's own. */
const modules = path.join(import.meta.dirname, '../../../node_modules');
const patience = { timeoutMs: 30_000, everyMs: 50 };

/** Reads what came, says it, and hands the socket back. */
const steady = `
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cancelIO, transferOwnership } from '@longhaul/client';

export async function run(task) {
  const { socketInformation } = task.triggerDetails;
  const socket = await socketInformation.streamSocket();
  if (socket.readableLength === 0) await once(socket, 'readable');
  console.log('heard', String(socket.read()));
  await cancelIO(socket);
  await transferOwnership(task, socket, socketInformation.id);
}

export async function forgets(task) {
  const socket = await task.triggerDetails.socketInformation.streamSocket();
  await once(socket, 'data');
}

export async function throws() {
  console.log('about to throw');
  throw new TypeError('no such room');
}

export async function exits() {
  process.exit(3);
}

export async function dies() {
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
}

export async function heeds(task) {
  console.log('waiting');
  await new Promise((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason)));
}

export async function ignores() {
  console.log('waiting');
  setInterval(() => {}, 1_000);
  await new Promise(() => {});
}

export function spins() {
  writeFileSync(new URL('spinning', import.meta.url), '');
  for (;;);
}
`;
const functions = ['run', 'forgets', 'throws', 'exits', 'dies', 'heeds', 'ignores', 'spins'] as const;
export type TaskFunction = (typeof functions)[number];

export class ParkedApp implements AsyncDisposable {
  readonly id: string;
  readonly folder: string;
  readonly agent: Agent;
  readonly #left: AsyncDisposableStack;
  readonly #tasks = new Map<TaskFunction, string>();
  readonly #peers: readonly Socket[];
  readonly #port: number;

  private constructor(
    id: string,
    folder: string,
    agent: Agent,
    port: number,
    peers: Socket[],
    left: AsyncDisposableStack,
  ) {
    this.id = id;
    this.folder = folder;
    this.agent = agent;
    this.#port = port;
    this.#peers = peers;
    this.#left = left;
  }

  static async open(home: CommandHome, id: string): Promise<ParkedApp> {
    const folder = home.file(id);
    mkdirSync(folder);
    symlinkSync(modules, path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'background.mjs'), steady);
    const tasks = functions.map(name => ({ entryPoint: `./background.mjs#${name}`, triggers: ['socket-activity'] }));
    writeFileSync(path.join(folder, 'app.json'), JSON.stringify({ id, tasks }));
    // Beside the manifest, whatever folder the command is called in.
    await home.json('app', 'register', path.join(id, 'app.json'));

    await using left = new AsyncDisposableStack();
    const peers: Socket[] = [];
    const server = createServer(peer => {
      peer.on('error', () => {});
      peers.push(peer);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    left.defer(() => {
      server.close();
      for (const peer of peers) peer.destroy();
    });
    const agent = left.use(await connectAgent({ app: id, env: home.env }));
    return new ParkedApp(id, folder, agent, (server.address() as { port: number }).port, peers, left.move());
  }

  async taskOf(name: TaskFunction): Promise<string> {
    const known = this.#tasks.get(name);
    if (known !== undefined) return known;
    const builder = new BackgroundTaskBuilder(this.agent);
    builder.name = name;
    builder.taskEntryPoint = `./background.mjs#${name}`;
    const { taskId } = await builder.setTrigger(new SocketActivityTrigger()).register();
    this.#tasks.set(name, taskId);
    return taskId;
  }

  /** Connects and hands over. Gives the peer's end. */
  async park(socketId: string, name: TaskFunction): Promise<Socket> {
    const taskId = await this.taskOf(name);
    const socket = new Socket();
    enableTransferOwnership(socket, { taskId });
    socket.connect(this.#port, '127.0.0.1');
    await once(socket, 'connect');
    const { localPort } = socket;
    const peer = await waitFor(
      'the peer',
      () => this.#peers.find(({ remotePort }) => remotePort === localPort),
      patience,
    );
    await transferOwnership(this.agent, socket, socketId);
    return peer;
  }

  /** The newest run for this socket, once it is as asked for. */
  runOf(socketId: string, isMeant: (run: RunDetails) => boolean): Promise<RunDetails> {
    return waitFor(
      `a run for ${socketId}`,
      async () => {
        const run = (await this.agent.tasks.listRuns()).find(({ trigger }) => trigger.socketId === socketId);
        const details = run === undefined ? undefined : await this.agent.tasks.getRun(run.id);
        return details !== undefined && isMeant(details) ? details : undefined;
      },
      patience,
    );
  }

  /** A file of the app, beside its tasks. */
  has(name: string): boolean {
    return existsSync(path.join(this.folder, name));
  }

  /** Parks, says a word, and waits until the run that this starts is over. */
  async overRun(socketId: string, name: TaskFunction): Promise<RunDetails> {
    const peer = await this.park(socketId, name);
    peer.write('hello');
    return await this.runOf(socketId, ({ status }) => isRunOver(status));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#left.disposeAsync();
  }
}
