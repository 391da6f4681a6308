// Runs in the store: rows in, typed values out. Written on the connection that does not wait for the disk: a run is recorded
// before it starts, and a wake cannot wait.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { CancellationReason, RunRecord, RunTrigger, SocketReason, TriggerType } from '@longhaul/agent-protocol';
import { isOver, type RunError, type RunState } from './run-states.ts';

export interface RunRow {
  readonly id: string;
  readonly taskId: string;
  readonly app: string;
  readonly name: string;
  readonly entryPoint: string;
  readonly trigger: RunTrigger;
  readonly state: RunState;
  readonly attempt: number;
  /** Hosts or agents that have died under it, nobody else being to blame. */
  readonly losses: number;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly pid: number | null;
  readonly progress: number;
  /** How long its process has waited for its prints to be taken, in this attempt. Milliseconds. */
  readonly heldUpMs: number;
}

const columns = [
  'id',
  'task_id',
  'app',
  'name',
  'entry_point',
  'trigger_type',
  'reason',
  'socket_id',
  'state',
  'is_over',
  'cancellation_reason',
  'error',
  'attempt',
  'losses',
  'queued_at',
  'started_at',
  'ended_at',
  'pid',
  'progress',
  'held_up_ms',
];
const changing = columns.slice(columns.indexOf('state'));
const all = columns.join(', ');

