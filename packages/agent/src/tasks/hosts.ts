// The hosts there are: one that an app's runs share, and more for runs that have to be alone (turns.ts). Each is recorded before
// it is started, so that none outlives its agent, and kept warm for a while.
import { randomUUID } from 'node:crypto';
import type { FromTaskHost, ToSocketDoor } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { Envelope } from '../platform/kernel/envelope.ts';
import { birthOf, killGroup, killMarked } from '../platform/process-facts.ts';
import { stepNow } from '../steps.ts';
import type { Store } from '../store/store.ts';
import type { HostSeat } from './broker.ts';
import { hostMark, TaskHost } from './host.ts';
import { HostsTable } from './hosts-table.ts';
import type { TaskLimits } from './options.ts';
import type { HostEnd } from './verdicts.ts';

export interface SeatedHost {
  readonly app: string;
  readonly startedAt: number;
  readonly process: TaskHost;
  readonly seat: HostSeat;
  /** Neither ending nor retired. */
  readonly takesRuns: boolean;
}

export interface HostsListener {
  said(host: SeatedHost, message: FromTaskHost): void;
  saidOfSockets(host: SeatedHost, message: ToSocketDoor, descriptors: readonly Descriptor[]): void;
  printed(host: SeatedHost, run: string | undefined, bytes: Buffer): void;
  ended(host: SeatedHost, end: HostEnd): void;
}

export interface HostsOptions {
  readonly store: Store;
  readonly limits: TaskLimits;
  readonly env: NodeJS.ProcessEnv;
  readonly maxMessageBytes: number;
  readonly listener: HostsListener;
}

export class Hosts implements Disposable {
  readonly #options: HostsOptions;
  readonly #table: HostsTable;
  readonly #byApp = new Map<string, readonly SeatedHost[]>();
  readonly #retired = new WeakSet<SeatedHost>();
  readonly #idle = new Map<SeatedHost, NodeJS.Timeout>();
  readonly #starting = new Map<SeatedHost, NodeJS.Timeout>();
  #envelope: Envelope | undefined;
  #lastStart = 0;

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#table = new HostsTable(options.store.notes);
  }

  /** Kills what earlier agents have left. Resolves when nothing of it is alive. */
  async killEarlier(): Promise<void> {
    const earlier = this.#table.all();
    for (const { pid, born } of earlier) if (pid !== null && birthOf(pid) === born) killGroup(pid);
    await Promise.all(earlier.map(({ key }) => killMarked(markOf(key))));
    for (const { key } of earlier) this.#forget(key);
  }

  /** Also those that are ending; the oldest first. */
  of(app: string): readonly SeatedHost[] {
    return this.#byApp.get(app) ?? none;
  }

  /** Of all apps. */
  all(): SeatedHost[] {
    return [...this.#byApp.values()].flat();
  }

  isReady(host: SeatedHost): boolean {
    return !this.#starting.has(host);
  }

  /** @throws a system error when no process can be started */
  start(app: string, program: string, folder: string): SeatedHost {
    const { limits, env, listener, maxMessageBytes } = this.#options;
    this.#envelope ??= new Envelope(maxMessageBytes);
    const key = randomUUID();
    const unfinished = { key, app, pid: null, born: null };
    stepNow('host.announce', () => this.#options.store.note(() => this.#table.put(unfinished)));
    let process: TaskHost;
    try {
      process = stepNow(
        'host.spawn',
        () =>
          new TaskHost({
            key,
            program,
            folder,
            env,
            maxHeapMb: limits.maxHostHeapMb,
            maxPrintedBytesPerSecond: limits.maxPrintedBytesPerSecond,
            envelope: this.#envelope!,
            listener: {
              said: message => {
                if (message.type === 'ready') this.#isReady(host);
                listener.said(host, message);
              },
              saidOfSockets: (message, descriptors) => listener.saidOfSockets(host, message, descriptors),
              printed: (run, bytes) => listener.printed(host, run, bytes),
              ended: end => {
                this.#isReady(host);
                this.busy(host);
                this.#put(
                  app,
                  this.of(app).filter(other => other !== host),
                );
                this.#forget(key);
                listener.ended(host, end);
              },
            },
          }),
      );
    } catch (error) {
      this.#forget(key);
      throw error;
    }
    const { pid } = process;
    const seat: HostSeat = { by: 'host', app, pid, say: (message, descriptors) => process.say(message, descriptors) };
    this.#lastStart += 1;
    const retired = this.#retired;
    const host: SeatedHost = {
      app,
      startedAt: this.#lastStart,
      process,
      seat,
      get takesRuns() {
        return process.isOpen && !retired.has(host);
      },
    };
    const born = birthOf(pid) ?? null;
    stepNow('host.record', () => this.#options.store.note(() => this.#table.put({ key, app, pid, born })));
    this.#put(app, [...this.of(app), host]);
    this.#starting.set(
      host,
      setTimeout(() => process.kill({ kind: 'silent' }), limits.hostStartMs),
    );
    return host;
  }

  /** It takes no further run; when it has none left, say `idle`. */
  retire(host: SeatedHost): void {
    this.#retired.add(host);
  }

  /** It has nothing to do: it ends after a while, or at once when it takes nothing any more. */
  idle(host: SeatedHost): void {
    this.busy(host);
    if (!host.process.isOpen) return;
    const end = () => host.process.close({ kind: 'exited', how: 'it was not needed any more' });
    if (this.#retired.has(host)) end();
    else this.#idle.set(host, setTimeout(end, this.#options.limits.warmMs));
  }

  busy(host: SeatedHost): void {
    clearTimeout(this.#idle.get(host));
    this.#idle.delete(host);
  }

  #put(app: string, hosts: readonly SeatedHost[]): void {
    if (hosts.length > 0) this.#byApp.set(app, hosts);
    else this.#byApp.delete(app);
  }

  #isReady(host: SeatedHost): void {
    clearTimeout(this.#starting.get(host));
    this.#starting.delete(host);
  }

  #forget(key: string): void {
    stepNow('host.forget', () => this.#options.store.note(() => this.#table.delete(key)));
  }

  /** When all have ended. */
  [Symbol.dispose](): void {
    this.#envelope?.[Symbol.dispose]();
  }
}

const none: readonly SeatedHost[] = [];
const markOf = (key: string): string => `${hostMark}=${key}`;
