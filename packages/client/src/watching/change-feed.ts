// ACTS. Keeps the mirror of one topic up to date while somebody follows it: watches on every link, takes the fresh picture
// after a reconnect, and tells each follower what is new to it.
import type { AgentConnection } from '../connection/connection.ts';
import type { Link } from '../connection/link.ts';
import { ChangeMirror, type News } from './change-mirror.ts';
import { ChangeQueue, type WatchState } from './change-queue.ts';
import type { Topic } from './topic.ts';
import { watchEachLink } from './watch-each-link.ts';

export interface WatchOptions {
  /** Ends the loop, without an error. */
  readonly signal?: AbortSignal | undefined;
}

export interface ChangeFollower<Change> {
  /** What is there at the start comes first, oldest first; then every change. */
  changed(news: News<Change>): void;
  /** Everything that is there has been told: at the start, and again after each `lost`. */
  caughtUp(): void;
  /** The connection broke; another is being made. */
  lost(): void;
  /** Nothing more can be learned: not reachable, detached. Nothing follows. */
  failed(error: unknown): void;
}

interface Following {
  /** Keeps the link. */
  readonly hold: Disposable;
  /** It has been told what is there. */
  isTold: boolean;
}

export class ChangeFeed<Change> {
  readonly #connection: AgentConnection;
  readonly #topic: Topic<Change>;
  readonly #ask: (link: Link) => Promise<readonly Change[]>;
  readonly #mirror: ChangeMirror<Change>;
  readonly #followers = new Map<ChangeFollower<Change>, Following>();
  #isWatching = false;
  /** The mirror has all that the agent has. */
  #isCaughtUp = false;
  /** What was told before the picture that it belongs to. */
  #early: Change[] = [];

  /** `ask` watches on a link, and gives all that is there, oldest first. */
  constructor(connection: AgentConnection, topic: Topic<Change>, ask: (link: Link) => Promise<readonly Change[]>) {
    this.#connection = connection;
    this.#topic = topic;
    this.#ask = ask;
    this.#mirror = new ChangeMirror(topic);
  }

  /** Keeps a link to the agent, and with it this process, until disposed. Told across restarts of the agent. */
  follow(follower: ChangeFollower<Change>): Disposable {
    this.#followers.set(follower, { hold: this.#connection.hold(), isTold: false });
    if (!this.#isWatching) void this.#watch();
    // Else the next picture brings it. Not before the follower has what it needs in order to stop.
    else if (this.#isCaughtUp) queueMicrotask(() => this.#isCaughtUp && this.#bring(follower));
    return { [Symbol.dispose]: () => this.#leave(follower) };
  }

  /** As `follow`, to loop over; begins with the first step of the loop, and ends with it or with `signal`. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<Change | WatchState, void, undefined> {
    if (signal?.aborted) return;
    const queue = new ChangeQueue(this.#topic);
    using _following = this.follow(queue);
    signal?.addEventListener('abort', queue.end);
    try {
      yield* queue;
    } finally {
      signal?.removeEventListener('abort', queue.end);
    }
  }

  /** Told by the agent. */
  heard = (change: Change): void => {
    if (!this.#isWatching) return;
    if (this.#isCaughtUp) this.#tell(this.#mirror.heard(change));
    else this.#early.push(change);
  };

  async #watch(): Promise<void> {
    this.#isWatching = true;
    const followers = this.#followers;
    let failed: readonly ChangeFollower<Change>[] = [];
    let failure: unknown;
    try {
      await watchEachLink(this.#connection, {
        isNeeded: () => followers.size > 0,
        asking: () => {
          this.#early = [];
        },
        ask: this.#ask,
        unanswered: () => {},
        arrived: listed => this.#arrived(listed),
        lost: () => {
          this.#isCaughtUp = false;
          for (const follower of this.#told()) follower.lost();
        },
      });
    } catch (error) {
      failure = error;
      failed = [...followers.keys()];
    }
    this.#isWatching = false;
    this.#isCaughtUp = false;
    this.#early = [];
    this.#mirror.clear();
    for (const follower of failed) this.#leave(follower);
    // Who came after the last look.
    if (followers.size > 0) void this.#watch();
    for (const follower of failed) follower.failed(failure);
  }

  #leave(follower: ChangeFollower<Change>): void {
    const following = this.#followers.get(follower);
    this.#followers.delete(follower);
    following?.hold[Symbol.dispose]();
  }

  #arrived(listed: readonly Change[]): void {
    const told = this.#told();
    this.#tell(this.#mirror.pictureArrived(listed, this.#early.splice(0)));
    this.#isCaughtUp = true;
    for (const follower of told) if (this.#followers.has(follower)) follower.caughtUp();
    for (const follower of [...this.#followers.keys()]) this.#bring(follower);
  }

  /** Everything, for one that has been told nothing yet. */
  #bring(follower: ChangeFollower<Change>): void {
    const following = this.#followers.get(follower);
    if (following === undefined || following.isTold) return;
    following.isTold = true;
    for (const change of this.#mirror.all()) follower.changed({ change, isNew: true });
    follower.caughtUp();
  }

  #told(): ChangeFollower<Change>[] {
    return [...this.#followers].filter(([, { isTold }]) => isTold).map(([follower]) => follower);
  }

  #tell(news: readonly News<Change>[]): void {
    for (const each of news) for (const follower of this.#told()) follower.changed(each);
  }
}
