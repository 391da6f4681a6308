// One of the programs in servers/, in a process of its own, asked from here what it costs.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Answer, Asked } from '../servers/program.ts';

export class MeasuredServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** `name`: of the file in servers/. */
  static async start(name: string): Promise<MeasuredServer> {
    const child = fork(path.join(import.meta.dirname, '..', 'servers', `${name}.ts`), {
      execArgv: ['--conditions=longhaul-source', '--expose-gc', '--disable-warning=ExperimentalWarning'],
    });
    const answer = await answerOf(child);
    if (typeof answer !== 'object' || !('port' in answer)) throw new Error(`${name} says no port`);
    return new MeasuredServer(child, answer.port);
  }

  /** Processor time so far, all threads. */
  async cpuSeconds(): Promise<number> {
    const answer = await this.#ask('cpu');
    return (answer as { cpuMicroseconds: number }).cpuMicroseconds / 1e6;
  }

  /** JavaScript heap and memory bound to it, after a collection. */
  async memoryBytes(): Promise<number> {
    return ((await this.#ask('memory')) as { bytes: number }).bytes;
  }

  /** How many it has accepted by now. */
  async connections(): Promise<number> {
    return ((await this.#ask('connections')) as { connections: number }).connections;
  }

  /** So many broadcasts in one turn of its loop. */
  async broadcast(times: number): Promise<void> {
    await this.#ask({ broadcast: times });
  }

  async #ask(asked: Asked): Promise<Answer> {
    const answer = answerOf(this.#child);
    this.#child.send(asked);
    return await answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function answerOf(child: ChildProcess): Promise<Answer> {
  const gone = new AbortController();
  const { signal } = gone;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([answer]) => answer as Answer),
      once(child, 'exit', { signal }).then(() => {
        throw new Error('the server ended; its words are above');
      }),
    ]);
  } finally {
    gone.abort();
  }
}
