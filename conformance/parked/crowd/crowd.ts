// A crowd of parked connections: groups of one app and the process of its peers, each as large as one process may be. Used by
// the soak and by the benchmarks of parked sockets.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Agent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { manifestOf } from '../task-of-story.ts';
import type { Handed } from './app.ts';
import type { Answer, Question } from './peers.ts';

/** `source`: with the workspace's sources; else with what is built. */
export interface CrowdOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly owner: Agent;
  readonly from: 'source' | 'dist';
}

const flags = { source: ['--conditions=longhaul-source', '--disable-warning=ExperimentalWarning'], dist: [] };

export class Crowd implements AsyncDisposable {
  readonly app: string;
  readonly #options: CrowdOptions;
  readonly #peers: ChildProcess;
  readonly #answers: Answer[] = [];
  #count = 0;

  private constructor(app: string, options: CrowdOptions) {
    this.app = app;
    this.#options = options;
    this.#peers = fork(path.join(import.meta.dirname, 'peers.ts'), [], { execArgv: [] });
    this.#peers.on('message', (answer: Answer) => void this.#answers.push(answer));
  }

  static async open(app: string, options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(app, options);
    await options.owner.registerApp(manifestOf(app, options.folder, 'crowd/task.mjs'));
    return crowd;
  }

  /** Connects that many more and hands them over, so many at a time. Milliseconds of each hand-over, and seconds of it all. */
  async park(count: number, atOnce = 32): Promise<{ millisecondsEach: readonly number[]; seconds: number }> {
    const { port } = await this.#answer('listening');
    const handed = await this.#run(String(port), String(count), String(atOnce));
    this.#count += count;
    await waitFor('every peer', async () => (await this.count()).connections === this.#count, { timeoutMs: 60_000 });
    return handed as { millisecondsEach: readonly number[]; seconds: number };
  }

  /** Hands a listener over. Its port. */
  async listen(): Promise<number> {
    return ((await this.#run('listen')) as { port: number }).port;
  }

  async #run(...args: string[]): Promise<Handed> {
    const { env, from } = this.#options;
    const app = fork(path.join(import.meta.dirname, 'app.ts'), [this.app, ...args], { env, execArgv: flags[from] });
    const exited = once(app, 'exit');
    const [handed] = (await Promise.race([
      once(app, 'message'),
      exited.then(([code]) => Promise.reject(new Error(`the app ended with ${code}`))),
    ])) as [Handed];
    await exited;
    return handed;
  }

  async count(): Promise<{ connections: number; ended: number }> {
    return await this.#ask({ type: 'count' }, 'count');
  }

  /** A line to each of these; microseconds from each write to the first line of the task, when all were answered rightly. */
  async wake(numbers: readonly number[]): Promise<readonly number[]> {
    return (await this.#ask({ type: 'write', numbers }, 'answered')).firstLineUs;
  }

  async #ask<Type extends Answer['type']>(question: Question, type: Type): Promise<Extract<Answer, { type: Type }>> {
    this.#peers.send(question);
    return await this.#answer(type);
  }

  async #answer<Type extends Answer['type']>(type: Type): Promise<Extract<Answer, { type: Type }>> {
    for (;;) {
      const wrong = this.#answers.find(answer => answer.type === 'wrong');
      if (wrong !== undefined) throw new Error(wrong.what);
      const at = this.#answers.findIndex(answer => answer.type === type);
      if (at >= 0) {
        const [answer] = type === 'listening' ? [this.#answers[at]] : this.#answers.splice(at, 1);
        return answer as Extract<Answer, { type: Type }>;
      }
      await once(this.#peers, 'message', { signal: AbortSignal.timeout(180_000) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#peers.exitCode !== null || this.#peers.signalCode !== null) return;
    this.#peers.kill('SIGKILL');
    await once(this.#peers, 'exit');
  }
}
