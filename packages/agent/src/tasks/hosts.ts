// The hosts there are: one that an app's runs share, and more for runs that have to be alone (turns.ts). Each is kept warm for a
// while.
import type { ToSocketDoor } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { Births, type BirthsOptions } from './births.ts';
import type { HostSeat } from './broker.ts';
import type { TaskManifest } from './entry-point.ts';
import type { HostListener, HostWord, TaskHost } from './host.ts';
import { HostCode } from './host-code.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { TaskLimits } from './options.ts';
import { programWanted } from './program-wanted.ts';
import { Spare, type SpareOptions } from './spare.ts';
import type { TasksTable } from './tasks-table.ts';
import type { HostEnd } from './verdicts.ts';

export interface SeatedHost {
  readonly app: string;
  readonly startedAt: number;
  readonly process: TaskHost;
  readonly seat: HostSeat;
  readonly code: HostCode;
  /** Neither ending nor retired. */
  readonly takesRuns: boolean;
}

export interface HostsListener {
  said(host: SeatedHost, message: HostWord): void;
  saidOfSockets(host: SeatedHost, message: ToSocketDoor, descriptors: readonly Descriptor[]): void;
  printed(host: SeatedHost, run: string | undefined, bytes: Buffer): void;
  heldUp(host: SeatedHost, ms: number): void;
  ended(host: SeatedHost, end: HostEnd): void;
}

export interface HostsOptions extends BirthsOptions {
  readonly limits: TaskLimits;
  readonly listener: HostsListener;
  readonly tasks: Pick<TasksTable, 'latest'>;
  readonly manifestOf: (app: string) => TaskManifest | undefined;
  readonly log: SpareOptions['log'];
}

export class Hosts implements Disposable {
  /** Waits for the next app that needs one. */
  readonly spare: Spare;
  readonly #options: HostsOptions;
  readonly #births: Births;
  readonly #byApp = new Map<string, readonly SeatedHost[]>();
  readonly #retired = new WeakSet<SeatedHost>();
  readonly #idle = new Map<SeatedHost, NodeJS.Timeout>();
  readonly #starting = new Map<SeatedHost, NodeJS.Timeout>();
  readonly #memory: MemoryWatch;
  #lastStart = 0;

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#births = new Births(options);
    this.#memory = new MemoryWatch(options.limits);
    const { limits, log, tasks, manifestOf } = options;
    const hasHost = (app: string) => this.of(app).length > 0;
    this.spare = new Spare({
      births: this.#births,
      limits,
      log,
      programWanted: () => programWanted({ tasks: tasks.latest(), manifestOf, hasHost }),
    });
  }

  /** Kills what earlier agents have left. Resolves when nothing of it is alive. */
  async killEarlier(): Promise<void> {
    await this.#births.killEarlier();
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

  /** @throws a system error when no process can be started; what `store.note` throws */
  start(app: string, program: string, folder: string): SeatedHost {
    const { limits, listener } = this.#options;
    const heard: HostListener = {
      waits() {
        // It will find its first word in its channel.
      },
      said: message => {
        if (message.type === 'ready') this.#isReady(host);
        listener.said(host, message);
      },
      saidOfSockets: (message, descriptors) => listener.saidOfSockets(host, message, descriptors),
      printed: (run, bytes) => listener.printed(host, run, bytes),
      heldUp: ms => listener.heldUp(host, ms),
      ended: end => {
        this.#isReady(host);
        this.busy(host);
        this.#memory.delete(process);
        this.#put(
          app,
          this.of(app).filter(other => other !== host),
        );
        listener.ended(host, end);
        this.spare.renew();
      },
    };
    const process =
      this.spare.take(app, program, heard) ?? this.#births.bear({ app, program, folder, listener: heard }).process;
    this.spare.renew();
    process.say({ type: 'serve', folder });
    const { pid } = process;
    const seat: HostSeat = { by: 'host', app, pid, say: (message, descriptors) => process.say(message, descriptors) };
    this.#lastStart += 1;
    const retired = this.#retired;
    const host: SeatedHost = {
      app,
      startedAt: this.#lastStart,
      process,
      seat,
      code: new HostCode(),
      get takesRuns() {
        return process.isOpen && !retired.has(host);
      },
    };
    this.#put(app, [...this.of(app), host]);
    this.#memory.add(process);
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

  /** When all have ended. */
  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
    this.#births[Symbol.dispose]();
  }
}

const none: readonly SeatedHost[] = [];
