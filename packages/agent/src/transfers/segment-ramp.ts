// Whether one more connection pays, decided by measuring (decision 083). Pure: time is an argument (milliseconds of any steady
// clock), and so is everything else that was measured.
//
// One connection begins. After a window of measuring, one more is tried, as long as the rest would take a while and neither
// our thread nor our disk nor a rate limit is what holds the bytes back. Where there is time to find out, one that did not
// raise the rate by a clear margin is let go and not tried again for a while, each time for longer; a rest that is soon over is
// worth no such proof.

export interface RampRules {
  /** Connections of one transfer. */
  readonly maxConnectionsPerTransfer: number;
  /** A rest that takes less than this at the present rate is left to the connections there are. Milliseconds. */
  readonly minSplitMs: number;
  /** A transfer that is this fast gets no further connection. Bytes a second. */
  readonly fullLinkBytesPerSecond: number;
}

/** What was measured by now; all but `now` grow from any beginning. */
export interface Totals {
  readonly now: number;
  readonly receivedBytes: number;
  /** Processor time of our thread. Milliseconds. */
  readonly busyMs: number;
  /** Our disk or a rate limit held connections back, each counted. Milliseconds. */
  readonly heldMs: number;
}

export interface Look extends Totals {
  readonly restBytes: number;
  readonly connections: number;
  /** The host may be asked for one more. */
  readonly hasRoom: boolean;
  /** Others need what we have there. */
  readonly isCrowded: boolean;
}

export type RampAdvice = 'add' | 'let-go' | 'stay';

/** So many windows would fit into the rest; each lasts between these bounds. Milliseconds. */
const windowsInRest = 60;
const minWindowMs = 15;
const maxWindowMs = 250;
/** Between two looks. Milliseconds. */
const minWaitMs = 5;
/** What a shorter window measures is no proof: servers that limit send in bursts. Milliseconds. */
const minProofMs = 150;
/** Nor is one that became this many times longer than meant: our thread was kept from its work, not the bytes from us. */
const maxStretch = 2;
/** Of what one more connection would bring if it were as fast as the others, this share is a clear margin. */
const clearShare = 0.4;
/** At work for more than this share of the time, our thread is what limits. */
const busyShare = 0.8;
/** Held back for more than this share of the time, so is our disk or a rate limit. */
const heldShare = 0.25;
/** After a connection that did not raise the rate none is tried for so long, then for twice as long, and so on. Milliseconds. */
const firstPauseMs = 10_000;
/** Connections that may be lost on the way, in one answer, before no more are added. */
const maxLost = 8;

export class SegmentRamp {
  readonly #rules: RampRules;
  readonly #first: Totals;
  #window: Totals;
  #windowMs = minWindowMs;
  /** One more was advised and has not brought a byte yet. */
  #isOpening = false;
  /** The rate before the newest connection, where there was time to measure it. Bytes a millisecond. */
  #rateBefore: number | undefined;
  #isSettled = false;
  /** Until then no connection is tried. */
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #pauseMs = firstPauseMs;
  #lost = 0;

  constructor(rules: RampRules, first: Totals) {
    this.#rules = rules;
    this.#first = first;
    this.#window = first;
  }

  /** `add`: one connection more; say then what became of it: `opened`, `refused` or `lost`. `let-go`: of the newest. */
  look(at: Look): RampAdvice {
    if (this.#isOpening) return 'stay';
    if (at.isCrowded && at.connections > 1) {
      this.#window = at;
      this.#rateBefore = undefined;
      return 'let-go';
    }
    const elapsedMs = at.now - this.#window.now;
    const rate = (at.receivedBytes - this.#window.receivedBytes) / Math.max(1, elapsedMs);
    const restMs = rate === 0 ? Number.POSITIVE_INFINITY : at.restBytes / rate;
    this.#windowMs = Math.min(maxWindowMs, Math.max(minWindowMs, restMs / windowsInRest));
    if (elapsedMs < this.#windowMs) return 'stay';
    const isOurs = this.#isOurLimit(at, elapsedMs);
    const isProof = this.#windowMs >= minProofMs && elapsedMs <= maxStretch * this.#windowMs;
    this.#window = at;
    if (isProof && this.#rateBefore !== undefined && at.connections > 1 && !isOurs) {
      const isProven = rate >= this.#rateBefore * (1 + clearShare / (at.connections - 1));
      this.#rateBefore = undefined;
      if (!isProven) {
        this.#pausedUntil = at.now + this.#pauseMs;
        this.#pauseMs *= 2;
        return 'let-go';
      }
    }
    const { maxConnectionsPerTransfer, minSplitMs } = this.#rules;
    const pays = restMs >= minSplitMs && !isOurs && at.hasRoom && at.connections < maxConnectionsPerTransfer;
    if (this.#isSettled || at.now < this.#pausedUntil || !pays || this.#isFull(at, rate)) return 'stay';
    this.#isOpening = true;
    this.#rateBefore = isProof ? rate : undefined;
    return 'add';
  }

  /** When to look again. Milliseconds. */
  waitMs(now: number): number {
    if (this.#isSettled) return maxWindowMs;
    return Math.max(minWaitMs, this.#window.now + this.#windowMs - now);
  }

  /** No connection is added any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** The added connection brings bytes: the time to measure it begins. */
  opened(at: Totals): void {
    this.#isOpening = false;
    this.#window = at;
  }

  /** There was nothing to give to the added connection. */
  unused(): void {
    this.#isOpening = false;
    this.#rateBefore = undefined;
  }

  /** The server does not want the added connection, or one that asked for another part: it is not asked again. */
  refused(): void {
    this.unused();
    this.#isSettled = true;
  }

  /** A connection that had brought bytes broke off. It may be replaced, some times. */
  lost(): void {
    this.#rateBefore = undefined;
    this.#lost += 1;
    if (this.#lost > maxLost) this.#isSettled = true;
  }

  /** By the latest window, and by all of it: neither a burst nor a slow beginning tells alone. */
  #isFull(at: Look, rate: number): boolean {
    const mean = (at.receivedBytes - this.#first.receivedBytes) / Math.max(1, at.now - this.#first.now);
    return Math.max(rate, mean) * 1_000 >= this.#rules.fullLinkBytesPerSecond;
  }

  #isOurLimit(at: Look, elapsedMs: number): boolean {
    const isBusy = at.busyMs - this.#window.busyMs > busyShare * elapsedMs;
    return isBusy || at.heldMs - this.#window.heldMs > heldShare * elapsedMs * at.connections;
  }
}
