// How hosts come into the world: announced in the store, started, recorded by number and birth, forgotten when nothing of them is
// left. None outlives its agent for longer than until the next one starts.
import { randomUUID } from 'node:crypto';
import type { Again } from '../pace/again.ts';
import { Envelope } from '../platform/kernel/envelope.ts';
import { birthOf, killGroup, killMarked } from '../platform/process-facts.ts';
import { stepNow } from '../steps.ts';
import type { Store } from '../store/store.ts';
import { type HostListener, hostMark, TaskHost } from './host.ts';
import { HostsTable } from './hosts-table.ts';
import type { TaskLimits } from './options.ts';

export interface BirthsOptions {
  readonly store: Store;
  /** For what must be recorded although it cannot be now. */
  readonly again: Again;
  readonly limits: Pick<TaskLimits, 'maxHostHeapMb' | 'maxPrintedBytesPerSecond'>;
  readonly env: NodeJS.ProcessEnv;
  readonly maxMessageBytes: number;
}

export interface Birth {
  readonly app: string;
  /** Absolute path of the SDK's program. */
  readonly program: string;
  readonly folder: string;
  readonly listener: HostListener;
}

export class Births implements Disposable {
  readonly #options: BirthsOptions;
  readonly #table: HostsTable;
  #envelope: Envelope | undefined;

  constructor(options: BirthsOptions) {
    this.#options = options;
    this.#table = new HostsTable(options.store.notes);
  }

  /** Kills what earlier agents have left. Resolves when nothing of it is alive. */
  async killEarlier(): Promise<void> {
    const earlier = this.#table.all();
    for (const { pid, born } of earlier) if (pid !== null && birthOf(pid) === born) killGroup(pid);
    await Promise.all(earlier.map(({ key }) => killMarked(`${hostMark}=${key}`)));
    for (const { key } of earlier) this.#forget(key);
  }

  /** @throws a system error when no process can be started; what `store.note` throws */
  bear({ app, program, folder, listener }: Birth): TaskHost {
    const { store, limits, env, maxMessageBytes } = this.#options;
    this.#envelope ??= new Envelope(maxMessageBytes);
    const envelope = this.#envelope;
    const key = randomUUID();
    const ended: HostListener['ended'] = end => {
      this.#forget(key);
      listener.ended(end);
    };
    const { maxHostHeapMb, maxPrintedBytesPerSecond } = limits;
    const process = { key, program, folder, env, maxHostHeapMb, maxPrintedBytesPerSecond, envelope };
    stepNow('host.announce', () => store.note(() => this.#table.put({ key, app, pid: null, born: null })));
    let host: TaskHost;
    try {
      host = stepNow('host.spawn', () => new TaskHost({ ...process, listener: { ...listener, ended } }));
    } catch (error) {
      this.#forget(key);
      throw error;
    }
    const { pid } = host;
    const born = birthOf(pid) ?? null;
    // Found by its mark as well, should this agent die before.
    this.#write(key, () => stepNow('host.record', () => store.note(() => this.#table.put({ key, app, pid, born }))));
    return host;
  }

  #forget(key: string): void {
    this.#write(key, () => stepNow('host.forget', () => this.#options.store.note(() => this.#table.delete(key))));
  }

  /** Now, or when it can be: the next agent looks after what is left. */
  #write(key: string, write: () => void): void {
    this.#options.again.do(`host ${key}`, write);
  }

  /** When all have ended. */
  [Symbol.dispose](): void {
    this.#envelope?.[Symbol.dispose]();
  }
}
