// The one writer of registrations and runs. A registration is on the disk when its promise resolves; a run is recorded at
// once, without waiting for the disk (decision 143): every change of its state is one `step()` of the table.
import { randomUUID } from 'node:crypto';
import {
  LonghaulError,
  type RegisterTaskRequest,
  type RunDetails,
  type RunRecord,
  type SocketReason,
  type TaskRecord,
} from '@longhaul/agent-protocol';
import { step as namedStep, type StepName, stepNow } from '../steps.ts';
import type { Store } from '../store/store.ts';
import { type TaskFact, TaskFacts } from './facts.ts';
import type { TaskLimits } from './options.ts';
import { isOver, type RunEvent, type RunEventName, step } from './run-states.ts';
import { deleteTasksOf, type RunRow, RunsTable, toRunRecord } from './runs-table.ts';
import { deleteTask, insertTask, TasksTable } from './tasks-table.ts';

/** What may change beside the state. */
export type RunPatch = Partial<Pick<RunRow, 'attempt' | 'losses' | 'startedAt' | 'pid' | 'heldUpMs'>>;

/** The named step in which an event is recorded. */
const stepOf: { readonly [E in RunEventName]: StepName } = {
  start: 'run.start',
  obsolete: 'run.end',
  complete: 'run.end',
  fail: 'run.end',
  end: 'run.end',
  cancel: 'run.cancel',
  'lose-host': 'run.requeue',
};

export class Ledger implements Disposable {
  readonly tasks: TasksTable;
  readonly runs: RunsTable;
  readonly #store: Store;
  readonly #limits: TaskLimits;
  readonly #now: () => number;
  readonly #facts: TaskFacts;
  /** Of each app, counted once and kept: runs that wait, and runs that are over. */
  readonly #queued = new Map<string, number>();
  readonly #over = new Map<string, number>();
  /** Of runs that are not over (TI-15): lost with the agent, as the run's own memory is. */
  readonly #progress = new Map<string, number>();

