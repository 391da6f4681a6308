// Pings and time-outs of one connection (§7) as deadlines. Time is an argument, in milliseconds of any steady clock;
// the driver asks at its ticks what is due and acts.

export interface KeepAliveOptions {
  readonly keepAliveIntervalMs: number;
  readonly clientTimeoutIntervalMs: number;
}

export type KeepAliveDue = 'ping' | 'client-timeout';

export class KeepAlive {
  readonly #options: KeepAliveOptions;
  /** Next Ping to the client. Sent whatever else is sent: throttled browser tabs live on them (§7). */
  #pingAt: number;
  /** The client must have been heard before this. `Infinity` until its first Ping: old clients never ping. */
  #clientTimeoutAt = Number.POSITIVE_INFINITY;
  #isClientWatched = false;
  #isPaused = false;
  #isAway = false;

  constructor(options: KeepAliveOptions, now: number) {
    this.#options = options;
    this.#pingAt = now + options.keepAliveIntervalMs;
  }

  /** It has pinged before: from now on every message counts. */
  get isClientWatched(): boolean {
    return this.#isClientWatched;
  }

  /** Any message, the Ping included, is a sign of life. */
  messageReceived(isPing: boolean, now: number): void {
    if (isPing) this.#isClientWatched = true;
    if (this.#isClientWatched && !this.#isPaused) this.#clientTimeoutAt = now + this.#options.clientTimeoutIntervalMs;
  }

  /** A message is being dispatched and nothing is read meanwhile: a long hub method must not time its client out. */
  pause(): void {
    this.#isPaused = true;
    this.#clientTimeoutAt = Number.POSITIVE_INFINITY;
  }

  resume(now: number): void {
    this.#isPaused = false;
    if (this.#isClientWatched) this.#clientTimeoutAt = now + this.#options.clientTimeoutIntervalMs;
  }

  /** The transport was cut and may be replaced (§9): until then nobody is there to be pinged, or to be missed. */
  away(): void {
    this.#isAway = true;
  }

  back(now: number): void {
    this.#isAway = false;
    this.#pingAt = now + this.#options.keepAliveIntervalMs;
    if (this.#isClientWatched && !this.#isPaused) this.#clientTimeoutAt = now + this.#options.clientTimeoutIntervalMs;
  }

  /** What is due at `now`. A Ping counts as sent. */
  due(now: number): KeepAliveDue | undefined {
    if (this.#isAway) return undefined;
    if (now >= this.#clientTimeoutAt) return 'client-timeout';
    if (now < this.#pingAt) return undefined;
    this.#pingAt = now + this.#options.keepAliveIntervalMs;
    return 'ping';
  }
}
