// After a failed attempt: again, later, or never? Pure. BT-130 to BT-133; `now` and chance are arguments.

export interface RetryRules {
  /** Waits before retry 1, 2, 3 …; its length is the number of retries. Milliseconds. */
  readonly retryDelaysMs: readonly number[];
  /** A `Retry-After` is honoured up to this. Milliseconds. */
  readonly maxRetryAfterMs: number;
}

export interface FailedAttempt {
  /** Failed attempts in a row before this one. */
  readonly failedBefore: number;
  /** Bytes beyond all earlier ones arrived in this attempt: the count starts anew. */
  readonly hasProgressed: boolean;
  /** Trying the same again may help. */
  readonly isRetryable: boolean;
  /** It failed on the way to the host, which is not this machine, and the machine has no network (BT-133). */
  readonly isOffline: boolean;
  /** What the server asked for with 429 or 503. */
  readonly retryAfterMs: number | null;
}

export type RetryDecision =
  /** `failedAttempts` is the new count in a row. */
  | { readonly kind: 'retry'; readonly retryAt: number; readonly failedAttempts: number }
  /** Waits for the network; burns no retry (BT-133). */
  | { readonly kind: 'wait-for-network'; readonly failedAttempts: number }
  | { readonly kind: 'give-up'; readonly failedAttempts: number };

/** `chance` in [0, 1) spreads the wait by ±10 %, so that many transfers do not come back at once. */
export function decideRetry(rules: RetryRules, attempt: FailedAttempt, now: number, chance: number): RetryDecision {
  const before = attempt.hasProgressed ? 0 : attempt.failedBefore;
  if (attempt.isOffline) return { kind: 'wait-for-network', failedAttempts: before };
  const failedAttempts = before + 1;
  const delayMs = rules.retryDelaysMs[before];
  if (!attempt.isRetryable || delayMs === undefined) return { kind: 'give-up', failedAttempts };
  const spreadMs = delayMs * (0.9 + 0.2 * chance);
  const askedMs = Math.min(attempt.retryAfterMs ?? 0, rules.maxRetryAfterMs);
  return { kind: 'retry', retryAt: Math.round(now + Math.max(spreadMs, askedMs)), failedAttempts };
}

/** `Retry-After` as seconds or a date (RFC 9110, 10.2.3), from `now` in milliseconds since the epoch; `null` when absent or wrong. */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim()) * 1_000;
  const at = /[A-Za-z]/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
