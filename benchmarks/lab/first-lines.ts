// The ways to the first line of a program, beside ours: a running server, a bare start of Node, and programs that start another
// one for each connection. Every first line says when it ran, by the clock that all processes share.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const program = path.join(import.meta.dirname, '..', 'servers', 'first-line.mjs');

/** From the start of a process to its end. */
export async function bareNode(): Promise<number> {
  const from = process.hrtime.bigint();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return Number(process.hrtime.bigint() - from) / 1_000;
}

/** A new connection; whoever is started for it says when its first line ran. */
export async function firstLineOf(port: number): Promise<number> {
  const from = process.hrtime.bigint();
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', bytes => (text += bytes));
  await once(socket, 'end');
  socket.destroy();
  return Number(BigInt(text.trim()) - from) / 1_000;
}

/** One connection that stays. */
export class Reader implements Disposable {
  readonly #socket;

  private constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
  }

  static async open(port: number): Promise<Reader> {
    const reader = new Reader(port);
    await once(reader.#socket, 'connect');
    return reader;
  }

  async ask(): Promise<number> {
    const from = process.hrtime.bigint();
    this.#socket.write('line\n');
    const [text] = (await once(this.#socket, 'data')) as [Buffer];
    return Number(BigInt(text.toString().trim()) - from) / 1_000;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** A program that listens and starts another for each connection. */
export class Starter implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  static async open(command: (port: number) => string[], style?: 'EXEC'): Promise<Starter> {
    const port = await freePort();
    const [name = '', ...args] = command(port);
    const started = style === 'EXEC' ? [`EXEC:${process.execPath} ${program}`] : [process.execPath, program];
    const child = spawn(name, [...args, ...started], { stdio: 'ignore' });
    const starter = new Starter(port, child);
    for (let tries = 0; ; tries++) {
      try {
        await firstLineOf(port);
        return starter;
      } catch (error) {
        if (tries > 200 || child.exitCode !== null) throw error;
        await delay(20);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
