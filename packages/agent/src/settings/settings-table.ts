// The settings of apps in the store: rows in, values out. A value is kept as its JSON text.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Migration } from '../store/migrations.ts';

export const settingMigrations: readonly Migration[] = [
  {
    version: 9,
    name: 'settings',
    apply: database =>
      database.exec(`
        CREATE TABLE settings (
          app TEXT NOT NULL,
          key TEXT NOT NULL,
          value TEXT NOT NULL,
          PRIMARY KEY (app, key)
        ) STRICT, WITHOUT ROWID;
      `),
  },
];

export class SettingsTable {
  readonly #all: StatementSync;
  readonly #has: StatementSync;
  readonly #count: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteApp: StatementSync;

  constructor(database: DatabaseSync) {
    this.#all = database.prepare('SELECT key, value FROM settings WHERE app = ? ORDER BY key');
    this.#has = database.prepare('SELECT 1 FROM settings WHERE app = ? AND key = ?');
    this.#count = database.prepare('SELECT count(*) AS count FROM settings WHERE app = ?');
    this.#put = database.prepare(
      'INSERT INTO settings (app, key, value) VALUES (?, ?, ?) ON CONFLICT (app, key) DO UPDATE SET value = excluded.value',
    );
    this.#delete = database.prepare('DELETE FROM settings WHERE app = ? AND key = ?');
    this.#deleteApp = database.prepare('DELETE FROM settings WHERE app = ?');
  }

  /** Keys with their JSON texts. */
  all(app: string): [key: string, text: string][] {
    return this.#all.all(app).map(({ key, value }) => [String(key), String(value)]);
  }

  has(app: string, key: string): boolean {
    return this.#has.get(app, key) !== undefined;
  }

  count(app: string): number {
    return Number(this.#count.get(app)?.count);
  }

  put(app: string, key: string, text: string): void {
    this.#put.run(app, key, text);
  }

  delete(app: string, key: string): void {
    this.#delete.run(app, key);
  }

  deleteApp(app: string): void {
    this.#deleteApp.run(app);
  }
}
