// A bound on the zlib work that the connections of one server have in the thread pool at the same time: the others wait in
// line. Without it a burst of large messages on many connections takes memory for all of them at once (websockets/ws#1202).

export class ZlibSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Calls `start` now or when it is its turn; whoever was started calls `release` once. */
  acquire(start: () => void): void {
    if (this.#free === 0) {
      this.#waiting.push(start);
      return;
    }
    this.#free -= 1;
    start();
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
