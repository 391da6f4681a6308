// ACTS. Keeps the mirror of the agent's transfers up to date while somebody follows one: watches on every link, takes the
// fresh snapshot after a reconnect, and tells each follower what happened to its transfer.
import type { TransferRecord } from '@longhaul/agent-protocol';
import { type AgentConnection, maxLostAnswers, notReachable } from '../connection/connection.ts';
import { LinkLostError } from '../connection/link-lost-error.ts';
import { type MirrorFact, TransferMirror } from './transfer-mirror.ts';

export interface Follower {
  changed(record: TransferRecord): void;
  /** The record is no more. Nothing follows. */
  removed(): void;
  /** Nothing more can be learned: not found, not reachable, detached. Nothing follows. */
  failed(error: unknown): void;
}

/** Of one who follows everything in scope. */
export interface AllFollower {
  /** What is there at the start comes first, oldest first; then every change, and every new one. */
  changed(record: TransferRecord): void;
  removed(id: string): void;
  /** Everything that is there has been told: at the start, and again after each `lost`. */
  caughtUp(): void;
  /** The connection broke; another is being made. */
  lost(): void;
  /** Nothing more can be learned: not reachable, detached. Nothing follows. */
  failed(error: unknown): void;
}

export class TransferFeed {
  readonly #connection: AgentConnection;
  readonly #mirror = new TransferMirror();
  readonly #followers = new Map<string, Set<Follower>>();
  readonly #allFollowers = new Set<AllFollower>();
  #isWatching = false;
  /** The mirror has all that the agent has. */
  #isCaughtUp = false;
  /** What was told before the snapshot that it belongs to: it comes after it. */
  #early: (() => readonly MirrorFact[])[] = [];

  constructor(connection: AgentConnection) {
    this.#connection = connection;
  }

  /** Keeps a link to the agent, and with it this process, until disposed. The first `changed` brings the present state. */
  follow(id: string, follower: Follower): Disposable {
    const hold = this.#connection.hold();
    const followers = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, followers.add(follower));
    if (!this.#isWatching) void this.#watch();
    void this.#bring(id, follower);
    return {
      [Symbol.dispose]: () => {
        if (!followers.delete(follower)) return;
        if (followers.size === 0 && this.#followers.get(id) === followers) this.#followers.delete(id);
        hold[Symbol.dispose]();
      },
    };
  }

  /** As `follow`, for everything in scope. Told across restarts of the agent. */
  followAll(follower: AllFollower): Disposable {
    const hold = this.#connection.hold();
    this.#allFollowers.add(follower);
    if (!this.#isWatching) void this.#watch();
    // Else the snapshot brings it.
    else if (this.#isCaughtUp) queueMicrotask(() => this.#bringAll(follower));
    return {
      [Symbol.dispose]: () => {
        if (this.#allFollowers.delete(follower)) hold[Symbol.dispose]();
      },
    };
  }

  transferChanged = (record: TransferRecord): void => this.#take(() => this.#mirror.changed(record));
  transferRemoved = (id: string): void => this.#take(() => this.#mirror.removed(id));

  #take(apply: () => readonly MirrorFact[]): void {
    if (this.#isCaughtUp) this.#tell(apply());
    else this.#early.push(apply);
  }

  /** The present state for one new follower; an unknown id fails it. */
  async #bring(id: string, follower: Follower): Promise<void> {
    const known = this.#mirror.get(id);
    // Not before `follow` has returned what the follower needs in order to stop.
    if (known) return queueMicrotask(() => follower.changed(known));
    this.#mirror.asked();
    try {
      const record = await this.#connection.call('getTransfer', id);
      this.#tell(this.#mirror.recordArrived(record));
    } catch (error) {
      this.#mirror.answerFailed();
      if (this.#followers.get(id)?.has(follower)) follower.failed(error);
    }
  }

  #bringAll(follower: AllFollower): void {
    if (!this.#isCaughtUp || !this.#allFollowers.has(follower)) return;
    for (const record of this.#mirror.all()) follower.changed(record);
    follower.caughtUp();
  }

  get #isNeeded(): boolean {
    return this.#followers.size > 0 || this.#allFollowers.size > 0;
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    try {
      for (let lost = 0; this.#isNeeded; ) {
        const link = await this.#connection.link();
        this.#early = [];
        this.#mirror.asked();
        let records: TransferRecord[];
        try {
          records = await link.invoke('watchTransfers');
        } catch (error) {
          this.#mirror.answerFailed();
          if (!(error instanceof LinkLostError)) throw error;
          if (++lost >= maxLostAnswers) throw notReachable(error);
          await link.closed;
          continue;
        }
        lost = 0;
        this.#tell(this.#mirror.snapshotArrived(records));
        this.#isCaughtUp = true;
        for (const apply of this.#early.splice(0)) this.#tell(apply());
        for (const follower of [...this.#allFollowers]) follower.caughtUp();
        await link.closed;
        this.#isCaughtUp = false;
        for (const follower of [...this.#allFollowers]) follower.lost();
      }
    } catch (error) {
      const followers = [...this.#followers.values()].flatMap(set => [...set]);
      for (const follower of [...followers, ...this.#allFollowers]) follower.failed(error);
    } finally {
      this.#isWatching = false;
      this.#early = [];
      this.#mirror.clear();
    }
  }

  #tell(facts: readonly MirrorFact[]): void {
    for (const fact of facts) {
      const id = fact.what === 'changed' ? fact.record.id : fact.id;
      for (const follower of [...(this.#followers.get(id) ?? [])]) {
        if (fact.what === 'changed') follower.changed(fact.record);
        else follower.removed();
      }
      for (const follower of [...this.#allFollowers]) {
        if (fact.what === 'changed') follower.changed(fact.record);
        else follower.removed(fact.id);
      }
    }
  }
}
