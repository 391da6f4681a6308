// A token bucket that lets bytes through first and waits for them afterwards: what was taken beyond the rate is a debt, and
// time pays it. Pure: time is an argument (milliseconds of any steady clock).

/** Time unused up to this is made up for, so that late timers cost no rate. Milliseconds. */
const creditMs = 40;

export class DebtBucket {
  /** Bytes a second; `null` = no limit. */
  #rate: number | null;
  /** Bytes that may be taken at once; negative while in debt. Empty at first: what is short does not overshoot. */
  #tokens = 0;
  #at: number;

  constructor(rate: number | null, now: number) {
    this.#rate = rate;
    this.#at = now;
  }

  get rate(): number | null {
    return this.#rate;
  }

  /** From now on. A debt takes no longer to pay than it would have by either rate. */
  setRate(rate: number | null, now: number): void {
    this.#settle(now);
    if (rate === null || this.#rate === null) this.#tokens = 0;
    else if (rate < this.#rate) this.#tokens *= rate / this.#rate;
    this.#rate = rate;
  }

  take(bytes: number, now: number): void {
    if (this.#rate === null) return;
    this.#settle(now);
    this.#tokens -= bytes;
  }

  /** Milliseconds until what was taken is paid; 0 when more may be taken. */
  waitMs(now: number): number {
    if (this.#rate === null) return 0;
    this.#settle(now);
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1_000) / this.#rate;
  }

  #settle(now: number): void {
    const elapsedMs = Math.max(0, now - this.#at);
    this.#at = now;
    if (this.#rate === null) return;
    this.#tokens = Math.min((this.#rate * creditMs) / 1_000, this.#tokens + (this.#rate * elapsedMs) / 1_000);
  }
}
