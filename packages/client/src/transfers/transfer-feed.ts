// ACTS. Keeps the mirror of the agent's transfers up to date while somebody follows one: watches on every link, takes the
// fresh snapshot after a reconnect, and tells each follower what happened to its transfer.
import type { TransferRecord } from '@longhaul/agent-protocol';
import type { AgentConnection } from '../connection/connection.ts';
import { watchEachLink } from '../watching/watch-each-link.ts';
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
  /** Each with whether it has been told what is there. */
  readonly #allFollowers = new Map<AllFollower, boolean>();
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
        followers.delete(follower);
        if (followers.size === 0 && this.#followers.get(id) === followers) this.#followers.delete(id);
        hold[Symbol.dispose]();
      },
    };
  }

  /** As `follow`, for everything in scope. Told across restarts of the agent. */
  followAll(follower: AllFollower): Disposable {
    const hold = this.#connection.hold();
    this.#allFollowers.set(follower, false);
    if (!this.#isWatching) void this.#watch();
    // Else the next snapshot brings it.
    else if (this.#isCaughtUp) queueMicrotask(() => this.#isCaughtUp && this.#bringAll(follower));
    return {
      [Symbol.dispose]: () => {
        this.#allFollowers.delete(follower);
        hold[Symbol.dispose]();
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

  /** Everything, for one that has been told nothing yet. */
  #bringAll(follower: AllFollower): void {
    if (this.#allFollowers.get(follower) !== false) return;
    this.#allFollowers.set(follower, true);
    for (const record of this.#mirror.all()) follower.changed(record);
    follower.caughtUp();
  }

  get #isNeeded(): boolean {
    return this.#followers.size > 0 || this.#allFollowers.size > 0;
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    let failed: readonly (Follower | AllFollower)[] = [];
    let failure: unknown;
    try {
      await watchEachLink(this.#connection, {
        isNeeded: () => this.#isNeeded,
        asking: () => {
          this.#early = [];
          this.#mirror.asked();
        },
        ask: link => link.invoke('watchTransfers'),
        unanswered: () => this.#mirror.answerFailed(),
        arrived: records => this.#arrived(records),
        lost: () => {
          this.#isCaughtUp = false;
          for (const follower of this.#toldFollowers()) follower.lost();
        },
      });
    } catch (error) {
      failure = error;
      failed = [...[...this.#followers.values()].flatMap(set => [...set]), ...this.#allFollowers.keys()];
      this.#followers.clear();
      this.#allFollowers.clear();
    }
    this.#isWatching = false;
    this.#isCaughtUp = false;
    this.#early = [];
    this.#mirror.clear();
    // Who came after the last look.
    if (this.#isNeeded) void this.#watch();
    for (const follower of failed) follower.failed(failure);
  }

  #arrived(records: readonly TransferRecord[]): void {
    const told = this.#toldFollowers();
    this.#tell(this.#mirror.snapshotArrived(records));
    this.#isCaughtUp = true;
    for (const apply of this.#early.splice(0)) this.#tell(apply());
    for (const follower of told) if (this.#allFollowers.has(follower)) follower.caughtUp();
    for (const follower of [...this.#allFollowers.keys()]) this.#bringAll(follower);
  }

  #toldFollowers(): AllFollower[] {
    return [...this.#allFollowers].filter(([, isTold]) => isTold).map(([follower]) => follower);
  }

  #tell(facts: readonly MirrorFact[]): void {
    for (const fact of facts) {
      const id = fact.what === 'changed' ? fact.record.id : fact.id;
      for (const follower of [...(this.#followers.get(id) ?? [])]) {
        if (fact.what === 'changed') follower.changed(fact.record);
        else follower.removed();
      }
      for (const follower of this.#toldFollowers()) {
        if (fact.what === 'changed') follower.changed(fact.record);
        else follower.removed(fact.id);
      }
    }
  }
}
