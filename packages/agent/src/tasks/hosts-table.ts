// The hosts that there may be, in the store: what the next agent has to kill when this one dies.
import type { DatabaseSync } from 'node:sqlite';

export interface HostRow {
  /** In the environment of the host and of everything it starts. */
  readonly key: string;
  /** `null`: it waits for one. */
  readonly app: string | null;
  /** `null` until it is started. With `born` it names a process for ever. */
  readonly pid: number | null;
  readonly born: string | null;
}

/** In the column of the app: no app has an empty name. */
const nobody = '';

export class HostsTable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  put({ key, app, pid, born }: HostRow): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO task_hosts (key, app, pid, born) VALUES (?, ?, ?, ?)')
      .run(key, app ?? nobody, pid, born);
  }

  delete(key: string): void {
    this.#database.prepare('DELETE FROM task_hosts WHERE key = ?').run(key);
  }

  all(): HostRow[] {
    return this.#database
      .prepare('SELECT key, app, pid, born FROM task_hosts')
      .all()
      .map(row => ({
        key: String(row.key),
        app: row.app === nobody ? null : String(row.app),
        pid: row.pid === null ? null : Number(row.pid),
        born: row.born === null ? null : String(row.born),
      }));
  }
}
