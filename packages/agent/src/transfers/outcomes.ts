// What follows from an attempt that did not bring the whole file: an event of the state table, and what the row learns. Pure.
import type { Outcome } from './downloader.ts';
import { isOnTheWay, toTransferError, webErrorOf } from './error-map.ts';
import { isRepairable } from './file-errors.ts';
import type { RowPatch } from './ledger.ts';
import { decideRetry, type RetryRules } from './retry.ts';
import type { TransferRow } from './row.ts';
import type { TransferEvent } from './transfer-states.ts';

export interface Circumstances {
  readonly rules: RetryRules;
  /** The host is this machine: it needs no network. */
  readonly isLoopback: boolean;
  readonly isOnline: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** In [0, 1). */
  readonly chance: number;
}

export interface FollowUp {
  readonly event: TransferEvent;
  readonly patch: RowPatch;
}

export function followUp(
  row: Pick<TransferRow, 'failedAttempts'>,
  outcome: Extract<Outcome, { kind: 'web-failure' | 'file-failure' }>,
  { rules, isLoopback, isOnline, now, chance }: Circumstances,
): FollowUp {
  const error = toTransferError(outcome.error);
  if (outcome.kind === 'file-failure') {
    if (isRepairable(outcome.error)) return { event: { name: 'hold', error }, patch: outcome.patch };
    return { event: { name: 'fail', error, at: now }, patch: { ...outcome.patch, discardsPart: true } };
  }
  const isOffline = !isLoopback && !isOnline && isOnTheWay(webErrorOf(outcome.error));
  const { hasProgressed, isRetryable, retryAfterMs } = outcome;
  const attempt = { failedBefore: row.failedAttempts, hasProgressed, isRetryable, isOffline, retryAfterMs };
  const decision = decideRetry(rules, attempt, now, chance);
  const patch = { ...outcome.patch, failedAttempts: decision.failedAttempts };
  switch (decision.kind) {
    case 'retry':
      return { event: { name: 'fail-attempt', error, retryAt: decision.retryAt }, patch };
    case 'wait-for-network':
      return { event: { name: 'lose-network', error }, patch };
    case 'give-up':
      return { event: { name: 'fail', error, at: now }, patch: { ...patch, discardsPart: true } };
  }
}
