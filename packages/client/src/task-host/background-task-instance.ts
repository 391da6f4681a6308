// IBackgroundTaskInstance (TI-15): what the function of a task is called with.
import type { CancellationReason, SocketReason } from '@longhaul/agent-protocol';
import type { AnySocketActivityInformation } from '../sockets/socket-activity-information.ts';
import type { SocketBroker } from '../sockets/transfer-ownership.ts';

/** SocketActivityTriggerDetails (SB-31). */
export interface SocketActivityTriggerDetails {
  /** Why the task was started (SB-40 to SB-44). */
  readonly reason: SocketReason;
  /** The socket that it was started for. With reason `socket-closed` there is nothing to take over any more, only what it was. */
  readonly socketInformation: AnySocketActivityInformation;
}

/**
 * Keeps its run open until it is completed (TI-14, O-20); completing it twice is completing it once. The promise that the
 * task's function returns is one already: this is for work that it does not await. `using deferral = task.getDeferral()`.
 */
export interface BackgroundTaskDeferral extends Disposable, AsyncDisposable {
  complete(): void;
}

/** Also what `transferOwnership` takes as its first argument, so that a task needs no connection of its own. */
export interface BackgroundTaskInstance extends SocketBroker {
  /** Of this run; the same when it is started again after a crash, so that work can be done once. */
  readonly instanceId: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly task: { readonly taskId: string; readonly name: string };
  readonly triggerDetails: SocketActivityTriggerDetails;
  /** @throws LonghaulError `illegal-state` when the run is over */
  getDeferral(): BackgroundTaskDeferral;
  /** Chosen by the task, 0 to 2³² − 1, shown to those who watch. @throws LonghaulError `invalid-argument` */
  progress: number;
  /** How often it was suspended: never, so far. */
  readonly suspendedCount: number;
  /** Aborted when the run is canceled; its reason is a LonghaulError `operation-canceled` with `data.reason` (TI-19). */
  readonly signal: AbortSignal;
  /** `null` while the run is not canceled. */
  readonly cancellationReason: CancellationReason | null;
  /**
   * Called once when the run is canceled, or at once when it is. From then on there are 5 s to end (TI-20), or the process is
   * killed.
   */
  onCanceled(handler: (reason: CancellationReason) => void): void;
}

/** What an entry point of a task is: `export async function run(task: BackgroundTaskInstance) { … }`. */
export type BackgroundTask = (task: BackgroundTaskInstance) => unknown;
