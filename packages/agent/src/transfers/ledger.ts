// The one writer of transfers: every change of a row goes through here, as one `step()` of the state table or as facts of the
// bytes, becomes durable, and only then is told. What flows right now (progress) is kept beside the rows, in memory.
import type {
  TransferDetails,
  TransferError,
  TransferLimitsRecord,
  TransferLimitsRequest,
  TransferRecord,
} from '@longhaul/agent-protocol';
import { FactFeed } from '../pace/fact-feed.ts';
import { step as namedStep, type StepName } from '../steps.ts';
import type { Store } from '../store/store.ts';
import type { TransferFact } from './facts.ts';
import { Memories } from './memories.ts';
import type { TransferLimits } from './options.ts';
import { Quota } from './quota.ts';
import { type LiveFacts, rangesOf, toRecord } from './record.ts';
import { durableBytesOf, type TransferRow } from './row.ts';
import { TransferTable } from './table.ts';
import { type EventName, isFinished, step, type TransferEvent } from './transfer-states.ts';

/** What may change beside the state. */
export type RowPatch = Partial<Omit<TransferRow, 'id' | 'app' | 'state' | 'revision' | 'createdAt'>>;

/** More facts than an agent that died can have told since its last commit of a row. */
const revisionsPerLife = 10_000;

/** The named step in which an event becomes durable. */
const commitOf: { readonly [E in EventName]: StepName } = {
  start: 'start.commit',
  pause: 'pause.commit',
  resume: 'resume.commit',
  'try-again': 'start.commit',
  cancel: 'cancel.commit',
  grant: 'part.commit',
  'lose-network': 'network.commit',
  'find-network': 'network.commit',
  'deny-cost': 'network.commit',
  'allow-cost': 'network.commit',
  hold: 'hold.commit',
  release: 'hold.commit',
  'fail-attempt': 'retry.commit',
  retry: 'retry.commit',
  'fail-recoverably': 'fail.commit',
  fail: 'fail.commit',
  'receive-all': 'finish.record-inode',
  'choose-name': 'finish.record-inode',
  'start-over': 'restart.commit',
  finish: 'finish.commit',
  'stop-agent': 'stop.commit',
};

export class Ledger implements Disposable {
  readonly table: TransferTable;
  readonly #store: Store;
  readonly #publish: (fact: TransferFact) => void;
  readonly #feed: FactFeed;
  readonly #quota: Quota;
  readonly #live = new Map<string, LiveFacts>();
  readonly #memories = new Memories();
  readonly #maxActiveUnset: number;

  constructor(store: Store, limits: TransferLimits, publish: (fact: TransferFact) => void) {
    this.#store = store;
    this.table = new TransferTable(store.database);
    this.#quota = new Quota(limits, this.table.counts());
    this.#maxActiveUnset = limits.maxActive;
    this.#publish = publish;
    this.#feed = new FactFeed(limits, id => this.#tell(id));
  }

  record(row: TransferRow): TransferRecord {
    return toRecord(row, this.#live.get(row.id));
  }

  details(row: TransferRow): TransferDetails {
    const { id } = row;
    return {
      id,
      ranges: rangesOf(row, this.#live.get(id)),
      attempts: this.#memories.attempts(id),
      rateHistory: this.#memories.rateHistory(id, performance.now()),
    };
  }

  /** An attempt failed: remembered in this agent's life, whatever follows from it. */
  failed(id: string, error: TransferError): void {
    this.#memories.failed(id, { at: Date.now(), error });
  }

  /** A new row, within the quota of its app. `check` runs in the same transaction, before: what it throws rejects. */
  async insert(row: TransferRow, check: () => void): Promise<TransferRow> {
    this.#quota.take(row.app);
    try {
      await namedStep('create.commit', () =>
        this.#store.commit(() => {
          check();
          this.table.insert(row);
        }),
      );
    } catch (error) {
      this.#quota.finished(row.app);
      this.#quota.removed(row.app);
      throw error;
    }
    this.#feed.changed(row.id);
    return row;
  }

  /** One step of the state table, with what changes along. Rejects with `illegal-state` or `not-found`. */
  apply(id: string, event: TransferEvent, patch: RowPatch): Promise<TransferRow> {
    return this.#write(id, commitOf[event.name], row => ({ ...row, ...patch, state: step(row.state, event) }));
  }

