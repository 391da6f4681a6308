// ACTS. Tells those who follow the agent's limits what holds: at the start, after every change whoever made it, and after a
// reconnect where something else holds than before.
import type { TransferLimitsRecord } from '@longhaul/agent-protocol';
import type { AgentConnection } from '../connection/connection.ts';
import type { TransferFeed } from './transfer-feed.ts';

export interface LimitsFollower {
  /** What holds now: at the start, then after every change. */
  changed(limits: TransferLimitsRecord): void;
  /** Nothing more can be learned: not reachable, detached. Nothing follows. */
  failed(error: unknown): void;
}

export class LimitsFeed {
  readonly #connection: AgentConnection;
  readonly #feed: TransferFeed;
  readonly #followings = new Set<Following>();

  constructor(connection: AgentConnection, feed: TransferFeed) {
    this.#connection = connection;
    this.#feed = feed;
  }

  /** Keeps a link to the agent, and with it this process, until disposed. */
  follow(follower: LimitsFollower): Disposable {
    const following = new Following(follower);
    this.#followings.add(following);
    // The agent tells its limits to everybody who watches transfers.
    const watching = this.#feed.followAll({
      changed: () => {},
      removed: () => {},
      caughtUp: () => void following.ask(() => this.#connection.call('getLimits')),
      lost: () => {},
      failed: error => following.failed(error),
    });
    return {
      [Symbol.dispose]: () => {
        following.stop();
        this.#followings.delete(following);
        watching[Symbol.dispose]();
      },
    };
  }

  limitsChanged = (limits: TransferLimitsRecord): void => {
    for (const following of [...this.#followings]) following.tell(limits);
  };
}

class Following {
  readonly #follower: LimitsFollower;
  #told: TransferLimitsRecord | undefined;
  /** Grows with everything told: an answer to a question from before is older. */
  #age = 0;
  #isOver = false;

  constructor(follower: LimitsFollower) {
    this.#follower = follower;
  }

  async ask(question: () => Promise<TransferLimitsRecord>): Promise<void> {
    const age = this.#age;
    try {
      const limits = await question();
      if (age === this.#age) this.tell(limits);
    } catch (error) {
      this.failed(error);
    }
  }

  tell(limits: TransferLimitsRecord): void {
    this.#age++;
    if (this.#isOver || (this.#told !== undefined && areSame(this.#told, limits))) return;
    this.#told = Object.freeze({ ...limits });
    this.#follower.changed(this.#told);
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#follower.failed(error);
  }

  stop(): void {
    this.#isOver = true;
  }
}

const areSame = (a: TransferLimitsRecord, b: TransferLimitsRecord): boolean =>
  a.maxBytesPerSecond === b.maxBytesPerSecond && a.maxActive === b.maxActive;
