// What a transfer is doing, in words. Pure.
import type { TransferRecord } from '@longhaul/agent-protocol';
import type { SortOrder, TransferGroup } from '../transfers/transfer-groups.ts';
import { agoInWords, spanInWords, untilInWords } from './durations.ts';

export const groupWords: { readonly [G in TransferGroup]: string } = {
  running: 'Running',
  waiting: 'Waiting',
  paused: 'Paused',
  failed: 'Failed',
  finished: 'Finished',
};

export const orderWords: { readonly [S in SortOrder]: string } = {
  time: 'By time',
  name: 'By name',
  size: 'By size',
};

export interface StatusInWords {
  /** One or two words, the same for every transfer in this status. */
  readonly status: string;
  /** What it waits for, or how it ended; `null` when the status says it all. */
  readonly detail: string | null;
}

export function statusInWords(record: TransferRecord, now: number): StatusInWords {
  // The message of the error stands in a line of its own.
  const reason = record.reason === record.error?.message ? null : record.reason;
  switch (record.status) {
    case 'idle':
      return record.isStarted
        ? { status: 'Waiting', detail: reason ?? 'for a free place among the running ones' }
        : { status: 'Not started', detail: reason ?? 'its app has not started it yet' };
    case 'running':
      if (isBetweenAttempts(record, now)) return { status: 'Retrying', detail: retryWords(record, now) };
      return { status: record.kind === 'download' ? 'Downloading' : 'Uploading', detail: reason };
    case 'paused-by-application':
      return { status: 'Paused', detail: reason ?? 'until somebody resumes it' };
    case 'paused-recoverable-web-error':
      return { status: 'Paused', detail: reason ?? 'the server refused for now; resume it when that has changed' };
    case 'paused-costed-network':
      return { status: 'Waiting', detail: reason ?? 'for a network that costs less' };
    case 'paused-no-network':
      return { status: 'Waiting', detail: reason ?? 'for a network' };
    case 'paused-system-policy':
      return { status: 'Waiting', detail: reason ?? 'the system holds it back for now' };
    case 'completed':
      return { status: 'Completed', detail: endWords(record, now) };
    case 'canceled':
      return { status: 'Canceled', detail: endWords(record, now) };
    case 'error':
      return { status: 'Failed', detail: endWords(record, now) };
  }
}

/** True while nothing moves because the next attempt is still to come. */
export const isBetweenAttempts = (record: TransferRecord, now: number): boolean =>
  record.status === 'running' && record.retryAt !== null && record.retryAt > now;

function endWords(record: TransferRecord, now: number): string | null {
  if (record.finishedAt === null) return null;
  const ago = agoInWords(record.finishedAt, now);
  if (record.status !== 'completed' || record.startedAt === null) return ago;
  const took = record.finishedAt - record.startedAt;
  return took < 1000 ? `${ago}, in less than a second` : `${ago}, in ${spanInWords(took)}`;
}

function retryWords(record: TransferRecord, now: number): string {
  const next = `next attempt in ${untilInWords(record.retryAt ?? now, now)}`;
  return record.failedAttempts > 1 ? `${next}, ${record.failedAttempts} have failed` : next;
}
