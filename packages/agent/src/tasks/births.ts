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
  /** `null`: none yet. */
  readonly app: string | null;
  /** Absolute path of the SDK's program. */
  readonly program: string;
  readonly folder: string;
  readonly listener: HostListener;
}

export interface Newborn {
  readonly process: TaskHost;
  /** From now on it is this app's, and heard by this listener. */
  belongTo(app: string, listener: HostListener): void;
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
  bear({ app, program, folder, listener }: Birth): Newborn {
    const { store, limits, env, maxMessageBytes } = this.#options;
    this.#envelope ??= new Envelope(maxMessageBytes);
    const envelope = this.#envelope;
    const key = randomUUID();
    let hearing = listener;
    const relay: HostListener = {
      waits: () => hearing.waits(),
      said: message => hearing.said(message),
      saidOfSockets: (message, descriptors) => hearing.saidOfSockets(message, descriptors),
      printed: (run, bytes) => hearing.printed(run, bytes),
      heldUp: ms => hearing.heldUp(ms),
      ended: end => {
        this.#forget(key);
        hearing.ended(end);
      },
    };
    const { maxHostHeapMb, maxPrintedBytesPerSecond } = limits;
    const options = { key, program, folder, env, maxHostHeapMb, maxPrintedBytesPerSecond, envelope };
    stepNow('host.announce', () => store.note(() => this.#table.put({ key, app, pid: null, born: null })));
    let process: TaskHost;
    try {
      process = stepNow('host.spawn', () => new TaskHost({ ...options, listener: relay }));
    } catch (error) {
      this.#forget(key);
      throw error;
    }
    const { pid } = process;
    const born = birthOf(pid) ?? null;
    // Found by its mark as well, should this agent die before.
    this.#write(key, () => stepNow('host.record', () => store.note(() => this.#table.put({ key, app, pid, born }))));
    return {
      process,
      belongTo: (owner, next) => {
        const row = { key, app: owner, pid, born };
        this.#write(key, () => stepNow('host.assign', () => store.note(() => this.#table.put(row))));
        hearing = next;
      },
    };
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
