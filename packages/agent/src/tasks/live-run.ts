// One run that has a place in a host: it is given to the host, has its time there, is told to end, and is heard until it has
// said and printed its last. Acts on its row and its host; what follows when it leaves the host is not decided here.
import type { CancellationReason, RunOrder } from '@longhaul/agent-protocol';
import { againMs } from '../pace/again.ts';
import { stepNow } from '../steps.ts';
import { isStoreFailure } from '../store/store.ts';
import type { LentForRun } from './broker.ts';
import type { HostWord } from './host.ts';
import type { SeatedHost } from './hosts.ts';
import type { Ledger } from './ledger.ts';
import type { TaskLimits } from './options.ts';
import type { RunEvent } from './run-states.ts';
import type { RunRow } from './runs-table.ts';
import { endEventOf } from './verdicts.ts';

/** How long the rest of what a run has printed is waited for. Milliseconds. */
const lastPrintsMs = 2_000;

export interface LiveRunOptions {
  readonly host: SeatedHost;
  readonly ledger: Pick<Ledger, 'apply' | 'progress'>;
  readonly limits: Pick<TaskLimits, 'maxRunMs' | 'graceMs'>;
  /** Whether its host works already: its time counts from then on. */
  readonly isHostReady: () => boolean;
  /** Its host has said how it ended, and everything that it had printed has come. Once. */
  readonly ended: (event: RunEvent) => void;
}

type AboutRun = Exclude<HostWord, { readonly type: 'ready' | 'pong' }>;

export class LiveRun implements Disposable {
  readonly host: SeatedHost;
  readonly #options: LiveRunOptions;
  #row: RunRow;
  /** The host has got it. */
  #isGiven = false;
  /** The host knows that it is canceled. */
  #hasHeard = false;
  /** Bytes of its output that have come from its host. */
  #printed = 0;
  #said: { readonly event: RunEvent; readonly printed: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasLeft = false;

  constructor(row: RunRow, options: LiveRunOptions) {
    this.#row = row;
    this.host = options.host;
    this.#options = options;
  }

  get row(): RunRow {
    return this.#row;
  }

  /** It is in its host no more, though that may not be recorded yet. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** How it ended, as its host has said, though something it printed may still be on its way. */
  get saidEnd(): RunEvent | undefined {
    return this.#said?.event;
  }

  /** The descriptor stays the caller's. */
  give(entryPoint: string, { socket, descriptor, closed }: LentForRun): void {
    const { id, attempt, taskId, name, trigger } = this.#row;
    const { type, reason, socketId } = trigger;
    const task = { taskId, name, entryPoint, trigger: type };
    const order: RunOrder = { type: 'run', run: id, attempt, task, reason, socketId, socket, closed };
    this.#isGiven = true;
    stepNow('run.give', () => this.host.process.say(order, descriptor === null ? [] : [descriptor]));
    if (this.#options.isHostReady()) this.#startClock();
  }

  hostIsReady(): void {
    if (this.#isGiven) this.#startClock();
  }

  /** A no-op when it is told to end already, or has ended. */
  cancel(reason: CancellationReason): void {
    if (this.#row.state.name !== 'running' || this.#said !== undefined || this.#hasLeft) return;
    const { ledger, limits, isHostReady } = this.#options;
    this.#row = ledger.apply(this.#row, { name: 'cancel', reason });
    if (!this.#isGiven) return; // ended when it would be given
    this.host.process.say({ type: 'cancel', run: this.#row.id, reason, graceMs: limits.graceMs });
    if (isHostReady()) this.#startGrace();
  }

  /** What its host says of it. */
  heard(message: AboutRun): void {
    if (!this.#isGiven || this.#hasLeft) return; // of a run that it cannot have
    if (message.type === 'heard') this.#hasHeard = true;
    else if (message.type === 'progress') this.#options.ledger.progress(this.#row.id, message.value);
    else if (this.#said === undefined) {
      this.#said = { event: endEventOf(this.#row.state, message.error), printed: message.printed };
      this.#startTimer(lastPrintsMs, () => this.#end(this.#said!.event));
      this.#endWhenPrinted();
    }
  }

  /** What is printed comes another way than what is said. */
  printed(bytes: Buffer): void {
    this.#printed += bytes.length;
    this.#endWhenPrinted();
  }

  /** Its process has waited until what was printed in it was taken. Recorded with what comes next. */
  heldUp(ms: number): void {
    this.#row = { ...this.#row, heldUpMs: this.#row.heldUpMs + Math.round(ms) };
  }

  #endWhenPrinted(): void {
    if (this.#said !== undefined && this.#printed >= this.#said.printed) this.#end(this.#said.event);
  }

  #end(event: RunEvent): void {
    if (!this.#hasLeft) this.#options.ended(event);
  }

  #startClock(): void {
    if (this.#row.state.name === 'canceling') this.#startGrace();
    else this.#startTimer(this.#options.limits.maxRunMs, () => this.#timeIsOver());
  }

  #timeIsOver(): void {
    try {
      this.cancel('execution-time-exceeded');
    } catch (error) {
      if (!isStoreFailure(error)) throw error;
      this.#startTimer(againMs, () => this.#timeIsOver());
    }
  }

  #startGrace(): void {
    this.#startTimer(this.#options.limits.graceMs, () => {
      this.host.process.kill({ kind: this.#hasHeard ? 'overstayed' : 'stuck', run: this.#row.id });
    });
  }

  /** One at a time. */
  #startTimer(ms: number, over: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(over, ms);
  }

  /** It has left its host, ended or not. */
  [Symbol.dispose](): void {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
  }
}
