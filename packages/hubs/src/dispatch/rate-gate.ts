// The rate limit of one connection, before anything is looked up: calls (also of unknown methods) and upload items take a
// token each. What is over the limit fails, waits, or ends the connection.
import { TokenBucket } from '../connection/token-bucket.ts';
import { HubServerError } from '../errors.ts';
import type { HubMessage } from '../protocol/messages.ts';

export interface RateLimit {
  /** Messages a second that go on for ever. */
  readonly perSecond: number;
  /** Messages that may come at once. Default: `perSecond`, at least 1. */
  readonly burst?: number;
  /**
   * `error` (default): a call fails with the code `rate-limited`, an upload stream ends with it. `wait`: nothing more of
   * this client is read until its turn comes. `disconnect`: the connection is closed with that code, reconnect allowed.
   */
  readonly exceeded?: 'error' | 'wait' | 'disconnect';
}

/** What becomes of one message: it goes on after so many milliseconds, or is refused. */
export type RateVerdict = { readonly waitMs: number } | { readonly refused: HubServerError };

/** Signs of life, answers and cancels cost nothing. */
export function isRateLimited({ type }: HubMessage): boolean {
  return type === 'invocation' || type === 'stream-invocation' || type === 'stream-item';
}

const atOnce: RateVerdict = Object.freeze({ waitMs: 0 });

export class RateGate {
  readonly #limit: RateLimit;
  readonly #bucket: TokenBucket;

  constructor(limit: RateLimit, now: number) {
    const { perSecond, burst = Math.max(1, perSecond) } = limit;
    this.#limit = limit;
    this.#bucket = new TokenBucket({ perSecond, burst }, now);
  }

  /** One more message that costs a token. */
  judge(now: number): RateVerdict {
    if (this.#limit.exceeded === 'wait') return { waitMs: this.#bucket.reserve(now) };
    if (this.#bucket.take(now)) return atOnce;
    const text = `More than ${this.#limit.perSecond} calls and stream items a second.`;
    return { refused: new HubServerError('rate-limited', text) };
  }
}
