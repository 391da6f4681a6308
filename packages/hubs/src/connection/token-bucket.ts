// A rate limit as a token bucket: `burst` messages at once, then `perSecond`. Time is an argument, in milliseconds of any
// steady clock.

export interface TokenBucketLimits {
  readonly perSecond: number;
  readonly burst: number;
}

export class TokenBucket {
  readonly #limits: TokenBucketLimits;
  #tokens: number;
  #filledAt: number;

  constructor(limits: TokenBucketLimits, now: number) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#filledAt = now;
  }

  /** Takes a token; false when there is none. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes a token that may not be there yet: milliseconds until it is. 0: it was there. */
  reserve(now: number): number {
    this.#fill(now);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#limits.perSecond) * 1_000;
  }

  #fill(now: number): void {
    const { perSecond, burst } = this.#limits;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1_000) * perSecond);
    this.#filledAt = now;
  }
}
