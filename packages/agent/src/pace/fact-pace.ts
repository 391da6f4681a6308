// How often a fact of one key may go out. Pure: time is an argument (milliseconds of any steady clock).

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
  /** When a key will have used up what it may; a fact may come up to the tolerance earlier. The one sent last stands last. */
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
    this.#forgetQuiet(now);
    for (const key of keys) this.#sent(key, now);
    return keys;
  }

  /** When `take` has to be called next; `undefined` when nothing is due. */
  get nextAt(): number | undefined {
    let earliest: number | undefined;
    for (const at of this.#due.values()) if (earliest === undefined || at < earliest) earliest = at;
    return earliest;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#usedUntil.size;
  }

  forget(key: string): void {
    this.#due.delete(key);
    this.#usedUntil.delete(key);
  }

  #sent(key: string, now: number): void {
    const until = Math.max(this.#usedUntil.get(key) ?? now, now) + this.#intervalMs;
    this.#due.delete(key);
    this.#usedUntil.delete(key);
    this.#forgetQuiet(now);
    this.#usedUntil.set(key, until);
  }

  /** From those on that were sent first: thousands of keys that have each told one thing are not remembered for ever. */
  #forgetQuiet(now: number): void {
    for (const [key, until] of this.#usedUntil) {
      if (until > now) return;
      this.#usedUntil.delete(key);
    }
  }
}

/** At most 10 a second for one key that goes on changing. */
export const defaultPace: Pace = Object.freeze({ factIntervalMs: 150, factBurst: 3 });
