// The one timer of a driver. It is only ever moved forward: one that comes too early finds nothing due and is set again.
const never = Number.POSITIVE_INFINITY;
const longestTimerMs = 2_147_483_647;

export class Alarm {
  readonly #owner: { timeCame(): void };
  #timer: NodeJS.Timeout | undefined;
  #at = never;

  constructor(owner: { timeCame(): void }) {
    this.#owner = owner;
  }

  /** Calls `timeCame` at `at` (of `performance.now()`) at the latest, or earlier. */
  set(at: number): void {
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    const delay = Math.min(longestTimerMs, Math.max(0, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(ring, delay, this);
    // The socket keeps the process alive, not its clock.
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  ring(): void {
    this.#at = never;
    this.#owner.timeCame();
  }
}

function ring(alarm: Alarm): void {
  alarm.ring();
}
