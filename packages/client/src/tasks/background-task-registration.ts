// IBackgroundTaskRegistration (TI-16): a task as the agent knows it, whatever process registered it.
import type { RunRecord, TaskRecord, TriggerType } from '@longhaul/agent-protocol';
import { mustBeObject } from '../arguments.ts';
import type { TaskFollower } from './run-follower.ts';
import type { TasksDoor } from './tasks-door.ts';

/** As much of an `Agent` as registrations need. */
export interface TaskOwner {
  readonly tasks: TasksDoor;
}

export class BackgroundTaskRegistration {
  readonly #tasks: TasksDoor;
  readonly #record: TaskRecord;

  /** Made by the SDK: by `BackgroundTaskBuilder.register` and `allTasks`. */
  constructor(tasks: TasksDoor, record: TaskRecord) {
    this.#tasks = tasks;
    this.#record = record;
  }

  /** What `enableTransferOwnership` wants. */
  get taskId(): string {
    return this.#record.taskId;
  }

  get name(): string {
    return this.#record.name;
  }

  get taskEntryPoint(): string {
    return this.#record.entryPoint;
  }

  get trigger(): { readonly type: TriggerType } {
    return this.#record.trigger;
  }

  /** As it was when this object was made. */
  get record(): TaskRecord {
    return this.#record;
  }

  /** Its runs, newest first, at most 1,000. */
  runs(): Promise<RunRecord[]> {
    return this.#tasks.listRuns(this.taskId);
  }

  /**
   * Its Completed and Progress events (TI-16), until disposed: of every run, whatever process of the app is told of it, and of
   * what has ended while the agent was away. What had ended before is in `runs`. Keeps the process alive.
   */
  follow(follower: TaskFollower): Disposable {
    return this.#tasks.follow(this.taskId, follower);
  }

  /**
   * Nothing starts it any more; its sockets are lost to the app unless they are handed over for another task. `cancelTask`:
   * its runs are canceled with reason `abort`; else they may finish.
   *
   * @throws LonghaulError `not-found`
   */
  unregister(cancelTask: boolean): Promise<void> {
    return this.#tasks.unregister(this.taskId, cancelTask);
  }

  /** Every task that the app has registered, by id, oldest first: names are not unique (SB-08). */
  static async allTasks(agent: TaskOwner): Promise<Map<string, BackgroundTaskRegistration>> {
    mustBeObject('the agent', agent);
    mustBeObject('the tasks of the agent', agent.tasks);
    const records = await agent.tasks.list();
    return new Map(records.map(record => [record.taskId, new BackgroundTaskRegistration(agent.tasks, record)]));
  }
}
