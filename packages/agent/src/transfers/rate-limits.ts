// How long each transfer waits under its own limit and the one for all. Everybody waits until the debt there was when he took
// is paid, not what others take later: so those who wait come to their turn one after the other, and share alike. Pure.
import { DebtBucket } from './debt-bucket.ts';

/** One helping is what a limit allows in this time, divided among those under it. Milliseconds. */
const helpingMs = 20;

/** A transfer's part in the limits. */
export interface RateShare {
  /** Bytes came; returns how long to wait before the next. Milliseconds. */
  take(bytes: number, now: number): number;
  /** The same wait again, after limits changed. Milliseconds. */
  waitMs(now: number): number;
  /** Take no more than this at once; at least 1, `Infinity` without limits. Bytes. */
  readonly helping: number;
  setRate(rate: number | null, now: number): void;
  leave(): void;
}

export class RateLimits {
  readonly #all: DebtBucket;
  #users = 0;

  /** `rate`: bytes a second over all; `null` = no limit. */
  constructor(rate: number | null, now: number) {
    this.#all = new DebtBucket(rate, now);
  }

  setRate(rate: number | null, now: number): void {
    this.#all.setRate(rate, now);
  }

  /** `rate`: the transfer's own. */
  join(rate: number | null, now: number): RateShare {
    const own = new DebtBucket(rate, now);
    this.#users += 1;
    const waitMs = (at: number) => Math.max(own.waitMs(at), this.#all.waitMs(at));
    const helping = () => Math.min(helpingOf(own.rate, 1), helpingOf(this.#all.rate, this.#users));
    return {
      take: (bytes, at) => {
        own.take(bytes, at);
        this.#all.take(bytes, at);
        return waitMs(at);
      },
      waitMs,
      get helping() {
        return helping();
      },
      setRate: (changed, at) => own.setRate(changed, at),
      leave: () => {
        this.#users -= 1;
      },
    };
  }
}

const helpingOf = (rate: number | null, users: number): number =>
  rate === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil((rate * helpingMs) / 1_000 / users));
