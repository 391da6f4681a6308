// The times of one connection as named slots: its handshake (§5), Pings and the client's silence (§7), the end of its
// credentials (§10). Time is an argument, in milliseconds of any steady clock; the driver asks at its ticks what is due and
// acts. Whole numbers: a field of fractions costs every connection a box of its own.

export interface DeadlineOptions {
  readonly handshakeTimeoutMs: number;
  readonly keepAliveIntervalMs: number;
  readonly clientTimeoutIntervalMs: number;
}

export type Due = 'handshake-timeout' | 'authentication-expired' | 'client-timeout' | 'ping';

export class Deadlines {
  readonly #options: DeadlineOptions;
  /** Until its handshake: when that must be there. Then the next Ping, whatever else is sent: throttled browser tabs live on them (§7). */
  #nextAt: number;
  /** The client must have been heard before this. None until its first Ping: old clients never ping. */
  #clientTimeoutAt: number | undefined;
  /** In milliseconds of Date.now(). */
  #authenticationExpiresAt: number | undefined;
  #isAccepted = false;
  #isClientWatched = false;
  #isPaused = false;
  #isAway = false;

  constructor(options: DeadlineOptions, now: number) {
    this.#options = options;
    this.#nextAt = Math.ceil(now + options.handshakeTimeoutMs);
  }

  /** The handshake was answered. */
  accepted(now: number): void {
    this.#isAccepted = true;
    this.#pinged(now);
  }

  /** `undefined`: never. In milliseconds of Date.now(). */
  authenticatedUntil(expiresAt: number | undefined): void {
    this.#authenticationExpiresAt = expiresAt === undefined ? undefined : Math.ceil(expiresAt);
  }

  /** It has pinged before: from now on every message counts. */
  get isClientWatched(): boolean {
    return this.#isClientWatched;
  }

  /** Any message, the Ping included, is a sign of life. */
  messageReceived(isPing: boolean, now: number): void {
    if (isPing) this.#isClientWatched = true;
    if (!this.#isPaused) this.#heard(now);
  }

  /** A message is being dispatched and nothing is read meanwhile: a long hub method must not time its client out. */
  pause(): void {
    this.#isPaused = true;
    this.#clientTimeoutAt = undefined;
  }

  resume(now: number): void {
    this.#isPaused = false;
    this.#heard(now);
  }

  /** The transport was cut and may be replaced (§9): until then nobody is there to be pinged, or to be missed. */
  away(): void {
    this.#isAway = true;
  }

  back(now: number): void {
    this.#isAway = false;
    this.#pinged(now);
    if (!this.#isPaused) this.#heard(now);
  }

  /** What is due. A Ping counts as sent. `wallNow`: milliseconds of Date.now(). */
  due(now: number, wallNow: number): Due | undefined {
    if (!this.#isAccepted) return now >= this.#nextAt ? 'handshake-timeout' : undefined;
    if (isOver(this.#authenticationExpiresAt, wallNow)) return 'authentication-expired';
    if (this.#isAway) return undefined;
    if (isOver(this.#clientTimeoutAt, now)) return 'client-timeout';
    if (now < this.#nextAt) return undefined;
    this.#pinged(now);
    return 'ping';
  }

  #pinged(now: number): void {
    this.#nextAt = Math.ceil(now + this.#options.keepAliveIntervalMs);
  }

  #heard(now: number): void {
    if (this.#isClientWatched) this.#clientTimeoutAt = Math.ceil(now + this.#options.clientTimeoutIntervalMs);
  }
}

const isOver = (deadline: number | undefined, now: number): boolean => deadline !== undefined && now >= deadline;
