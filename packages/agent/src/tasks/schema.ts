// The tables of the tasks room over time: its steps in the store's ordered list of migrations.
import type { Migration } from '../store/migrations.ts';

export const taskMigrations: readonly Migration[] = [
  {
    version: 10,
    name: 'tasks',
    // A run has its entry point and name of its own: it may end after its registration. Logs are apart: lists leave them out.
    apply: database =>
      database.exec(`
        CREATE TABLE tasks (
          seq INTEGER PRIMARY KEY,
          id TEXT NOT NULL UNIQUE,
          app TEXT NOT NULL,
          name TEXT NOT NULL,
          entry_point TEXT NOT NULL,
          trigger_type TEXT NOT NULL,
          registered_at INTEGER NOT NULL,
          last_run_at INTEGER,
          completed_runs INTEGER NOT NULL,
          failed_runs INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX tasks_app ON tasks (app);
        CREATE TABLE runs (
          seq INTEGER PRIMARY KEY,
          id TEXT NOT NULL UNIQUE,
          task_id TEXT NOT NULL,
          app TEXT NOT NULL,
          name TEXT NOT NULL,
          entry_point TEXT NOT NULL,
          trigger_type TEXT NOT NULL,
          reason TEXT NOT NULL,
          socket_id TEXT NOT NULL,
          state TEXT NOT NULL,
          is_over INTEGER NOT NULL,
          cancellation_reason TEXT,
          error TEXT,
          attempt INTEGER NOT NULL,
          losses INTEGER NOT NULL,
          queued_at INTEGER NOT NULL,
          started_at INTEGER,
          ended_at INTEGER,
          pid INTEGER,
          progress INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX runs_app_state ON runs (app, state);
        CREATE INDEX runs_app_over ON runs (app, is_over);
        CREATE INDEX runs_task ON runs (task_id);
        CREATE INDEX runs_unfinished ON runs (state) WHERE is_over = 0;
        CREATE TABLE run_logs (
          run_seq INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
          log TEXT NOT NULL
        ) STRICT;
        CREATE TABLE task_hosts (
          key TEXT PRIMARY KEY,
          app TEXT NOT NULL,
          pid INTEGER,
          born TEXT
        ) STRICT, WITHOUT ROWID;
      `),
  },
  {
    version: 11,
    name: 'runs of a task in line',
    apply: database =>
      database.exec(`
        DROP INDEX runs_task;
        CREATE INDEX runs_task_state ON runs (task_id, state);
      `),
  },
  {
    version: 12,
    name: 'how long runs were held up',
    apply: database => database.exec('ALTER TABLE runs ADD COLUMN held_up_ms INTEGER NOT NULL DEFAULT 0'),
  },
];
