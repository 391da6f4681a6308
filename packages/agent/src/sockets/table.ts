// SQL of the parked sockets, for one connection to the store: rows in, typed values out.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { SocketKind, StandbyAction } from '@longhaul/agent-protocol';
import type { Contents, SocketRow } from './row.ts';
import { dueAt, type SocketState } from './socket-states.ts';

/** As it is written. */
const parked = JSON.stringify({ name: 'parked' } satisfies SocketState);

type Columns = Record<string, SQLOutputValue>;

export class SocketTable {
  readonly #byKey: StatementSync;
  readonly #byId: StatementSync;
  readonly #all: StatementSync;
  readonly #ofApp: StatementSync;
  readonly #from: StatementSync;
  readonly #parked: StatementSync;
  readonly #news: StatementSync;
  readonly #unparked: StatementSync;
  readonly #due: StatementSync;
  readonly #nextDue: StatementSync;
  readonly #counts: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #change: StatementSync;
  readonly #delete: StatementSync;
  readonly #contents: StatementSync;
  readonly #putContents: StatementSync;

  constructor(database: DatabaseSync) {
    this.#byKey = database.prepare('SELECT * FROM sockets WHERE key = ?');
    this.#byId = database.prepare('SELECT * FROM sockets WHERE app = ? AND id = ?');
    this.#all = database.prepare('SELECT * FROM sockets ORDER BY seq');
    this.#ofApp = database.prepare('SELECT * FROM sockets WHERE app = ? ORDER BY seq');
    // In the order of the rows, not through the index of the app's ids: whoever stops early has read no more than he took.
    this.#from = database.prepare('SELECT * FROM sockets WHERE seq >= ? AND +app = ? ORDER BY seq');
    this.#parked = database.prepare('SELECT key FROM sockets WHERE state = ?');
    this.#news = database.prepare('SELECT * FROM sockets WHERE has_news = 1 AND state = ? ORDER BY seq');
    this.#unparked = database.prepare('SELECT * FROM sockets WHERE state <> ? ORDER BY seq');
    this.#due = database.prepare('SELECT * FROM sockets WHERE due_at <= ? ORDER BY due_at LIMIT ?');
    this.#nextDue = database.prepare('SELECT min(due_at) AS at FROM sockets WHERE due_at IS NOT NULL');
    this.#counts = database.prepare('SELECT app, count(*) AS count FROM sockets GROUP BY app');
    this.#insert = database.prepare(`
      INSERT INTO sockets (app, id, key, kind, task_id, wake, local_address, remote_address, state, since, due_at,
        keep_alive_ms, keep_alive_at, context_bytes, transfers, wakes, last_wake_at, failures, returned_lease, has_news)
      VALUES (:app, :id, :key, :kind, :taskId, :wake, :localAddress, :remoteAddress, :state, :since, :dueAt,
        :keepAliveMs, :keepAliveAt, :contextBytes, :transfers, :wakes, :lastWakeAt, :failures, :returnedLease,
        :hasNews)`);
    this.#update = database.prepare(`
      UPDATE sockets SET key = :key, kind = :kind, task_id = :taskId, wake = :wake, local_address = :localAddress,
        remote_address = :remoteAddress, state = :state, since = :since, due_at = :dueAt, keep_alive_ms = :keepAliveMs,
        keep_alive_at = :keepAliveAt, context_bytes = :contextBytes, transfers = :transfers, wakes = :wakes,
        last_wake_at = :lastWakeAt, failures = :failures, returned_lease = :returnedLease, has_news = :hasNews
      WHERE seq = :seq`);
    this.#change = database.prepare(`
      UPDATE sockets SET state = ?, since = ?, due_at = ?, keep_alive_ms = ?, keep_alive_at = ?, context_bytes = ?,
        transfers = ?, wakes = ?, last_wake_at = ?, failures = ?, returned_lease = ?, has_news = ?
      WHERE seq = ?`);
    this.#delete = database.prepare('DELETE FROM sockets WHERE seq = ?');
    this.#contents = database.prepare('SELECT context, leftover FROM socket_contents WHERE seq = ?');
    this.#putContents = database.prepare(
      'INSERT OR REPLACE INTO socket_contents (seq, context, leftover) VALUES (?, ?, ?)',
    );
  }

  find(app: string, id: string): SocketRow | undefined {
    return rowOf(this.#byId.get(app, id));
  }

  findByKey(key: string): SocketRow | undefined {
    return rowOf(this.#byKey.get(key));
  }

  /** Oldest first; of one app, or of all. */
  list(app?: string): SocketRow[] {
    const rows = app === undefined ? this.#all.all() : this.#ofApp.all(app);
    return rows.map(row => rowOf(row)!);
  }

  /** Of one app, from this number on, read as it is taken: nothing is written meanwhile. */
  *from(seq: number, app: string): Generator<SocketRow> {
    for (const row of this.#from.iterate(seq, app)) yield rowOf(row)!;
  }

  /** Of all that are listened to. */
  parkedKeys(): string[] {
    return this.#parked.all(parked).map(({ key }) => String(key));
  }

  /** Of those, such whose task is still to be woken for what was read and not used. */
  listNews(): SocketRow[] {
    return this.#news.all(parked).map(row => rowOf(row)!);
  }

  /** All the others, oldest first. */
  listUnparked(): SocketRow[] {
    return this.#unparked.all(parked).map(row => rowOf(row)!);
  }

  /** At most `limit`, the longest overdue first. */
  due(now: number, limit: number): SocketRow[] {
    return this.#due.all(now, limit).map(row => rowOf(row)!);
  }

  nextDueAt(): number | null {
    return nullable(this.#nextDue.get()?.at, Number);
  }

  /** Rows by app. */
  counts(): Map<string, number> {
    return new Map(this.#counts.all().map(({ app, count }) => [String(app), Number(count)]));
  }

  /** The row as it is stored: with its number. */
  insert(row: Omit<SocketRow, 'seq'>): SocketRow {
    return { ...row, seq: Number(this.#insert.run(columnsOf(row)).lastInsertRowid) };
  }

  update({ seq, ...row }: SocketRow): void {
    const { app: _app, id: _id, ...columns } = columnsOf(row);
    this.#update.run({ ...columns, seq });
  }

  /** Only what changes while it is in the broker's hands: no index but that of what is due. */
  change(row: SocketRow): void {
    this.#change.run(
      JSON.stringify(row.state),
      row.since,
      dueAt(row.state, row.keepAliveAt),
      row.keepAliveMs,
      row.keepAliveAt,
      row.contextBytes,
      row.transfers,
      row.wakes,
      row.lastWakeAt,
      row.failures,
      row.returnedLease,
      Number(row.hasNews),
      row.seq,
    );
  }

  delete(seq: number): void {
    this.#delete.run(seq);
  }

  contents(seq: number): Contents {
    const row = this.#contents.get(seq);
    return { context: bytesOf(row?.context), leftover: bytesOf(row?.leftover) };
  }

  putContents(seq: number, { context, leftover }: Contents): void {
    this.#putContents.run(seq, context, leftover);
  }
}

function columnsOf(row: Omit<SocketRow, 'seq'>) {
  const { hasNews, ...columns } = row;
  const dueNow = dueAt(row.state, row.keepAliveAt);
  return { ...columns, state: JSON.stringify(row.state), dueAt: dueNow, hasNews: Number(hasNews) };
}

/** What was written is what is read: the store is checked when it is opened. */
function rowOf(row: Columns | undefined): SocketRow | undefined {
  if (row === undefined) return undefined;
  return {
    seq: Number(row.seq),
    app: String(row.app),
    id: String(row.id),
    key: String(row.key),
    kind: String(row.kind) as SocketKind,
    taskId: String(row.task_id),
    wake: String(row.wake) as StandbyAction,
    localAddress: nullable(row.local_address, String),
    remoteAddress: nullable(row.remote_address, String),
    state: JSON.parse(String(row.state)) as SocketState,
    since: Number(row.since),
    keepAliveMs: nullable(row.keep_alive_ms, Number),
    keepAliveAt: nullable(row.keep_alive_at, Number),
    contextBytes: Number(row.context_bytes),
    transfers: Number(row.transfers),
    wakes: Number(row.wakes),
    lastWakeAt: nullable(row.last_wake_at, Number),
    failures: Number(row.failures),
    returnedLease: Number(row.returned_lease),
    hasNews: row.has_news === 1,
  };
}

function nullable<T>(value: SQLOutputValue | undefined, convert: (value: SQLOutputValue) => T): T | null {
  return value === null || value === undefined ? null : convert(value);
}

const bytesOf = (value: SQLOutputValue | undefined): Uint8Array | null => (value instanceof Uint8Array ? value : null);
