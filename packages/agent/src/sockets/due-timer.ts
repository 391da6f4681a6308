// One real timer for all the times that sockets wait for: it is set to the earliest and asks the store what is due.

/** Longer than this a timer is not set: clocks are set and machines sleep. Milliseconds. */
const longestMs = 60_000;
/** When it could not be looked: the disk may be full, and there is nobody above a timer to tell. Milliseconds. */
const againMs = 1_000;

export class DueTimer implements Disposable {
  readonly #now: () => number;
  readonly #nextAt: () => number | null;
  /** True when there may be more. */
  readonly #act: () => boolean;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #setTo = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(now: () => number, nextAt: () => number | null, act: () => boolean, failed: (error: unknown) => void) {
    this.#now = now;
    this.#nextAt = nextAt;
    this.#act = act;
    this.#failed = failed;
  }

  /** Something is due at `at`, perhaps earlier than all the rest. */
  wantedAt(at: number): void {
    if (this.#isOver || at >= this.#setTo) return;
    clearTimeout(this.#timer);
    this.#setTo = at;
    this.#timer = setTimeout(() => this.#look(), Math.min(longestMs, Math.max(0, at - this.#now())));
  }

  #look(): void {
    this.#setTo = Number.POSITIVE_INFINITY;
    try {
      const hasMore = this.#act();
      const next = hasMore ? this.#now() : this.#nextAt();
      if (next !== null) this.wantedAt(next);
    } catch (error) {
      this.#failed(error);
      this.wantedAt(this.#now() + againMs);
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
