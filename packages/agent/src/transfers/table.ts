// The transfers table: its statements, prepared once; rows in, typed values out.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LonghaulError } from '@longhaul/agent-protocol';
import { changingColumns, columns, type TransferRow, toCells, toRow } from './row.ts';
import type { StateName } from './transfer-states.ts';

/** How many records an app has, and how many of them are unfinished. */
export interface AppCounts {
  readonly unfinished: number;
  readonly records: number;
}

/** Of the whole agent, as it was set; `maxActive` is `null` until somebody has set it. */
export interface StoredLimits {
  readonly maxBytesPerSecond: number | null;
  readonly maxActive: number | null;
}

/** Statements of the table. Writes belong inside `store.commit`. */
export class TransferTable {
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #ofApp: StatementSync;
  readonly #inState: StatementSync;
  readonly #queued: StatementSync;
  readonly #discards: StatementSync;
  readonly #ids: StatementSync;
  readonly #claims: StatementSync;
  readonly #counts: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #limits: StatementSync;
  readonly #setLimits: StatementSync;

  constructor(database: DatabaseSync) {
    const all = columns.join(', ');
    this.#get = database.prepare(`SELECT ${all} FROM transfers WHERE id = ?`);
    this.#all = database.prepare(`SELECT ${all} FROM transfers ORDER BY seq`);
    this.#ofApp = database.prepare(`SELECT ${all} FROM transfers WHERE app = ? ORDER BY seq`);
    this.#inState = database.prepare(`SELECT id FROM transfers WHERE state = ? ORDER BY seq`);
    this.#queued = database.prepare(`SELECT id, host FROM transfers WHERE state = 'queued' ORDER BY seq`);
    this.#discards = database.prepare('SELECT id FROM transfers WHERE discards_part = 1 ORDER BY seq');
    this.#ids = database.prepare(
      'SELECT id FROM transfers WHERE is_finished = ? AND (? IS NULL OR app = ?) ORDER BY seq',
    );
    this.#claims = database.prepare(
      'SELECT id, collision FROM transfers WHERE target_key = ? AND is_finished = 0 AND id <> ?',
    );
    this.#counts = database.prepare(
      'SELECT app, count(*) AS records, sum(is_finished = 0) AS unfinished FROM transfers GROUP BY app',
    );
    this.#insert = database.prepare(
      `INSERT INTO transfers (${all}) VALUES (${columns.map(column => `:${column}`).join(', ')})`,
    );
    this.#update = database.prepare(
      `UPDATE transfers SET ${changingColumns.map(column => `${column} = :${column}`).join(', ')} WHERE id = :id`,
    );
    this.#update.setAllowUnknownNamedParameters(true);
    this.#delete = database.prepare('DELETE FROM transfers WHERE id = ?');
    this.#limits = database.prepare(
      'SELECT max_bytes_per_second AS maxBytesPerSecond, max_active AS maxActive FROM transfer_limits',
    );
    this.#setLimits = database.prepare('UPDATE transfer_limits SET max_bytes_per_second = ?, max_active = ?');
  }

  find(id: string): TransferRow | undefined {
    const raw = this.#get.get(id);
    return raw === undefined ? undefined : toRow(raw);
  }

  /** Throws `not-found`. */
  get(id: string): TransferRow {
    const row = this.find(id);
    if (row === undefined) throw new LonghaulError('not-found', `There is no transfer ${id}.`, { subject: 'transfer' });
    return row;
  }

  /** Oldest first. */
  list(app: string | undefined): TransferRow[] {
    return (app === undefined ? this.#all.all() : this.#ofApp.all(app)).map(toRow);
  }

  idsInState(state: StateName): string[] {
    return this.#inState.all(state).map(raw => raw.id as string);
  }

  queued(): { id: string; host: string }[] {
    return this.#queued.all() as { id: string; host: string }[];
  }

  /** Of one app or of all, oldest first. */
  ids(isFinished: boolean, app: string | undefined): string[] {
    return this.#ids.all(Number(isFinished), app ?? null, app ?? null).map(raw => raw.id as string);
  }

  idsWithDiscardedPart(): string[] {
    return this.#discards.all().map(raw => raw.id as string);
  }

  /** Is this target promised to another unfinished transfer? Those with `unique-name` promise no name. */
  isClaimed(targetKey: string, exceptId: string): boolean {
    return this.#claims.all(targetKey, exceptId).some(raw => raw.collision !== 'unique-name');
  }

  counts(): Map<string, AppCounts> {
    const rows = this.#counts.all() as { app: string; records: number; unfinished: number }[];
    return new Map(rows.map(({ app, records, unfinished }) => [app, { records, unfinished }]));
  }

  insert(row: TransferRow): void {
    this.#insert.run(toCells(row));
  }

  update(row: TransferRow): void {
    this.#update.run(toCells(row));
  }

  delete(id: string): void {
    this.#delete.run(id);
  }

  limits(): StoredLimits {
    const raw = this.#limits.get();
    return { maxBytesPerSecond: raw?.maxBytesPerSecond as number | null, maxActive: raw?.maxActive as number | null };
  }

  setLimits({ maxBytesPerSecond, maxActive }: StoredLimits): void {
    this.#setLimits.run(maxBytesPerSecond, maxActive);
  }
}