  constructor(store: Store, limits: TaskLimits, now: () => number, publish: (fact: TaskFact) => void) {
    this.#store = store;
    this.#limits = limits;
    this.#now = now;
    this.tasks = new TasksTable(store.notes);
    this.runs = new RunsTable(store.notes);
    this.#facts = new TaskFacts({
      pace: limits,
      publish,
      task: id => this.tasks.find(id),
      run: id => this.record(id),
    });
  }

  /** @throws LonghaulError `quota-exceeded`, `already-exists` */
  async register(app: string, request: RegisterTaskRequest): Promise<TaskRecord> {
    const { id: taskId = randomUUID(), name, entryPoint, trigger } = request;
    const task: TaskRecord = {
      taskId,
      app,
      name,
      entryPoint,
      trigger,
      registeredAt: this.#now(),
      lastRunAt: null,
      completedRuns: 0,
      failedRuns: 0,
    };
    const known = this.tasks.find(taskId);
    if (known !== undefined) return sameAs(known, task);
    if (this.tasks.count(app) >= this.#limits.maxTasks) {
      throw new LonghaulError('quota-exceeded', `the app ${app} has ${this.#limits.maxTasks} tasks already`);
    }
    await namedStep('task.commit', () => this.#store.commit(database => insertTask(database, task)));
    this.#facts.taskRegistered(task);
    return task;
  }

  async unregister({ taskId, app }: TaskRecord): Promise<void> {
    await namedStep('task.remove', () => this.#store.commit(database => deleteTask(database, taskId)));
    this.#facts.taskRemoved(taskId, app);
  }

  /** Every registration and run of an app; none of its runs is under way any more. */
  async forgetApp(app: string): Promise<void> {
    const tasks = this.tasks.list(app);
    await namedStep('task.remove', () => this.#store.commit(database => deleteTasksOf(database, app)));
    this.#queued.delete(app);
    this.#over.delete(app);
    for (const { taskId } of tasks) this.#facts.taskRemoved(taskId, app);
  }

  /** A new run of a task, in line. @throws LonghaulError `quota-exceeded` */
  recordRun(task: TaskRecord, reason: SocketReason, socketId: string): RunRow {
    const { app } = task;
    const queued = this.#countQueued(app);
    if (queued >= this.#limits.maxQueuedRuns) {
      throw new LonghaulError('quota-exceeded', `${queued} runs of the app ${app} wait already`);
    }
    const row = this.#newRun(task, reason, socketId);
    // It joins the note of a socket: when that fails, the run has never been.
    const undone = () => this.#queued.delete(app);
    stepNow('run.record', () => this.#store.note(() => this.runs.insert(row), undone));
    this.#queued.set(app, queued + 1);
    this.#facts.runChanged(row.id, false);
    return row;
  }

  /** A new run of a task that does not wait: its host takes it now. */
  recordStarted(task: TaskRecord, reason: SocketReason, socketId: string, pid: number): RunRow {
    const run = this.#newRun(task, reason, socketId);
    const row: RunRow = { ...run, state: step(run.state, { name: 'start' }), startedAt: run.queuedAt, pid };
    this.#store.note(() => {
      this.runs.insert(row);
      this.tasks.started(task.taskId, row.queuedAt);
    });
    this.#facts.runChanged(row.id, false);
    this.#facts.taskChanged(task.taskId);
    return row;
  }

  #newRun({ taskId, app, name, entryPoint, trigger }: TaskRecord, reason: SocketReason, socketId: string): RunRow {
    return {
      id: randomUUID(),
      taskId,
      app,
      name,
      entryPoint,
      trigger: { type: trigger.type, reason, socketId },
      state: { name: 'queued', why: null },
      attempt: 1,
      losses: 0,
      queuedAt: this.#now(),
      startedAt: null,
      endedAt: null,
      pid: null,
      progress: 0,
      heldUpMs: 0,
    };
  }

  /** One step of the state table, with what changes along and, at its end, what it has printed. @throws `illegal-state` */
  apply(before: RunRow, event: RunEvent, patch: RunPatch = {}, log = ''): RunRow {
    const { id, app, taskId } = before;
    const state = step(before.state, event);
    const isEnd = isOver(state);
    const row: RunRow = {
      ...before,
      ...patch,
      state,
      progress: this.#progress.get(id) ?? before.progress,
      endedAt: isEnd ? this.#now() : null,
    };
    const queued = this.#countQueued(app);
    const over = isEnd ? this.#countOver(app) : 0;
    const isDropping = isEnd && over >= this.#limits.maxRunsKept;
    stepNow(stepOf[event.name], () =>
      this.#store.note(() => {
        this.runs.update(row);
        if (event.name === 'start') this.tasks.started(taskId, row.startedAt ?? this.#now());
        if (!isEnd) return;
        this.tasks.ended(taskId, state.name === 'completed');
        if (log !== '') this.runs.putLog(id, log);
        if (isDropping) this.runs.dropOldest(app);
      }),
    );
    const change = Number(state.name === 'queued') - Number(before.state.name === 'queued');
    if (change !== 0) this.#queued.set(app, queued + change);
    if (isEnd) {
      this.#progress.delete(id);
      if (!isDropping) this.#over.set(app, over + 1);
    }
    this.#facts.runChanged(id, isEnd);
    if (isEnd || event.name === 'start') this.#facts.taskChanged(taskId);
    return row;
  }

  /** What runs that are not over have printed so far. */
  noteLogs(logs: readonly (readonly [id: string, log: string])[]): void {
    this.#store.note(() => {
      for (const [id, log] of logs) this.runs.putLog(id, log);
    });
  }

  progress(id: string, value: number): void {
    this.#progress.set(id, value);
    this.#facts.runChanged(id, false);
  }

  record(id: string): RunRecord | undefined {
    const row = this.runs.find(id);
    return row === undefined ? undefined : this.recordOf(row);
  }

  recordOf(row: RunRow): RunRecord {
    return { ...toRunRecord(row), progress: this.#progress.get(row.id) ?? row.progress };
  }

  detailsOf(row: RunRow, log: string | undefined): RunDetails {
    return { ...this.recordOf(row), log: log ?? this.runs.log(row.id) };
  }

  #countQueued(app: string): number {
    return this.#queued.get(app) ?? this.runs.countQueued(app);
  }

  #countOver(app: string): number {
    return this.#over.get(app) ?? this.runs.countOver(app);
  }

  [Symbol.dispose](): void {
    this.#facts[Symbol.dispose]();
  }
}

function sameAs(known: TaskRecord, asked: TaskRecord): TaskRecord {
  const isSame =
    known.app === asked.app &&
    known.name === asked.name &&
    known.entryPoint === asked.entryPoint &&
    known.trigger.type === asked.trigger.type;
  if (isSame) return known;
  throw new LonghaulError('already-exists', `another task is registered as ${known.taskId}`);
}
