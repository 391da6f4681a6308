// The transfers as the page knows them: a snapshot, then changes; newer revisions win, older ones are dropped. Pure.
import type { TransferRecord } from '@longhaul/agent-protocol';
import { type Pace, stepPace } from './pace.ts';
import { isFoundAlike, searchTextOf } from './transfer-filter.ts';

export interface TransferEntry {
  readonly record: TransferRecord;
  readonly pace: Pace | null;
  /** What the filter looks through; kept with the record, so that typing is quick with thousands of rows. */
  readonly searchText: string;
}

export type TransferList = ReadonlyMap<string, TransferEntry>;

export type TransferChange =
  | { readonly type: 'changed'; readonly record: TransferRecord }
  | { readonly type: 'removed'; readonly id: string };

/**
 * The list after a connection's first answer. It is the agent's whole truth: what is missing in it is gone, and its
 * records count even with a lower revision (a killed agent may have told more than it had stored).
 */
export function fromSnapshot(
  known: TransferList,
  records: readonly TransferRecord[],
  at: number,
  timeConstantMs: number,
): TransferList {
  return new Map(records.map(record => [record.id, entryOf(known.get(record.id), record, at, timeConstantMs)]));
}

/** The list after changes in the order they were heard; the same object when nothing was new. */
export function withChanges(
  known: TransferList,
  changes: readonly TransferChange[],
  at: number,
  timeConstantMs: number,
): TransferList {
  const next = new Map(known);
  let hasNews = false;
  for (const change of changes) {
    if (change.type === 'removed') {
      hasNews = next.delete(change.id) || hasNews;
      continue;
    }
    const { record } = change;
    const before = next.get(record.id);
    if (before !== undefined && record.revision <= before.record.revision) continue;
    next.set(record.id, entryOf(before, record, at, timeConstantMs));
    hasNews = true;
  }
  return hasNews ? next : known;
}

function entryOf(
  before: TransferEntry | undefined,
  record: TransferRecord,
  at: number,
  timeConstantMs: number,
): TransferEntry {
  return {
    record,
    pace: stepPace(before?.pace ?? null, record, at, timeConstantMs),
    searchText: before !== undefined && isFoundAlike(before.record, record) ? before.searchText : searchTextOf(record),
  };
}
