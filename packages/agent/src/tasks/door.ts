// The door of the tasks room: what the agent's hub and the sockets call. Requests come in parsed; records and facts go out.
import {
  LonghaulError,
  type RegisterTaskRequest,
  type RunDetails,
  type RunRecord,
  type RunStatus,
  type SocketReason,
  type TaskRecord,
} from '@longhaul/agent-protocol';
import { whyNotSupported } from '../platform/kernel/libc.ts';
import { isInScope, type Scope } from '../scope.ts';
import type { Store } from '../store/store.ts';
import type { TaskBroker } from './broker.ts';
import { declaredPlace, mustHaveModules, type TaskManifest } from './entry-point.ts';
import type { TaskFact } from './facts.ts';
import { Ledger } from './ledger.ts';
import { defaults, type TaskLimits } from './options.ts';
import { Runner, type RunnerLog } from './runner.ts';
import type { RunRow } from './runs-table.ts';
import type { WarmPlace } from './warm-places.ts';

export type { HostSeat, LentForRun, RunOutcome, SocketRun, TaskBroker } from './broker.ts';
export type { TaskManifest } from './entry-point.ts';
export type { TaskFact } from './facts.ts';
export type { TaskLimits } from './options.ts';

export interface TasksOptions {
  /** Opened with `taskMigrations` of schema.ts in its list. */
  readonly store: Store;
  readonly log: RunnerLog;
  /** Called after the change is recorded (progress is not). Must not throw. */
  readonly publish: (fact: TaskFact) => void;
  /** `undefined` for an app that is not registered. */
  readonly manifestOf: (app: string) => TaskManifest | undefined;
  /** Not called before `begin`. */
  readonly broker: TaskBroker;
  /** Of the hosts. Default: none. */
  readonly env?: NodeJS.ProcessEnv;
  readonly limits?: Partial<TaskLimits>;
  readonly now?: () => number;
}

export interface TaskTrigger {
  readonly app: string;
  readonly taskId: string;
  readonly reason: SocketReason;
  readonly socketId: string;
}

/** What lies outside `scope` is `not-found`. */
export interface Tasks extends AsyncDisposable {
  /** Sockets can be lent from now on: what waits in line is started. */
  begin(): void;
  /**
   * Records a run of a registered task and starts it when it is its turn; resolves its id. It survives every death of a
   * process. @throws LonghaulError `not-found`, `quota-exceeded`, `disk-full`
   */
  trigger(trigger: TaskTrigger): string;
  /** Where a run of a task may start at once, without `trigger`. `undefined`: it has to wait, there is no such task, or this ends. */
  warmPlace(app: string, taskId: string): WarmPlace | undefined;
  registrationOf(app: string, taskId: string): TaskRecord | undefined;
  /** Of the task host that waits for the next app that needs one; `null` while there is none. */
  readonly spareHostPid: number | null;
  /** `undefined` for a run that nobody knows any more. */
  statusOf(runId: string): RunStatus | undefined;
  /** @throws LonghaulError `task-not-declared`, `quota-exceeded`, `already-exists`, `not-supported-here` */
  register(app: string, request: RegisterTaskRequest): Promise<TaskRecord>;
  /** Oldest first. */
  list(scope: Scope): TaskRecord[];
  unregister(scope: Scope, taskId: string, cancelTask: boolean): Promise<void>;
  /** Newest first; of one task, or of all with `null`. */
  listRuns(scope: Scope, taskId: string | null): RunRecord[];
  getRun(scope: Scope, id: string): RunDetails;
  /** One that is over or told to end already stays as it is. */
  cancelRun(scope: Scope, id: string): RunRecord;
  /** @throws LonghaulError `invalid-argument` naming the task and the path where a declared module cannot be loaded (TI-01) */
  checkModules(manifest: TaskManifest): void;
  /** The app's code is another now: hosts that have runs finish them, the next run starts in a new one. */
  renew(app: string): void;
  /** Its runs are canceled with `uninstall`; resolves when its host is gone and nothing of it is left here. */
  removeApp(app: string): Promise<void>;
}

/** Kills the hosts that an earlier agent has left: when this resolves, none of them holds a socket any more. */
export async function openTasks(options: TasksOptions): Promise<Tasks> {
  const { store, log, publish, manifestOf, broker, env = {}, now = Date.now } = options;
  const limits = Object.freeze({ ...defaults, ...options.limits });
  const ledger = new Ledger(store, limits, now, publish);
  const runner = new Runner({ ledger, store, limits, now, env, broker, manifestOf, log });
  return new Door(ledger, runner, manifestOf, await runner.recover());
}

const appOf = (scope: Scope): string | undefined => (scope.role === 'app' ? scope.app : undefined);
/** Listed at a time. */
const maxListed = 1_000;