  /**
   * A finished transfer waits in line again, within the quota of its app. `check` as with `insert`. Rejects with
   * `illegal-state` where it completed or has not ended.
   */
  async tryAgain(id: string, patch: RowPatch, check: (row: TransferRow) => void): Promise<TransferRow> {
    const event = { name: 'try-again' } as const;
    const { app, state } = this.table.get(id);
    step(state, event);
    this.#quota.restarted(app);
    try {
      return await this.#write(id, commitOf[event.name], row => {
        const next = { ...row, ...patch, state: step(row.state, event) };
        check(next);
        return next;
      });
    } catch (error) {
      this.#quota.finished(app);
      throw error;
    }
  }

  /** Facts of the bytes; the state stays. */
  save(id: string, patch: RowPatch, name: StepName): Promise<TransferRow> {
    return this.#write(id, name, row => ({ ...row, ...patch }));
  }

  /** What an agent that died left running waits in line again. */
  recover(id: string): Promise<TransferRow> {
    return this.#write(id, 'stop.commit', row => ({
      ...row,
      state: step(row.state, { name: 'stop-agent' }),
      revision: row.revision + revisionsPerLife,
    }));
  }

  async #write(id: string, name: StepName, change: (row: TransferRow) => TransferRow): Promise<TransferRow> {
    let isEnd = false;
    const written = await namedStep(name, () =>
      this.#store.commit(() => {
        const before = this.table.get(id);
        const changed = change(before);
        const revision = Math.max(changed.revision, this.#live.get(id)?.revision ?? 0) + 1;
        const row = { ...changed, revision };
        this.table.update(row);
        isEnd = isFinished(row.state) && !isFinished(before.state);
        return row;
      }),
    );
    if (isEnd) this.#quota.finished(written.app);
    const live = this.#live.get(id);
    if (written.state.name !== 'running') {
      // The last bytes of a run come with its outcome.
      if (live !== undefined) {
        this.#memories.progressed(id, Math.max(durableBytesOf(written), live.bytesReceived), performance.now());
      }
      this.#live.delete(id);
    } else if (live !== undefined) this.#live.set(id, { ...live, revision: written.revision });
    if (isEnd) this.#feed.ended(id);
    else this.#feed.changed(id);
    return written;
  }

  /** Of the whole agent. */
  get limits(): TransferLimitsRecord {
    const { maxBytesPerSecond, maxActive } = this.table.limits();
    return { maxBytesPerSecond, maxActive: maxActive ?? this.#maxActiveUnset };
  }

  /** What is left out stays as it is. */
  async setLimits({ maxBytesPerSecond, maxActive }: TransferLimitsRequest): Promise<void> {
    const set = () => {
      const before = this.table.limits();
      this.table.setLimits({
        maxBytesPerSecond: maxBytesPerSecond === undefined ? before.maxBytesPerSecond : maxBytesPerSecond,
        maxActive: maxActive ?? before.maxActive,
      });
    };
    await namedStep('limit.commit', () => this.#store.commit(set));
    this.#publish({ type: 'limits', limits: this.limits });
  }

  /** Of a finished transfer. */
  async delete({ id, app }: TransferRow): Promise<void> {
    await namedStep('remove.commit', () => this.#store.commit(() => this.table.delete(id)));
    this.#quota.removed(app);
    this.#live.delete(id);
    this.#memories.forget(id);
    this.#feed.forget(id);
    this.#publish({ type: 'removed', id, app });
  }

  /** Progress of a running transfer; told at the pace of facts, not made durable here. */
  progress(id: string, facts: Omit<LiveFacts, 'revision'>): void {
    const live = this.#live.get(id);
    if (live === undefined) this.#memories.began(id, facts.bytesReceived, performance.now());
    else this.#memories.progressed(id, facts.bytesReceived, performance.now());
    const before = live?.revision ?? this.table.find(id)?.revision ?? 0;
    this.#live.set(id, { ...facts, revision: before + 1 });
    this.#feed.changed(id);
  }

  #tell(id: string): void {
    const row = this.table.find(id);
    if (row !== undefined) this.#publish({ type: 'changed', record: this.record(row) });
  }

  [Symbol.dispose](): void {
    this.#feed[Symbol.dispose]();
  }
}
