// The events of a registration (TI-16): its runs end, and say how far they are. Told to the processes of the app that live, also
// of what happened while their agent was away; never of what had ended before (TI-17, TI-18).
import type { ErrorCode, RunRecord, TaskChange } from '@longhaul/agent-protocol';
import { isErrorCode, isRunOver, LonghaulError } from '@longhaul/agent-protocol/plain';
import type { ChangeFollower } from '../watching/change-feed.ts';
import type { News } from '../watching/change-mirror.ts';

/** BackgroundTaskCompletedEventArgs. */
export interface TaskCompletion {
  readonly instanceId: string;
  readonly run: RunRecord;
  /**
   * Returns when the run has ended well.
   * @throws LonghaulError the run's own error: `task-failed`, `task-died`, `task-late`, `task-stuck`; `operation-canceled`
   */
  checkResult(): void;
}

/** BackgroundTaskProgressEventArgs. */
export interface TaskProgress {
  readonly instanceId: string;
  /** As the task has set it (TI-15). */
  readonly progress: number;
}

export interface TaskFollower {
  completed?(completion: TaskCompletion): void;
  /** At most about ten times a second for one run; the last value is never left out. */
  progress?(progress: TaskProgress): void;
  /** Nothing more can be learned: the task was unregistered (`not-found`), not reachable, detached. Nothing follows. */
  failed(error: unknown): void;
}

export class RunFollower implements ChangeFollower<TaskChange> {
  readonly #taskId: string;
  readonly #follower: TaskFollower;
  /** Of the runs that are going on: how far each is. */
  readonly #progress = new Map<string, number>();
  #isRegistered = false;
  #isCaughtUp = false;
  #isOver = false;

  constructor(taskId: string, follower: TaskFollower) {
    this.#taskId = taskId;
    this.#follower = follower;
  }

  changed({ change }: News<TaskChange>): void {
    if (this.#isOver) return;
    if (change.type === 'run') this.#runChanged(change.run);
    else if (change.type === 'changed') this.#isRegistered ||= change.record.taskId === this.#taskId;
    else if (change.taskId === this.#taskId) this.#isRegistered = false;
    if (this.#isCaughtUp) this.#endWhenGone();
  }

  #runChanged(run: RunRecord): void {
    if (run.taskId !== this.#taskId) return;
    const { id: instanceId, progress } = run;
    const before = this.#progress.get(instanceId) ?? 0;
    const isOver = isRunOver(run.status);
    if (isOver) this.#progress.delete(instanceId);
    else this.#progress.set(instanceId, progress);
    if (!this.#isCaughtUp) return;
    if (progress !== before) this.#follower.progress?.({ instanceId, progress });
    if (isOver) this.#follower.completed?.({ instanceId, run, checkResult: () => checkResult(run) });
  }

  /** From the first time on everything is news. */
  caughtUp(): void {
    this.#isCaughtUp = true;
    this.#endWhenGone();
  }

  lost(): void {}

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#follower.failed(error);
  }

  /** What was not canceled with its registration may finish (TI-16), and is told. */
  #endWhenGone(): void {
    if (this.#isRegistered || this.#progress.size > 0) return;
    this.failed(
      new LonghaulError('not-found', `the task ${this.#taskId} is not registered (any more)`, { subject: 'task' }),
    );
  }
}

function checkResult({ id, status, error, cancellationReason }: RunRecord): void {
  if (status === 'completed') return;
  const code: ErrorCode =
    status === 'canceled' ? 'operation-canceled' : isErrorCode(error?.code) ? error.code : 'internal';
  const message = error?.message ?? `the run was canceled: ${cancellationReason}`;
  throw new LonghaulError(code, message, { data: { instanceId: id, reason: cancellationReason } });
}
