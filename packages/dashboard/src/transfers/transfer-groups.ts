// Which transfers stand together on the page and in which order. Pure.
import type { TransferRecord, TransferStatus } from '@longhaul/agent-protocol';
import { byNumbersToo } from '../rows/row-groups.ts';
import { amountOf } from './pace.ts';

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

/** How rows stand within their group. None of them by rate or progress: rows that jump cannot be read. */
export const sortOrders = ['time', 'name', 'size'] as const;
export type SortOrder = (typeof sortOrders)[number];

const nameOf = (record: TransferRecord): string => record.file.slice(record.file.lastIndexOf('/') + 1);
const sizeOf = (record: TransferRecord): number => {
  const { moved, total } = amountOf(record);
  return total ?? (record.finishedAt === null ? 0 : moved);
};

/** Oldest first while something is still to happen, so that rows keep their place; latest first once it is over. */
function byTime(a: TransferRecord, b: TransferRecord): number {
  const group = groupOf(a.status);
  const isOver = group === 'failed' || group === 'finished';
  const difference = isOver ? (b.finishedAt ?? b.createdAt) - (a.finishedAt ?? a.createdAt) : a.createdAt - b.createdAt;
  return difference !== 0 ? difference : a.id < b.id ? -1 : 1;
}

/** For two records of one group. */
export const comparators: { readonly [S in SortOrder]: (a: TransferRecord, b: TransferRecord) => number } = {
  time: byTime,
  name: (a, b) => byNumbersToo.compare(nameOf(a), nameOf(b)) || byTime(a, b),
  size: (a, b) => sizeOf(b) - sizeOf(a) || byTime(a, b),
};

/** True where two versions of a record stand at the same place in every order. */
export const standsAlike = (a: TransferRecord, b: TransferRecord): boolean =>
  a.status === b.status && a.finishedAt === b.finishedAt && sizeOf(a) === sizeOf(b) && a.file === b.file;

export type GroupCounts = { readonly [G in TransferGroup]: number };
