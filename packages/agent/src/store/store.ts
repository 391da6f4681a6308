// The agent's one SQLite database: opened with checks, brought up to date, written in groups.
// In: functions that write. Out: promises that resolve when the write is on the disk. Nothing here is ever reset silently.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { LonghaulError } from '@longhaul/agent-protocol';
import { type Migration, migrate } from './migrations.ts';
import { isForWantOfSpace, isSqliteError, writeFailure } from './write-failure.ts';

export type { Migration } from './migrations.ts';
export { isStoreFailure } from './write-failure.ts';

export interface Store extends Disposable {
  /** For reading. Whatever must last goes through `commit`. */
  readonly database: DatabaseSync;
  /**
   * Runs `write` in the next group: everything queued in one tick shares one transaction (and one sync of the disk), each
   * in a savepoint of its own, so that one that throws fails alone. Resolves with its result once that is durable.
   * Rejects with what `write` threw, or with `disk-full` or `internal` when the group could not be committed.
   */
  commit<T>(write: (database: DatabaseSync) => T): Promise<T>;
  /** The connection that `note` writes with, for prepared statements; reads see everything that was committed or noted. */
  readonly notes: DatabaseSync;
  /**
   * Runs `write` at once, in a transaction that does not wait for the disk (`synchronous=NORMAL`): what it wrote survives
   * every death of a process, but not always a loss of power. Inside another `note` it joins that one. Never inside a
   * `commit`: the two connections would wait for each other. Throws what `write` threw, `disk-full` or `internal`.
   * `undone` is called when it has written and that did not last: another note that it had joined failed after all.
   */
  note<T>(write: (database: DatabaseSync) => T, undone?: () => void): T;
}

interface Waiting {
  readonly write: (database: DatabaseSync) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens `longhaul.db` in `folder`, making both when missing (0700). `migrations` is the list of all features, joined by
 * the composition root. Throws `store-unreadable` (damaged, locked or not ours; the file is left as it was), `disk-full`
 * (there is no room to open it) or `store-newer` (written by a newer Longhaul).
 */
export function openStore(folder: string, migrations: readonly Migration[]): Store {
  const file = join(folder, 'longhaul.db');
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const isNew = !existsSync(file);
    if (isNew) closeSync(openSync(file, 'ax', 0o600));
    database = new DatabaseSync(file, { timeout: 5_000 });
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;');
    checkIntegrity(database);
    migrate(database, migrations);
    if (isNew) syncFolder(folder);
    const notes = new DatabaseSync(file, { timeout: 5_000 });
    notes.exec('PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;');
    return new SqliteStore(database, notes);
  } catch (error) {
    database?.close();
    if (error instanceof LonghaulError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (isForWantOfSpace(error, folder)) {
      throw new LonghaulError('disk-full', `The store ${file} cannot be opened: ${why}.`, { cause: error });
    }
    throw new LonghaulError('store-unreadable', `The store ${file} cannot be read: ${why}.`, { cause: error });
  }
}

function checkIntegrity(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA quick_check(1)').get();
  const verdict = row === undefined ? 'no answer' : Object.values(row)[0];
  if (verdict !== 'ok') throw new Error(`integrity check says: ${String(verdict)}`);
}

/** A new file is only as durable as its folder's entry for it. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

class SqliteStore implements Store {
  readonly database: DatabaseSync;
  readonly notes: DatabaseSync;
  /** Prepared: each runs thousands of times for a crowd of small files. */
  readonly #begin: StatementSync;
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;
  readonly #commit: StatementSync;
  readonly #beginNote: StatementSync;
  readonly #commitNote: StatementSync;
  #waiting: Waiting[] = [];
  /** Of the notes within the one that is being written. */
  #undone: (() => void)[] = [];

  constructor(database: DatabaseSync, notes: DatabaseSync) {
    this.database = database;
    this.notes = notes;
    this.#beginNote = notes.prepare('BEGIN IMMEDIATE');
    this.#commitNote = notes.prepare('COMMIT');
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#savepoint = database.prepare('SAVEPOINT one');
    this.#release = database.prepare('RELEASE one');
    this.#commit = database.prepare('COMMIT');
  }

  commit<T>(write: (database: DatabaseSync) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commitGroup());
      this.#waiting.push({ write, resolve: value => resolve(value as T), reject });
    });
  }

  note<T>(write: (database: DatabaseSync) => T, undone?: () => void): T {
    if (this.notes.isTransaction) {
      const value = write(this.notes);
      if (undone !== undefined) this.#undone.push(undone);
      return value;
    }
    try {
      this.#beginNote.run();
      const value = write(this.notes);
      this.#commitNote.run();
      return value;
    } catch (error) {
      if (this.notes.isOpen && this.notes.isTransaction) this.notes.exec('ROLLBACK');
      for (const undo of this.#undone) undo();
      throw isSqliteError(error) ? writeFailure(error) : error;
    } finally {
      this.#undone = [];
    }
  }

  #commitGroup(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    const settled: (() => void)[] = [];
    try {
      this.#begin.run();
      for (const { write, resolve, reject } of group) {
        this.#savepoint.run();
        try {
          const value = write(this.database);
          this.#release.run();
          settled.push(() => resolve(value));
        } catch (error) {
          // A full disk may have rolled the whole transaction back already: then nothing of the group happened.
          if (!this.database.isTransaction) throw error;
          this.database.exec('ROLLBACK TO one; RELEASE one');
          settled.push(() => reject(error));
        }
      }
      this.#commit.run();
    } catch (error) {
      if (this.database.isOpen && this.database.isTransaction) this.database.exec('ROLLBACK');
      const failure = writeFailure(error);
      for (const { reject } of group) reject(failure);
      return;
    }
    for (const settle of settled) settle();
  }

  /** Commits what is still queued, then closes. */
  [Symbol.dispose](): void {
    if (!this.database.isOpen) return;
    this.#commitGroup();
    this.notes.close();
    this.database.close();
  }
}
