// Which transfers stand together on the page and in which order. Pure.
import type { TransferRecord, TransferStatus } from '@longhaul/agent-protocol';
import type { TransferEntry, TransferList } from './transfer-list.ts';

/** In the order of the page. */
export const transferGroups = ['running', 'waiting', 'paused', 'failed', 'finished'] as const;
export type TransferGroup = (typeof transferGroups)[number];

const groupOfStatus: { readonly [S in TransferStatus]: TransferGroup } = {
  running: 'running',
  // These four go on by themselves (section 3.5).
  idle: 'waiting',
  'paused-no-network': 'waiting',
  'paused-costed-network': 'waiting',
  'paused-system-policy': 'waiting',
  // These two need somebody to resume them.
  'paused-by-application': 'paused',
  'paused-recoverable-web-error': 'paused',
  error: 'failed',
  completed: 'finished',
  canceled: 'finished',
};

export const groupOf = (status: TransferStatus): TransferGroup => groupOfStatus[status];

/** Oldest first while something is still to happen, so that rows keep their place; latest first once it is over. */
function compare(group: TransferGroup, a: TransferRecord, b: TransferRecord): number {
  const isOver = group === 'failed' || group === 'finished';
  const byTime = isOver ? (b.finishedAt ?? b.createdAt) - (a.finishedAt ?? a.createdAt) : a.createdAt - b.createdAt;
  return byTime !== 0 ? byTime : a.id < b.id ? -1 : 1;
}

export interface GroupOfTransfers {
  readonly group: TransferGroup;
  readonly entries: readonly TransferEntry[];
}

/** The groups that have anything in them, in the order of the page. */
export function inGroups(list: TransferList): GroupOfTransfers[] {
  const byGroup = Map.groupBy(list.values(), entry => groupOf(entry.record.status));
  return transferGroups.flatMap(group => {
    const entries = byGroup.get(group);
    if (entries === undefined) return [];
    return [{ group, entries: entries.sort((a, b) => compare(group, a.record, b.record)) }];
  });
}

export type GroupCounts = { readonly [G in TransferGroup]: number };

export function countGroups(list: TransferList): GroupCounts {
  const counts = { running: 0, waiting: 0, paused: 0, failed: 0, finished: 0 };
  for (const { record } of list.values()) counts[groupOf(record.status)] += 1;
  return counts;
}
