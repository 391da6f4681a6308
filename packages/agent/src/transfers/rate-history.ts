// Bytes of each of the last whole seconds. Pure: time is an argument (milliseconds of any steady clock).

/** Seconds remembered. */
const seconds = 60;

export class RateHistory {
  /** Bytes by second, the second modulo `seconds` being the place. */
  readonly #bytes = new Array<number>(seconds + 1).fill(0);
  #firstSecond: number;
  #second: number;

  constructor(now: number) {
    this.#firstSecond = this.#second = Math.floor(now / 1_000);
  }

  add(bytes: number, now: number): void {
    this.#moveTo(now);
    this.#bytes[this.#second % this.#bytes.length]! += bytes;
  }

  /** Of whole seconds only, oldest first: the one that runs is not among them. */
  at(now: number): number[] {
    this.#moveTo(now);
    const from = Math.max(this.#firstSecond, this.#second - seconds);
    return Array.from({ length: this.#second - from }, (_, index) => this.#bytes[(from + index) % this.#bytes.length]!);
  }

  #moveTo(now: number): void {
    const second = Math.floor(now / 1_000);
    // A long silence empties every place once; there is no need to pass through more.
    this.#second = Math.max(this.#second, second - this.#bytes.length);
    while (this.#second < second) {
      this.#second += 1;
      this.#bytes[this.#second % this.#bytes.length] = 0;
    }
  }
}
