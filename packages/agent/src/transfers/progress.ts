// Rates. Pure: time is an argument (milliseconds of any steady clock).

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
