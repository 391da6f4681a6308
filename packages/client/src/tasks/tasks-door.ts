// The agent's verbs for background tasks and their runs, as this process calls them: one line a verb. Apps use
// `BackgroundTaskBuilder` and `BackgroundTaskRegistration`, which stand on them. Every answer means that its effect is durable.
import type { RegisterTaskRequest, RunDetails, RunRecord, TaskChange, TaskRecord } from '@longhaul/agent-protocol';
import { isUuid } from '@longhaul/agent-protocol/plain';
import { mustBeFunction, mustBeObject, mustHaveSignal, unfit } from '../arguments.ts';
import type { AgentConnection } from '../connection/connection.ts';
import type { ChangeFeed, WatchOptions } from '../watching/change-feed.ts';
import type { WatchState } from '../watching/change-queue.ts';
import { RunFollower, type TaskFollower } from './run-follower.ts';

export class TasksDoor {
  readonly #connection: AgentConnection;
  readonly #feed: ChangeFeed<TaskChange>;

  constructor(connection: AgentConnection, feed: ChangeFeed<TaskChange>) {
    this.#connection = connection;
    this.#feed = feed;
  }

  /**
   * Asking again with the same id and the same words registers once.
   * @throws LonghaulError `task-not-declared`, `quota-exceeded`, `access-denied` for a connection without an app
   */
  register(request: RegisterTaskRequest): Promise<TaskRecord> {
    return this.#connection.call('registerTask', request);
  }

  /** Registrations in this connection's scope, oldest first. */
  list(): Promise<TaskRecord[]> {
    return this.#connection.call('listTasks');
  }

  /**
   * What is there in this connection's scope, tasks before runs (at most 1,000), oldest first; then every change, across
   * restarts of the agent, what has ended meanwhile included. A slow reader gets the latest of each, not every one. Aborting
   * `signal` ends it. Keeps the process alive.
   *
   * @throws LonghaulError `agent-not-reachable` when the agent stays away, `detached`
   */
  watch(options: WatchOptions = {}): AsyncGenerator<TaskChange | WatchState, void, undefined> {
    mustHaveSignal(options);
    return this.#feed.watch(options.signal);
  }

  /** Told of the runs of one task until disposed, as `watch`. What has ended before is not told. Keeps the process alive. */
  follow(taskId: string, follower: TaskFollower): Disposable {
    if (!isUuid(taskId)) throw unfit('a task id', taskId);
    mustBeObject('a follower', follower);
    mustBeFunction('failed of a follower', follower.failed);
    for (const name of ['completed', 'progress'] as const) {
      if (follower[name] !== undefined) mustBeFunction(`${name} of a follower`, follower[name]);
    }
    return this.#feed.follow(new RunFollower(taskId, follower));
  }

  /** `cancelTask`: its runs are told to end; else they may finish (TI-16). @throws LonghaulError `not-found` */
  unregister(taskId: string, cancelTask: boolean): Promise<void> {
    return this.#connection.call('unregisterTask', taskId, cancelTask);
  }

  /** Newest first, at most 1,000; of one task, or of all in scope. */
  listRuns(taskId: string | null = null): Promise<RunRecord[]> {
    return this.#connection.call('listRuns', taskId);
  }

  /** With what it has printed. @throws LonghaulError `not-found` */
  getRun(id: string): Promise<RunDetails> {
    return this.#connection.call('getRun', id);
  }

  /** Told to end with reason `abort`; one that is over stays as it is. @throws LonghaulError `not-found` */
  cancelRun(id: string): Promise<RunRecord> {
    return this.#connection.call('cancelRun', id);
  }

  /**
   * The app's code has changed in more than its tasks' own modules: runs from now on get a process that has loaded none of the
   * old. Those under way end in theirs. Owner only.
   */
  renew(app: string): Promise<void> {
    return this.#connection.call('renewTasks', app);
  }
}
