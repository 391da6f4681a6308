// Rates and the pace of facts. Pure: time is an argument (milliseconds of any steady clock).

/** Exponentially smoothed bytes a second. Half of what it says comes from the last `halfLifeMs`. */
export class RateMeter {
  readonly #halfLifeMs: number;
  #rate = 0;
  #bytes = 0;
  #since: number;
  #isFirst = true;

  constructor(now: number, halfLifeMs = 1_500) {
    this.#halfLifeMs = halfLifeMs;
    this.#since = now;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Takes in what was added since the last sample. Samples closer than 50 ms are joined with the next. */
  sample(now: number): number {
    const elapsedMs = now - this.#since;
    if (elapsedMs < 50) return this.#rate;
    const current = (this.#bytes * 1_000) / elapsedMs;
    const weight = this.#isFirst ? 1 : 1 - 0.5 ** (elapsedMs / this.#halfLifeMs);
    this.#rate += (current - this.#rate) * weight;
    this.#isFirst = false;
    this.#bytes = 0;
    this.#since = now;
    return this.#rate;
  }
}

/** Lets at most one fact of a key through in each interval, and never drops the last one: it becomes due later. */
export class FactPace {
  readonly #intervalMs: number;
  readonly #allowedAt = new Map<string, number>();
  readonly #due = new Map<string, number>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** A fact of `key` happened: true when it may go out now, false when it became due later. */
  offer(key: string, now: number): boolean {
    const allowedAt = this.#allowedAt.get(key) ?? now;
    if (allowedAt > now) {
      this.#due.set(key, allowedAt);
      return false;
    }
    this.#due.delete(key);
    this.#allowedAt.set(key, now + this.#intervalMs);
    return true;
  }

  /** Keys whose fact is due at `now`; each counts as sent. Forgets keys that have been quiet. */
  take(now: number): string[] {
    const keys: string[] = [];
    for (const [key, at] of this.#due) if (at <= now) keys.push(key);
    for (const key of keys) {
      this.#due.delete(key);
      this.#allowedAt.set(key, now + this.#intervalMs);
    }
    for (const [key, at] of this.#allowedAt) if (at <= now) this.#allowedAt.delete(key);
    return keys;
  }

  /** When `take` has to be called next; `undefined` when nothing is due. */
  get nextAt(): number | undefined {
    let earliest: number | undefined;
    for (const at of this.#due.values()) if (earliest === undefined || at < earliest) earliest = at;
    return earliest;
  }

  forget(key: string): void {
    this.#due.delete(key);
    this.#allowedAt.delete(key);
  }
}
