// The door of the transfers room: what the agent's hub calls. Requests come in parsed; records and facts go out.
import type { ParsedCreateDownloadRequest, TransferRecord } from '@longhaul/agent-protocol';
import type { Connectivity } from '../network/connectivity.ts';
import type { Scope } from '../scope.ts';
import type { Store } from '../store/store.ts';
import type { TransferLimits } from './options.ts';

/** A fact in the past tense. At most 10 a second for one transfer; the last state is never left out. */
export type TransferFact =
  | { readonly type: 'changed'; readonly record: TransferRecord }
  | { readonly type: 'removed'; readonly id: string; readonly app: string };

/** The part of pino that this room uses. */
export interface TransferLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface TransfersOptions {
  /** Opened with `transferMigrations` of table.ts in its list. */
  readonly store: Store;
  readonly log: TransferLog;
  /** Called after the change is durable (progress alone is not). Must not throw. */
  readonly publish: (fact: TransferFact) => void;
  readonly limits?: Partial<TransferLimits>;
  /** Default: the machine's own interfaces. */
  readonly connectivity?: Connectivity;
}

/**
 * Every verb resolves when its effect is durable. A transfer outside `scope` is `not-found`; a verb the status does not
 * allow is `illegal-state`.
 */
export interface Transfers extends AsyncDisposable {
  /**
   * Asking again with the same id and the same request returns the existing record; another request under that id is
   * `already-exists`. Throws `invalid-argument`, `invalid-url`, `unsupported-scheme`, `invalid-header`, `unsafe-path`,
   * `target-exists`, `target-folder-missing`, `target-not-writable`, `quota-exceeded` (BT-09).
   */
  create(app: string, request: ParsedCreateDownloadRequest): Promise<TransferRecord>;
  start(scope: Scope, id: string): Promise<TransferRecord>;
  pause(scope: Scope, id: string): Promise<TransferRecord>;
  resume(scope: Scope, id: string): Promise<TransferRecord>;
  /** A second cancel is a no-op (BT-52); one that comes while the file is being finished returns the completed record. */
  cancel(scope: Scope, id: string): Promise<TransferRecord>;
  /** Cancels first when unfinished. A completed file stays. */
  remove(scope: Scope, id: string): Promise<void>;
  /** Removes everything of an app (BT-17). */
  removeApp(app: string): Promise<void>;
  get(scope: Scope, id: string): TransferRecord;
  /** Oldest first. */
  list(scope: Scope): TransferRecord[];
}

/** Recovers what an earlier agent left, goes on with the queue. Disposing stops cleanly: checkpoints, nothing lost. */
export declare function openTransfers(options: TransfersOptions): Promise<Transfers>;
