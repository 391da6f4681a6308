// Runs that need not wait: the host of their app is warm, nobody waits before them, and what they are for is at hand. Such a run
// is recorded as started, in the note of whoever wakes it, and given right after that (decision 179).
import type { LentSocket, SocketReason, TaskRecord } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { declaredPlace, type EntryPlace, type TaskManifest, wordsOf } from './entry-point.ts';
import type { SeatedHost } from './hosts.ts';
import type { Ledger } from './ledger.ts';
import type { LiveRun } from './live-run.ts';
import type { RunRow } from './runs-table.ts';

/** In a warm host. */
export interface WarmPlace {
  /** Of the host. */
  readonly pid: number;
  /** Records a run as started. Inside of a note; right after that one of the run's functions is called. */
  start(reason: SocketReason, socketId: string): StartedRun;
}

export interface StartedRun {
  readonly id: string;
  /** The note is written: the host gets it. The descriptor stays the caller's. */
  give(socket: LentSocket, descriptor: Descriptor): void;
  /** The note is written, but it cannot be given: it is over, and has failed. */
  fail(error: unknown): void;
  /** The note was not written: there is no such run. */
  abandon(): void;
}

export interface WarmPlacesOptions {
  readonly ledger: Pick<Ledger, 'recordStarted'>;
  /** A host that works, has the task's code as it is now and may take a run of it that nobody waits before. */
  readonly hostFor: (task: TaskRecord) => SeatedHost | undefined;
  readonly manifestOf: (app: string) => TaskManifest | undefined;
  /** The run has its place in the host from now on; `unseat` as if it had never had. */
  readonly seat: (row: RunRow, host: SeatedHost) => LiveRun;
  readonly unseat: (live: LiveRun) => void;
  /** It leaves the host without having been given. */
  readonly fail: (live: LiveRun, error: unknown) => void;
}

export class WarmPlaces {
  readonly #options: WarmPlacesOptions;

  constructor(options: WarmPlacesOptions) {
    this.#options = options;
  }

  /** `undefined` when a run of this task has to wait in line. */
  find(task: TaskRecord): WarmPlace | undefined {
    const { ledger, hostFor, seat, unseat, fail } = this.#options;
    const host = hostFor(task);
    const place = host === undefined ? undefined : this.#placeOf(task);
    if (host === undefined || place === undefined) return undefined;
    const entryPoint = wordsOf(place);
    const { pid } = host.process;
    return {
      pid,
      start: (reason, socketId) => {
        const row = ledger.recordStarted(task, reason, socketId, pid);
        const live = seat(row, host);
        return {
          id: row.id,
          give: (socket, descriptor) => live.give(entryPoint, { socket, descriptor, closed: null }),
          fail: error => fail(live, error),
          abandon: () => unseat(live),
        };
      },
    };
  }

  /** `undefined` for what the app does not declare any more: a run in line fails of that. */
  #placeOf({ app, entryPoint, trigger }: TaskRecord): EntryPlace | undefined {
    try {
      return declaredPlace(app, this.#options.manifestOf(app), entryPoint, trigger.type);
    } catch {
      return undefined;
    }
  }
}
