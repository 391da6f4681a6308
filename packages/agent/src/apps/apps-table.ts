// The registered apps in the store: rows in, typed values out.
import type { DatabaseSync } from 'node:sqlite';
import type { ManifestTask } from '@longhaul/agent-protocol';
import type { Migration } from '../store/store.ts';

export const appMigrations: readonly Migration[] = [
  {
    version: 2,
    name: 'apps',
    apply: database =>
      database.exec(`
        CREATE TABLE apps (
          id TEXT PRIMARY KEY,
          name TEXT NOT NULL,
          registered_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
      `),
  },
  {
    version: 8,
    name: 'manifests',
    // `tasks` is JSON, as the manifest declared them.
    apply: database =>
      database.exec(`
        ALTER TABLE apps ADD COLUMN folder TEXT;
        ALTER TABLE apps ADD COLUMN tasks TEXT NOT NULL DEFAULT '[]';
      `),
  },
];

export interface AppRow {
  readonly id: string;
  readonly name: string;
  readonly registeredAt: number;
  readonly folder: string | null;
  readonly tasks: readonly ManifestTask[];
}

export function readApps(database: DatabaseSync): AppRow[] {
  const rows = database
    .prepare('SELECT id, name, registered_at AS registeredAt, folder, tasks FROM apps ORDER BY registered_at, id')
    .all();
  return rows.map(row => ({
    id: String(row.id),
    name: String(row.name),
    registeredAt: Number(row.registeredAt),
    folder: row.folder === null ? null : String(row.folder),
    tasks: JSON.parse(String(row.tasks)) as ManifestTask[],
  }));
}

/** Adds the app, or gives a registered one its new name and manifest. */
export function putApp(database: DatabaseSync, { id, name, registeredAt, folder, tasks }: AppRow): void {
  database
    .prepare(
      `INSERT INTO apps (id, name, registered_at, folder, tasks) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, folder = excluded.folder, tasks = excluded.tasks`,
    )
    .run(id, name, registeredAt, folder, JSON.stringify(tasks));
}

export function deleteApp(database: DatabaseSync, id: string): void {
  database.prepare('DELETE FROM apps WHERE id = ?').run(id);
}