class Door implements Tasks {
  readonly #ledger: Ledger;
  readonly #runner: Runner;
  readonly #manifestOf: (app: string) => TaskManifest | undefined;
  /** Found to be over at the start. */
  readonly #over: readonly RunRow[];
  readonly #leaving = new Set<string>();
  #isClosed = false;

  constructor(
    ledger: Ledger,
    runner: Runner,
    manifestOf: (app: string) => TaskManifest | undefined,
    over: readonly RunRow[],
  ) {
    this.#ledger = ledger;
    this.#runner = runner;
    this.#manifestOf = manifestOf;
    this.#over = over;
  }

  begin(): void {
    this.#runner.begin(this.#over);
    this.#runner.spare.renew();
  }

  get spareHostPid(): number | null {
    return this.#runner.spare.pid;
  }

  trigger({ app, taskId, reason, socketId }: TaskTrigger): string {
    const task = this.registrationOf(app, taskId);
    if (task === undefined)
      throw new LonghaulError('not-found', `the app ${app} has no task ${taskId}`, { subject: 'task' });
    return this.#runner.trigger(task, reason, socketId);
  }

  warmPlace(app: string, taskId: string): WarmPlace | undefined {
    const task = this.#isClosed ? undefined : this.registrationOf(app, taskId);
    return task === undefined ? undefined : this.#runner.warmPlace(task);
  }

  registrationOf(app: string, taskId: string): TaskRecord | undefined {
    this.#checkOpen();
    const task = this.#ledger.tasks.find(taskId);
    return task?.app === app && !this.#leaving.has(app) ? task : undefined;
  }

  statusOf(runId: string): RunStatus | undefined {
    return this.#ledger.runs.find(runId)?.state.name;
  }

  async register(app: string, request: RegisterTaskRequest): Promise<TaskRecord> {
    this.#checkOpen();
    const whyNot = whyNotSupported();
    if (whyNot !== undefined) throw whyNot;
    declaredPlace(app, this.#manifestOf(app), request.entryPoint, request.trigger.type);
    const task = await this.#ledger.register(app, request);
    this.#runner.spare.renew();
    return task;
  }

  list(scope: Scope): TaskRecord[] {
    this.#checkOpen();
    return this.#ledger.tasks.list(appOf(scope));
  }

  async unregister(scope: Scope, taskId: string, cancelTask: boolean): Promise<void> {
    this.#checkOpen();
    const task = this.#ledger.tasks.find(taskId);
    if (task === undefined || !isInScope(scope, task.app)) {
      throw new LonghaulError('not-found', `There is no task ${taskId}.`, { subject: 'task' });
    }
    // Before and after: what is triggered meanwhile is canceled as well, and a crash in between leaves a registration.
    if (cancelTask) this.#cancelAll(taskId);
    await this.#ledger.unregister(task);
    if (cancelTask) this.#cancelAll(taskId);
    this.#runner.spare.renew();
  }

  #cancelAll(taskId: string): void {
    for (const row of this.#ledger.runs.unfinished({ taskId })) this.#runner.cancel(row, 'abort');
  }

  listRuns(scope: Scope, taskId: string | null): RunRecord[] {
    this.#checkOpen();
    return this.#ledger.runs.list({ app: appOf(scope), taskId }, maxListed).map(row => this.#ledger.recordOf(row));
  }

  getRun(scope: Scope, id: string): RunDetails {
    return this.#ledger.detailsOf(this.#findRun(scope, id), this.#runner.logOf(id));
  }

  cancelRun(scope: Scope, id: string): RunRecord {
    return this.#ledger.recordOf(this.#runner.cancel(this.#findRun(scope, id), 'abort'));
  }

  checkModules(manifest: TaskManifest): void {
    mustHaveModules(manifest);
  }

  renew(app: string): void {
    this.#checkOpen();
    this.#runner.renew(app);
  }

  async removeApp(app: string): Promise<void> {
    this.#checkOpen();
    this.#leaving.add(app);
    try {
      await this.#runner.endApp(app, 'uninstall');
      await this.#ledger.forgetApp(app);
    } finally {
      this.#leaving.delete(app);
      this.#runner.spare.renew();
    }
  }

  #findRun(scope: Scope, id: string): RunRow {
    this.#checkOpen();
    const row = this.#ledger.runs.find(id);
    if (row === undefined || !isInScope(scope, row.app))
      throw new LonghaulError('not-found', `There is no run ${id}.`, { subject: 'run' });
    return row;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new LonghaulError('agent-not-reachable', 'The agent is stopping.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#runner.close();
    this.#ledger[Symbol.dispose]();
  }
}