export class RunsTable {
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #find: StatementSync;
  readonly #next: StatementSync;
  readonly #tasksOf: StatementSync;
  readonly #nextOfTask: StatementSync;
  readonly #nextSafe: StatementSync;
  readonly #countQueued: StatementSync;
  readonly #countOver: StatementSync;
  readonly #dropOldest: StatementSync;
  readonly #putLog: StatementSync;
  readonly #log: StatementSync;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(`INSERT INTO runs (${all}) VALUES (${columns.map(() => '?').join(', ')})`);
    this.#update = database.prepare(`UPDATE runs SET ${changing.map(name => `${name} = ?`).join(', ')} WHERE id = ?`);
    this.#find = database.prepare(`SELECT ${all} FROM runs WHERE id = ?`);
    this.#next = database.prepare(`SELECT ${all} FROM runs WHERE app = ? AND state = 'queued' ORDER BY seq LIMIT 1`);
    this.#tasksOf = database.prepare('SELECT id FROM tasks WHERE app = ?');
    const ofTask = `SELECT ${all} FROM runs INDEXED BY runs_task_state WHERE task_id = ? AND state = 'queued'`;
    this.#nextOfTask = database.prepare(`${ofTask} ORDER BY seq LIMIT 1`);
    this.#nextSafe = database.prepare(`${ofTask} AND losses = 0 ORDER BY seq LIMIT 1`);
    this.#countQueued = database.prepare(`SELECT count(*) AS count FROM runs WHERE app = ? AND state = 'queued'`);
    this.#countOver = database.prepare('SELECT count(*) AS count FROM runs WHERE app = ? AND is_over = 1');
    this.#dropOldest = database.prepare(
      'DELETE FROM runs WHERE seq = (SELECT min(seq) FROM runs WHERE app = ? AND is_over = 1)',
    );
    this.#putLog = database.prepare(
      'INSERT OR REPLACE INTO run_logs (run_seq, log) SELECT seq, ? FROM runs WHERE id = ?',
    );
    this.#log = database.prepare('SELECT log FROM run_logs JOIN runs ON run_seq = seq WHERE id = ?');
  }

  insert(row: RunRow): void {
    const { type, reason, socketId } = row.trigger;
    this.#insert.run(row.id, row.taskId, row.app, row.name, row.entryPoint, type, reason, socketId, ...valuesOf(row));
  }

  update(row: RunRow): void {
    this.#update.run(...valuesOf(row), row.id);
  }

  find(id: string): RunRow | undefined {
    const row = this.#find.get(id);
    return row === undefined ? undefined : toRow(row);
  }

  /** Of an app: the one that has waited longest. */
  next(app: string): RunRow | undefined {
    const row = this.#next.get(app);
    return row === undefined ? undefined : toRow(row);
  }

  /** Of an app: the one of each registered task that has waited longest, and where hosts have died under that, one that is safe. */
  *nextOfEachTask(app: string): Generator<RunRow> {
    for (const { id } of this.#tasksOf.all(app)) {
      const row = this.#nextOfTask.get(id!);
      if (row === undefined) continue;
      yield toRow(row);
      const safe = row.losses === 0 ? undefined : this.#nextSafe.get(id!);
      if (safe !== undefined) yield toRow(safe);
    }
  }

  countQueued(app: string): number {
    return Number(this.#countQueued.get(app)?.count);
  }

  countOver(app: string): number {
    return Number(this.#countOver.get(app)?.count);
  }

  /** Of those that are over. */
  dropOldest(app: string): void {
    this.#dropOldest.run(app);
  }

  /** Newest first. */
  list(filter: { readonly app: string | undefined; readonly taskId: string | null }, max: number): RunRow[] {
    const { app, taskId } = filter;
    return this.#database
      .prepare(
        `SELECT ${all} FROM runs WHERE (?1 IS NULL OR app = ?1) AND (?2 IS NULL OR task_id = ?2) ORDER BY seq DESC LIMIT ?3`,
      )
      .all(app ?? null, taskId, max)
      .map(toRow);
  }

  /** Not over yet, oldest first; of one app, of one task, or all. */
  unfinished(filter: { readonly app?: string; readonly taskId?: string } = {}): RunRow[] {
    return this.#database
      .prepare(
        `SELECT ${all} FROM runs WHERE is_over = 0 AND (?1 IS NULL OR app = ?1) AND (?2 IS NULL OR task_id = ?2) ORDER BY seq`,
      )
      .all(filter.app ?? null, filter.taskId ?? null)
      .map(toRow);
  }

  /** Apps that have runs in line, the one first whose run has waited longest. */
  appsInLine(): string[] {
    return this.#database
      .prepare(`SELECT app FROM runs WHERE state = 'queued' GROUP BY app ORDER BY min(seq)`)
      .all()
      .map(row => String(row.app));
  }

  putLog(id: string, log: string): void {
    this.#putLog.run(log, id);
  }

  log(id: string): string {
    return String(this.#log.get(id)?.log ?? '');
  }
}

/** For `commit`, on the connection that waits for the disk. */
export function deleteTasksOf(database: DatabaseSync, app: string): void {
  database.prepare('DELETE FROM runs WHERE app = ?').run(app);
  database.prepare('DELETE FROM tasks WHERE app = ?').run(app);
}

export const toRunRecord = (row: RunRow): RunRecord => ({
  id: row.id,
  taskId: row.taskId,
  app: row.app,
  name: row.name,
  trigger: row.trigger,
  status: row.state.name,
  attempt: row.attempt,
  queuedAt: row.queuedAt,
  startedAt: row.startedAt,
  endedAt: row.endedAt,
  pid: row.pid,
  progress: row.progress,
  heldUpMs: row.heldUpMs,
  cancellationReason: 'reason' in row.state ? row.state.reason : null,
  error: errorOf(row.state),
});

const errorOf = (state: RunState): RunError | null =>
  state.name === 'failed' ? state.error : 'why' in state ? state.why : null;

/** In the order of `changing`. */
function valuesOf(row: RunRow): (string | number | null)[] {
  const { state } = row;
  const error = errorOf(state);
  return [
    state.name,
    isOver(state) ? 1 : 0,
    'reason' in state ? state.reason : null,
    error === null ? null : JSON.stringify(error),
    row.attempt,
    row.losses,
    row.queuedAt,
    row.startedAt,
    row.endedAt,
    row.pid,
    row.progress,
    row.heldUpMs,
  ];
}

function toRow(row: Record<string, SQLOutputValue>): RunRow {
  const number = (value: SQLOutputValue | undefined) => (value === null ? null : Number(value));
  return {
    id: String(row.id),
    taskId: String(row.task_id),
    app: String(row.app),
    name: String(row.name),
    entryPoint: String(row.entry_point),
    trigger: {
      type: row.trigger_type as TriggerType,
      reason: row.reason as SocketReason,
      socketId: String(row.socket_id),
    },
    state: toState(row),
    attempt: Number(row.attempt),
    losses: Number(row.losses),
    queuedAt: Number(row.queued_at),
    startedAt: number(row.started_at),
    endedAt: number(row.ended_at),
    pid: number(row.pid),
    progress: Number(row.progress),
    heldUpMs: Number(row.held_up_ms),
  };
}

function toState(row: Record<string, SQLOutputValue>): RunState {
  const error = row.error === null ? null : (JSON.parse(String(row.error)) as RunError);
  const reason = row.cancellation_reason as CancellationReason | null;
  const name = row.state as RunState['name'];
  switch (name) {
    case 'queued':
    case 'running':
      return { name, why: error };
    case 'canceling':
    case 'canceled':
      return { name, reason: reason ?? 'abort' };
    case 'completed':
      return { name };
    case 'failed':
      return { name, error: error ?? { code: 'internal', message: 'no reason was recorded' }, reason };
  }
}
