// The room of the acceptance tests: a real agent, an app with declared tasks, servers to connect to, and processes of the app.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Agent, BackgroundTaskBuilder, BackgroundTaskRegistration, SocketActivityTrigger } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { AgentHome } from '../agent-home.ts';
import { app } from './programs/background.ts';
import { type Heard, listen } from './scene.ts';

const folder = path.join(import.meta.dirname, 'programs');
/** Generous: other suites may be running. */
export const patience = Object.freeze({ timeoutMs: 60_000 });

export class AcceptanceRoom implements AsyncDisposable {
  readonly home = new AgentHome();
  agent!: Agent;
  readonly #left = new AsyncDisposableStack();

  /** `before`: what there is to do before an agent is started. */
  static async open(tasks: readonly string[], before: (home: AgentHome) => void = () => {}): Promise<AcceptanceRoom> {
    const room = new AcceptanceRoom();
    room.#left.use(room.home);
    before(room.home);
    const owner = room.#left.use(await room.home.connect());
    const declared = tasks.map(name => ({ entryPoint: entryPoint(name), triggers: ['socket-activity' as const] }));
    await owner.registerApp({ id: app, folder, tasks: declared });
    room.agent = room.#left.use(await room.home.connect({ app }));
    return room;
  }

  /** Registered once, as in the document (SB-08). */
  async task(name: string): Promise<BackgroundTaskRegistration> {
    for (const known of (await BackgroundTaskRegistration.allTasks(this.agent)).values()) {
      if (known.name === name) return known;
    }
    const builder = new BackgroundTaskBuilder(this.agent);
    builder.name = name;
    builder.taskEntryPoint = entryPoint(name);
    return await builder.setTrigger(new SocketActivityTrigger()).register();
  }

  /** Each connection with what it hears, in order. */
  async server(): Promise<{ server: Server; port: number; next: () => Promise<{ peer: Socket; heard: Heard }> }> {
    const waiting: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, socket => void waiting.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted: Socket[] = [];
    this.#left.defer(() => {
      server.close();
      for (const socket of [...accepted, ...waiting]) socket.destroy();
    });
    const next = async () => {
      const peer = await waitFor('a connection', () => waiting.shift(), patience);
      accepted.push(peer);
      return { peer, heard: listen(peer) };
    };
    return { server, port: (server.address() as { port: number }).port, next };
  }

  /** A process of the app that hands a connection over; resolves when it has. It lives until it is killed. */
  handOver(...args: string[]): Promise<{ kill(): Promise<void> }> {
    return this.runApp('hand-over.ts', ...args);
  }

  /** A process of the app, of programs/; resolves when it says that it is ready. */
  async runApp(program: string, ...args: string[]): Promise<{ kill(): Promise<void> }> {
    const file = path.join(folder, program);
    const child = spawn(process.execPath, ['--conditions=longhaul-source', file, ...args], {
      env: this.home.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const kill = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    this.#left.defer(kill);
    for await (const line of createInterface(child.stdout)) {
      if (line === 'ready') return { kill };
    }
    throw new Error(`the app has ended: ${await ended}`);
  }

  async socket(id: string) {
    return (await this.agent.sockets.list()).find(record => record.id === id);
  }

  parked(id: string) {
    return waitFor(
      `${id} to be parked`,
      async () => {
        const record = await this.socket(id);
        return record?.status === 'parked' ? record : undefined;
      },
      patience,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#left[Symbol.asyncDispose]();
  }
}

const entryPoint = (name: string): string => `./background.ts#${name}`;
