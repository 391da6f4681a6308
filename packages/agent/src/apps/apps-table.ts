// The registered apps in the store: rows in, typed values out.
import type { DatabaseSync } from 'node:sqlite';
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
];

export interface AppRow {
  readonly id: string;
  readonly name: string;
  readonly registeredAt: number;
}

export function readApps(database: DatabaseSync): AppRow[] {
  const rows = database
    .prepare('SELECT id, name, registered_at AS registeredAt FROM apps ORDER BY registered_at, id')
    .all();
  return rows.map(row => ({ id: String(row.id), name: String(row.name), registeredAt: Number(row.registeredAt) }));
}

/** Adds the app, or gives a registered one its new name. */
export function putApp(database: DatabaseSync, { id, name, registeredAt }: AppRow): void {
  database
    .prepare(
      'INSERT INTO apps (id, name, registered_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name',
    )
    .run(id, name, registeredAt);
}

export function deleteApp(database: DatabaseSync, id: string): void {
  database.prepare('DELETE FROM apps WHERE id = ?').run(id);
}
