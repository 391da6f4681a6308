// An app with sockets parked at the agent under test, and with tasks that do well, throw, keep their socket, or wait.
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import path from 'node:path';
import {
  type Agent,
  BackgroundTaskBuilder,
  connectAgent,
  enableTransferOwnership,
  SocketActivityTrigger,
  transferOwnership,
} from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import type { AgentUnderTest } from './agent-under-test.ts';

/** Where a program of an app finds the SDK: the workspace's own. */
const modules = path.join(import.meta.dirname, '../../../node_modules');

const program = `
import { once } from 'node:events';
import { cancelIO, transferOwnership } from '@longhaul/client';

export async function reads(task) {
  const { socketInformation } = task.triggerDetails;
  const socket = await socketInformation.streamSocket();
  if (socket.readableLength === 0) await once(socket, 'readable');
  console.log('heard', String(socket.read()));
  await cancelIO(socket);
  await transferOwnership(task, socket, socketInformation.id);
}

export function throws() {
  console.log('about to throw');
  throw new TypeError('no such room');
}

export async function forgets(task) {
  const socket = await task.triggerDetails.socketInformation.streamSocket();
  await once(socket, 'data');
}

export async function waits(task) {
  console.log('waiting');
  await new Promise((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason)));
}
`;
const functions = ['reads', 'throws', 'forgets', 'waits'] as const;
export type TaskFunction = (typeof functions)[number];

export class ParkedApp implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #left: AsyncDisposableStack;
  readonly #port: number;
  readonly #peers: readonly Socket[];
  /** By function. */
  readonly taskIds: ReadonlyMap<TaskFunction, string>;

  private constructor(
    agent: Agent,
    port: number,
    peers: readonly Socket[],
    taskIds: ReadonlyMap<TaskFunction, string>,
    left: AsyncDisposableStack,
  ) {
    this.#agent = agent;
    this.#port = port;
    this.#peers = peers;
    this.taskIds = taskIds;
    this.#left = left;
  }

  static async open(under: AgentUnderTest, id: string): Promise<ParkedApp> {
    const folder = path.join(under.folder, id);
    mkdirSync(folder);
    symlinkSync(modules, path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'background.mjs'), program);
    const entryPoint = (name: TaskFunction) => `./background.mjs#${name}`;
    const tasks = functions.map(name => ({ entryPoint: entryPoint(name), triggers: ['socket-activity' as const] }));
    await under.call('registerApp', { id, folder, tasks });

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
    const agent = left.use(await connectAgent({ app: id, env: under.env }));
    const taskIds = new Map<TaskFunction, string>();
    for (const name of functions) {
      const builder = new BackgroundTaskBuilder(agent);
      builder.name = name;
      builder.taskEntryPoint = entryPoint(name);
      taskIds.set(name, (await builder.setTrigger(new SocketActivityTrigger()).register()).taskId);
    }
    const { port } = server.address() as { port: number };
    return new ParkedApp(agent, port, peers, taskIds, left.move());
  }

  /** Connects and hands over. Gives the peer's end. */
  async park(socketId: string, name: TaskFunction): Promise<Socket> {
    const socket = new Socket();
    enableTransferOwnership(socket, { taskId: this.taskIds.get(name)! });
    socket.connect(this.#port, '127.0.0.1');
    await once(socket, 'connect');
    const { localPort } = socket;
    const peer = await waitFor('the peer', () => this.#peers.find(({ remotePort }) => remotePort === localPort));
    await transferOwnership(this.#agent, socket, socketId);
    return peer;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#left.disposeAsync();
  }
}
