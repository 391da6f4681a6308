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

/** At most 10 a second for one key that goes on changing. */
export const defaultPace: Pace = Object.freeze({ factIntervalMs: 150, factBurst: 3 });
