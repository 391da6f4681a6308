// What the parts of this room share, and what they need of the tasks, which they do not know.
import type { LentSocket, RunStatus, SocketReason } from '@longhaul/agent-protocol';
import type { Again } from '../pace/again.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import type { SocketLedger } from './ledger.ts';
import type { SocketLimits } from './options.ts';
import type { Turns } from './turns.ts';
import type { Vaults } from './vaults.ts';

/** The part of pino that this room uses. */
export interface SocketLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What starts code for a socket. */
export interface SocketTasks {
  isRegistered(app: string, taskId: string): boolean;
  /**
   * Records a run, to be started soon, and gives its id. Synchronous: it writes by `store.note`.
   *
   * @throws LonghaulError `not-found` when the task is not registered (any more)
   */
  trigger(wanted: {
    readonly app: string;
    readonly taskId: string;
    readonly reason: SocketReason;
    readonly socketId: string;
  }): string;
  /** Where a run may start at once, without `trigger`; `undefined` when it has to wait. */
  warmPlace(app: string, taskId: string): WarmPlace | undefined;
  /** `undefined` for a run that nobody knows any more. */
  statusOf(runId: string): RunStatus | undefined;
}

/** In a process that is there already. */
export interface WarmPlace {
  readonly pid: number;
  /** Records a run as started. Inside of a note; right after that one of the run's functions is called. */
  start(reason: SocketReason, socketId: string): StartedRun;
}

export interface StartedRun {
  readonly id: string;
  /** The note is written: the process gets it. The descriptor stays the caller's. */
  give(socket: LentSocket, descriptor: Descriptor): void;
  /** The note is written, but it cannot be given: it is over, and has failed. */
  fail(error: unknown): void;
  /** The note was not written: there is no such run. */
  abandon(): void;
}

export interface SocketRoom {
  readonly ledger: SocketLedger;
  readonly vaults: Vaults;
  readonly tasks: SocketTasks;
  readonly turns: Turns;
  /** For what must happen although the store, a vault or a limit is in its way now. */
  readonly again: Again;
  readonly limits: SocketLimits;
  readonly log: SocketLog;
  readonly now: () => number;
}
