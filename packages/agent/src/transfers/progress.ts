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

export interface Pace {
  /** One fact of a key in each interval in the long run. Milliseconds. */
  readonly factIntervalMs: number;
  /** Facts that may follow each other at once after a silence, so that the end of something short is told at once. */
  readonly factBurst: number;
}

/**
 * Spaces the facts of each key (generic cell rate algorithm) and never drops the last one: it becomes due later.
 * In any second at most `factBurst + 1000 / factIntervalMs` facts of a key come through.
 */
export class FactPace {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  /** When a key will have used up what it may; a fact may come up to the tolerance earlier. */
  readonly #usedUntil = new Map<string, number>();
  readonly #due = new Map<string, number>();

  constructor({ factIntervalMs, factBurst }: Pace) {
    this.#intervalMs = factIntervalMs;
    this.#toleranceMs = (factBurst - 1) * factIntervalMs;
  }

  /** A fact of `key` happened: true when it may go out now, false when it became due later. */
  offer(key: string, now: number): boolean {
    const allowedAt = (this.#usedUntil.get(key) ?? now) - this.#toleranceMs;
    if (allowedAt > now) {
      this.#due.set(key, allowedAt);
      return false;
    }
    this.#sent(key, now);
    return true;
  }

  /** Keys whose fact is due at `now`; each counts as sent. Forgets keys that have been quiet. */
  take(now: number): string[] {
    const keys: string[] = [];
    for (const [key, at] of this.#due) if (at <= now) keys.push(key);
    for (const [key, until] of this.#usedUntil) if (until <= now) this.#usedUntil.delete(key);
    for (const key of keys) this.#sent(key, now);
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
    this.#usedUntil.delete(key);
  }

  #sent(key: string, now: number): void {
    this.#due.delete(key);
    this.#usedUntil.set(key, Math.max(this.#usedUntil.get(key) ?? now, now) + this.#intervalMs);
  }
}
