// The compiled load: made once a run from load.c, then one process for each measurement.
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface LoadOptions {
  readonly port: number;
  /** Path of the upgrade; `undefined`: plain TCP. */
  readonly path?: string;
  readonly connections: number;
  /** Messages in one write. */
  readonly batch: number;
  /** Bytes as they are instead of frames. */
  readonly isRaw?: boolean;
  readonly message: string;
  /** Text frames before the first message, each with the number of frames that answer it. */
  readonly hellos?: readonly (readonly [text: string, answers: number])[];
}

/** Compiles the load into `folder`; returns the program's path. */
export function compileLoad(folder: string): string {
  const program = path.join(folder, 'load');
  execFileSync('cc', ['-O2', '-o', program, path.join(import.meta.dirname, 'load.c')]);
  return program;
}

export class Load implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** All connections are there and have been greeted. */
  static async start(program: string, options: LoadOptions): Promise<Load> {
    const { port, path: at = '-', connections, batch, isRaw = false, message, hellos = [] } = options;
    const words = ['127.0.0.1', port, at, connections, batch, Number(isRaw), message, ...hellos.flat()].map(String);
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const load = new Load(child);
    try {
      await load.#expect('ready');
      return load;
    } catch (error) {
      await load[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Every connection sends so many messages; resolves when all are answered. */
  async go(messagesEach: number): Promise<void> {
    this.#child.stdin.write(`go ${messagesEach}\n`);
    await this.#expect('done');
  }

  /** Frames that came since the last time. */
  async count(): Promise<number> {
    this.#child.stdin.write('count\n');
    return Number((await this.#next()).split(' ')[0]);
  }

  async #next(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the load ended; its words are above');
    return value;
  }

  async #expect(word: string): Promise<void> {
    const line = await this.#next();
    if (line !== word) throw new Error(`the load said ${line} instead of ${word}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
