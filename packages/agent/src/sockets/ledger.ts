// The one writer of parked sockets: every change of a row is one `step()` of the state table, is written, and only then told.
// A new hand-over is durable when it is answered; what happens to a socket afterwards is noted without waiting for the disk,
// because a loss of power ends the connection anyway (decision 143).
import { LonghaulError } from '@longhaul/agent-protocol';
import { defaultPace } from '../pace/fact-pace.ts';
import { LateFeed } from '../pace/late-feed.ts';
import type { Store } from '../store/store.ts';
import type { SocketFact } from './facts.ts';
import { type Contents, type SocketRow, toRecord } from './row.ts';
import { isOver, type SocketEvent, step } from './socket-states.ts';
import { SocketTable } from './table.ts';

/** What changes beside the state. */
export type RowPatch = Partial<
  Pick<
    SocketRow,
    | 'keepAliveMs'
    | 'keepAliveAt'
    | 'contextBytes'
    | 'transfers'
    | 'wakes'
    | 'lastWakeAt'
    | 'failures'
    | 'returnedLease'
    | 'hasNews'
  >
>;

/** A socket that comes into the broker's hands for the first time, or anew under the id of one that is over. */
export type NewSocket = Pick<
  SocketRow,
  'app' | 'id' | 'key' | 'kind' | 'taskId' | 'wake' | 'localAddress' | 'remoteAddress' | 'keepAliveMs'
> &
  Contents;

export class SocketLedger implements Disposable {
  readonly #store: Store;
  readonly #publish: (fact: SocketFact) => void;
  readonly #now: () => number;
  /** For what is noted and for reading. */
  readonly #table: SocketTable;
  /** For what is committed. */
  readonly #commits: SocketTable;
  readonly #facts: LateFeed;
  readonly #counts: Map<string, number>;
  /** Called when something may have become due earlier than before. */
  onDue: (at: number) => void = () => {};

  constructor(store: Store, publish: (fact: SocketFact) => void, now: () => number) {
    this.#store = store;
    this.#publish = publish;
    this.#now = now;
    this.#table = new SocketTable(store.notes);
    this.#commits = new SocketTable(store.database);
    this.#counts = this.#table.counts();
    this.#facts = new LateFeed(defaultPace, name => this.#tell(name));
  }

  /** For reading. */
  get table(): Omit<SocketTable, 'insert' | 'update' | 'change' | 'delete' | 'putContents'> {
    return this.#table;
  }

  /** Counts one more of an app, until `release`. @throws LonghaulError `quota-exceeded` */
  reserve(app: string, max: number): void {
    const count = this.#counts.get(app) ?? 0;
    if (count >= max) throw new LonghaulError('quota-exceeded', `"${app}" has ${max} sockets, which is the limit`);
    this.#counts.set(app, count + 1);
  }

  release(app: string): void {
    const count = (this.#counts.get(app) ?? 0) - 1;
    if (count > 0) this.#counts.set(app, count);
    else this.#counts.delete(app);
  }

  /** Several notes as one. */
  together<T>(write: () => T): T {
    return this.#store.note(write);
  }

  /**
   * Durable when it resolves: whether it is one more, for which a place was reserved.
   *
   * @throws LonghaulError `already-exists` when another socket lives under that id
   */
  async handOver(socket: NewSocket): Promise<{ readonly isNew: boolean }> {
    const { context, leftover, ...given } = socket;
    const now = this.#now();
    const { row, isNew } = await this.#store.commit(() => {
      const earlier = this.#commits.find(socket.app, socket.id);
      if (earlier !== undefined && !isOver(earlier.state)) throw livesAlready(earlier);
      const next: Omit<SocketRow, 'seq'> = {
        ...given,
        state: earlier === undefined ? { name: 'parked' } : step(earlier.state, { name: 'hand-over' }),
        since: now,
        keepAliveAt: given.keepAliveMs === null ? null : now + given.keepAliveMs,
        contextBytes: context?.length ?? 0,
        transfers: (earlier?.transfers ?? 0) + 1,
        wakes: earlier?.wakes ?? 0,
        lastWakeAt: earlier?.lastWakeAt ?? null,
        failures: 0,
        returnedLease: 0,
        hasNews: leftover !== null && leftover.length > 0,
      };
      const stored = earlier === undefined ? this.#commits.insert(next) : { ...next, seq: earlier.seq };
      if (earlier !== undefined) this.#commits.update(stored);
      this.#commits.putContents(stored.seq, { context, leftover });
      return { row: stored, isNew: earlier === undefined };
    });
    this.#changed(row);
    return { isNew };
  }

  /** Noted. @throws LonghaulError `illegal-state`, `disk-full` */
  change(row: SocketRow, event: SocketEvent, patch: RowPatch = {}, contents?: Contents): SocketRow {
    const next: SocketRow = { ...row, ...patch, state: step(row.state, event), since: this.#now() };
    this.#store.note(() => {
      this.#table.change(next);
      if (contents !== undefined) this.#table.putContents(next.seq, contents);
    });
    this.#changed(next);
    return next;
  }

  /** Noted. */
  remove(row: SocketRow): void {
    this.#store.note(() => this.#table.delete(row.seq));
    this.release(row.app);
    this.#facts.forget(nameOf(row));
    this.#publish({ type: 'socket-removed', app: row.app, id: row.id });
  }

  #changed(row: SocketRow): void {
    if (row.state.name === 'resting') this.onDue(row.state.until);
    else if (row.state.name === 'parked' && row.keepAliveAt !== null) this.onDue(row.keepAliveAt);
    if (isOver(row.state)) this.#facts.ended(nameOf(row));
    else this.#facts.changed(nameOf(row));
  }

  #tell(name: string): void {
    const at = name.indexOf('\n');
    const row = this.#table.find(name.slice(0, at), name.slice(at + 1));
    if (row !== undefined) this.#publish({ type: 'socket-changed', record: toRecord(row) });
  }

  [Symbol.dispose](): void {
    this.#facts[Symbol.dispose]();
  }
}

export const livesAlready = ({ id, state }: SocketRow): LonghaulError =>
  new LonghaulError('already-exists', `another socket is ${state.name} as "${id}"`);

/** For the feed of facts: no app's id has a line's end. */
const nameOf = ({ app, id }: SocketRow): string => `${app}\n${id}`;
