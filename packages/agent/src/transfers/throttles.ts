// The limits in real time: each running transfer has a throttle, which holds it with one timer while it has taken too much.
import { RateLimits, type RateShare } from './rate-limits.ts';

/** A wait shorter than a timer can measure is left to the next one. Milliseconds. */
const minWaitMs = 1;

export class Throttle implements Disposable {
  readonly #share: RateShare;
  readonly #left: () => void;
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  /** Made by `Throttles`. */
  constructor(share: RateShare, left: () => void) {
    this.#share = share;
    this.#left = left;
  }

  /** Too much was taken: read no more until `onceFree`. Changes only by `take`, a timer or a change of limits. */
  get isHeld(): boolean {
    return this.#timer !== undefined;
  }

  /** Ask for no more than this at once. Bytes; `Infinity` without limits. */
  get helping(): number {
    return this.#share.helping;
  }

  take(bytes: number): void {
    this.#hold(this.#share.take(bytes, performance.now()));
  }

  /** Calls back once it is not held; at once when it is not. */
  onceFree(callback: () => void): void {
    if (this.isHeld) this.#waiting.push(callback);
    else callback();
  }

  /** Resolves when all that was taken is paid for, or when `signal` is aborted. */
  async paid(signal: AbortSignal): Promise<void> {
    if (!this.isHeld || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = () => resolve();
    signal.addEventListener('abort', stop, { once: true });
    this.onceFree(stop);
    await promise;
    signal.removeEventListener('abort', stop);
  }

  setRate(rate: number | null): void {
    this.#share.setRate(rate, performance.now());
    this.retune();
  }

  /** Limits changed: a wait that is under way may be shorter or longer now. */
  retune(): void {
    if (!this.isHeld) return;
    const waitMs = this.#share.waitMs(performance.now());
    if (waitMs >= minWaitMs) this.#hold(waitMs);
    else this.#free();
  }

  #hold(waitMs: number): void {
    if (waitMs < minWaitMs) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#free(), waitMs);
  }

  #free(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const callback of this.#waiting.splice(0)) callback();
  }

  /** Nobody who waits is called any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.#share.leave();
    this.#left();
  }
}

export class Throttles {
  readonly #limits: RateLimits;
  readonly #throttles = new Map<string, Throttle>();

  /** `rate`: bytes a second over all; `null` = no limit. */
  constructor(rate: number | null) {
    this.#limits = new RateLimits(rate, performance.now());
  }

  /** For the time that a transfer runs. `rate` is its own limit. */
  open(id: string, rate: number | null): Throttle {
    const share = this.#limits.join(rate, performance.now());
    const throttle = new Throttle(share, () => this.#throttles.delete(id));
    this.#throttles.set(id, throttle);
    return throttle;
  }

  /** Over all, from now on. */
  setRate(rate: number | null): void {
    this.#limits.setRate(rate, performance.now());
    for (const throttle of this.#throttles.values()) throttle.retune();
  }

  /** Of one transfer, from now on; no effect when it does not run. */
  setRateOf(id: string, rate: number | null): void {
    this.#throttles.get(id)?.setRate(rate);
  }
}
