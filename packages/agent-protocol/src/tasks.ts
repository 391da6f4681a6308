// Background tasks as they cross the wire between the agent and its clients (rows TI-01..TI-68): what an app's manifest declares,
// what is registered, and each run with what came of it. Runs in browsers.
import * as v from 'valibot';
import { isUuid } from './checks.ts';

/** What starts a task. `socket-activity`: something happened to a parked socket (SB-06). */
export const triggerTypes = ['socket-activity'] as const;
export type TriggerType = (typeof triggerTypes)[number];

/**
 * TaskEntryPoint (TI-02): a module, relative to the manifest's folder or absolute, and the name of an exported function, as in
 * `./background.js#run`. At most 1,024 characters.
 */
export const EntryPoint = v.pipe(
  v.string(),
  v.maxLength(1_024),
  v.regex(/^[^#\0]+#[A-Za-z_$][\w$]*$/, 'not an entry point: "module#export"'),
);

/** One task of an app's manifest (TI-03): nothing else of the app is ever started. */
export const ManifestTask = v.strictObject({
  entryPoint: EntryPoint,
  triggers: v.pipe(v.array(v.picklist(triggerTypes)), v.minLength(1), v.maxLength(triggerTypes.length)),
});
export type ManifestTask = v.InferOutput<typeof ManifestTask>;

export const TaskId = v.pipe(v.string(), v.check(isUuid, 'not a UUID'));
export const RunId = v.pipe(v.string(), v.check(isUuid, 'not a UUID'));

/** BackgroundTaskBuilder.Register (TI-01). The trigger is obligatory; names are not unique. */
export const RegisterTaskRequest = v.strictObject({
  /** Becomes `taskId`: asked for again with the same id and words, it registers once. Left out: a new one. */
  id: v.optional(TaskId),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  entryPoint: EntryPoint,
  trigger: v.strictObject({ type: v.picklist(triggerTypes) }),
});
export type RegisterTaskRequest = v.InferOutput<typeof RegisterTaskRequest>;

/** IBackgroundTaskRegistration (TI-16). */
export interface TaskRecord {
  readonly taskId: string;
  readonly app: string;
  readonly name: string;
  readonly entryPoint: string;
  readonly trigger: { readonly type: TriggerType };
  readonly registeredAt: number;
  readonly lastRunAt: number | null;
  /** Runs that have ended well, and those that have not. */
  readonly completedRuns: number;
  readonly failedRuns: number;
}

/** BackgroundTaskCancellationReason (TI-19), in kebab-case, as far as something here gives it. */
export const cancellationReasons = [
  /** Unregistered with `cancelTask`, or canceled by a person. */
  'abort',
  /** The agent ends. */
  'terminating',
  /** The app was unregistered. */
  'uninstall',
  /** The wall-clock limit (TI-61). */
  'execution-time-exceeded',
] as const;
export type CancellationReason = (typeof cancellationReasons)[number];

/**
 * `queued`: recorded, waits for room or for its pause after a failure. `running`: given to its host. `canceling`: told to end.
 * Final: `completed`; `failed` (it threw, its host died, or it did not end in time); `canceled` (it ended when told to).
 */
export const runStatuses = ['queued', 'running', 'canceling', 'completed', 'failed', 'canceled'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** SocketActivityTriggerReason (SB-40..SB-44), in kebab-case. */
export const socketReasons = [
  'socket-activity',
  'connection-accepted',
  'keep-alive-timer-expired',
  'socket-closed',
] as const;
export type SocketReason = (typeof socketReasons)[number];

/** Why a run was triggered. */
export interface RunTrigger {
  readonly type: TriggerType;
  readonly reason: SocketReason;
  /** As the app names the socket. */
  readonly socketId: string;
}

/** One run of a task: at least once for each trigger; `id` is the same when it is started again, so that apps can dedupe. */
export interface RunRecord {
  readonly id: string;
  readonly taskId: string;
  readonly app: string;
  /** The task's, as it was. */
  readonly name: string;
  readonly trigger: RunTrigger;
  readonly status: RunStatus;
  /** 1 for the first. */
  readonly attempt: number;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Of the host it was last given to. */
  readonly pid: number | null;
  /** IBackgroundTaskInstance.Progress (TI-15). */
  readonly progress: number;
  /** How long its process has waited in this attempt, because more was printed in it than 1 MiB a second. Milliseconds. */
  readonly heldUpMs: number;
  readonly cancellationReason: CancellationReason | null;
  /** Why it failed, in words, and with a code of the error table. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface RunDetails extends RunRecord {
  /** What the run wrote to stdout and stderr, at most 64 KiB: the beginning and the end. */
  readonly log: string;
}

/** Verbs of the agent's hub. */
export interface TaskVerbs {
  /**
   * Apps only. `task-not-declared` when the manifest does not have entry point and trigger, `quota-exceeded`,
   * `already-exists` for other words under `id`.
   */
  registerTask(request: RegisterTaskRequest): Promise<TaskRecord>;
  /** Registrations in scope, oldest first. */
  listTasks(): Promise<TaskRecord[]>;
  /** As `listTasks`, and from then on `taskChanged`, `taskRemoved` and `runChanged` come to this connection. */
  watchTasks(): Promise<TaskRecord[]>;
  /** `cancelTask`: its runs are canceled with reason `abort`; else they may finish (TI-16). */
  unregisterTask(taskId: string, cancelTask: boolean): Promise<void>;
  /** Runs in scope, newest first, at most 1,000; of one task, or of all with `null`. */
  listRuns(taskId: string | null): Promise<RunRecord[]>;
  getRun(id: string): Promise<RunDetails>;
  /** With reason `abort`. */
  cancelRun(id: string): Promise<RunRecord>;
  /**
   * The app's code has changed: its task hosts finish the runs that they have and get no further one. A registration that says
   * something new does the same, and so does another file in the place of a task's own module.
   */
  renewTasks(app: string): Promise<void>;
}

/** At most 10 a second for one task or run; the last state is never left out. */
export interface TaskEvents {
  taskChanged(record: TaskRecord): void;
  taskRemoved(taskId: string): void;
  runChanged(record: RunRecord): void;
}
