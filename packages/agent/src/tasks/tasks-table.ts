// Registrations in the store: rows in, typed values out.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { TaskRecord, TriggerType } from '@longhaul/agent-protocol';

const columns = `id, app, name, entry_point, trigger_type, registered_at, last_run_at, completed_runs, failed_runs`;

export class TasksTable {
  readonly #find: StatementSync;
  readonly #all: StatementSync;
  readonly #ofApp: StatementSync;
  readonly #latest: StatementSync;
  readonly #count: StatementSync;
  readonly #started: StatementSync;
  readonly #ended: StatementSync;

  /** Reads, and notes what runs do to a registration, on this connection. */
  constructor(database: DatabaseSync) {
    this.#find = database.prepare(`SELECT ${columns} FROM tasks WHERE id = ?`);
    this.#all = database.prepare(`SELECT ${columns} FROM tasks ORDER BY seq`);
    this.#ofApp = database.prepare(`SELECT ${columns} FROM tasks WHERE app = ? ORDER BY seq`);
    // SQLite takes the other columns from the row that has the maximum.
    this.#latest = database.prepare(
      `SELECT ${columns}, max(coalesce(last_run_at, registered_at)) AS at FROM tasks GROUP BY app ORDER BY at DESC LIMIT 16`,
    );
    this.#count = database.prepare('SELECT count(*) AS count FROM tasks WHERE app = ?');
    this.#started = database.prepare('UPDATE tasks SET last_run_at = ? WHERE id = ?');
    this.#ended = database.prepare(
      'UPDATE tasks SET completed_runs = completed_runs + ?, failed_runs = failed_runs + ? WHERE id = ?',
    );
  }

  find(id: string): TaskRecord | undefined {
    const row = this.#find.get(id);
    return row === undefined ? undefined : toRecord(row);
  }

  /** Oldest first; of one app, or of all. */
  list(app: string | undefined): TaskRecord[] {
    return (app === undefined ? this.#all.all() : this.#ofApp.all(app)).map(toRecord);
  }

  /** Of each app the one that ran, or was registered, last; the latest first. */
  latest(): TaskRecord[] {
    return this.#latest.all().map(toRecord);
  }

  count(app: string): number {
    return Number(this.#count.get(app)?.count);
  }

  started(id: string, at: number): void {
    this.#started.run(at, id);
  }

  ended(id: string, isCompleted: boolean): void {
    this.#ended.run(isCompleted ? 1 : 0, isCompleted ? 0 : 1, id);
  }
}

/** For `commit`, on the connection that waits for the disk. */
export function insertTask(database: DatabaseSync, task: TaskRecord): void {
  database
    .prepare(`INSERT INTO tasks (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      task.taskId,
      task.app,
      task.name,
      task.entryPoint,
      task.trigger.type,
      task.registeredAt,
      task.lastRunAt,
      task.completedRuns,
      task.failedRuns,
    );
}

export function deleteTask(database: DatabaseSync, id: string): void {
  database.prepare('DELETE FROM tasks WHERE id = ?').run(id);
}

function toRecord(row: Record<string, SQLOutputValue>): TaskRecord {
  return {
    taskId: String(row.id),
    app: String(row.app),
    name: String(row.name),
    entryPoint: String(row.entry_point),
    trigger: { type: row.trigger_type as TriggerType },
    registeredAt: Number(row.registered_at),
    lastRunAt: row.last_run_at === null ? null : Number(row.last_run_at),
    completedRuns: Number(row.completed_runs),
    failedRuns: Number(row.failed_runs),
  };
}
