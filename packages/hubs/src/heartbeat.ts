// The one timer of a hub server: asks everything that has deadlines, at every tick, what is due (§2: a tick a second).

export interface HeartbeatListener {
  tick(now: number): void;
}

const longestTickMs = 1_000;
const shortestTickMs = 5;

export class Heartbeat implements Disposable {
  readonly #listeners = new Set<HeartbeatListener>();
  #tickMs = longestTickMs;
  #timer: NodeJS.Timeout | undefined;

  /** Ticks often enough that a deadline of `intervalMs` is noticed within a tenth of it. */
  heed(intervalMs: number): void {
    const tickMs = Math.max(shortestTickMs, Math.min(longestTickMs, intervalMs / 10));
    if (tickMs >= this.#tickMs) return;
    this.#tickMs = tickMs;
    if (this.#timer !== undefined) this.#start();
  }

  add(listener: HeartbeatListener): void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) this.#start();
  }

  delete(listener: HeartbeatListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const listener of this.#listeners) listener.tick(now);
    }, this.#tickMs).unref();
  }
}
