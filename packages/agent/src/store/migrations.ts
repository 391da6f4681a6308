// The shape of the store over time: an ordered list of steps, the number of those done kept in SQLite's user_version.
import type { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '@longhaul/agent-protocol';

/**
 * One step. A feature keeps its own beside its table; versions are unique over all features and count from 1 without a
 * gap, so the next step of any feature takes the next free number. A released step is never edited.
 */
export interface Migration {
  readonly version: number;
  /** For people, e.g. `transfers`. */
  readonly name: string;
  readonly apply: (database: DatabaseSync) => void;
}

/** Applies what is missing, all in one transaction. Throws `store-newer` for a store from the future. */
export function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  const ordered = migrations.toSorted((a, b) => a.version - b.version);
  ordered.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new LonghaulError(
        'internal',
        `Migration ${migration.version} (${migration.name}) is not number ${index + 1}.`,
      );
    }
  });
  const done = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (done > ordered.length) {
    throw new LonghaulError(
      'store-newer',
      `The store has version ${done}; this Longhaul knows up to version ${ordered.length}.`,
    );
  }
  if (done === ordered.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of ordered.slice(done)) migration.apply(database);
    database.exec(`PRAGMA user_version = ${ordered.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
