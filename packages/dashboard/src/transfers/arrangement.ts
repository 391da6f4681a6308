// The rows of transfers: filtered, grouped, sorted. Made anew only when a place may have changed, so that thousands of
// rows cost nothing while only their numbers move. Pure.
import { groupRows, queryWords, type RowGroups } from '../rows/row-groups.ts';
import { isFoundAlike } from './transfer-filter.ts';
import {
  comparators,
  groupOf,
  type SortOrder,
  standsAlike,
  type TransferGroup,
  transferGroups,
} from './transfer-groups.ts';
import type { TransferChange, TransferEntry, TransferList } from './transfer-list.ts';

export type Arrangement = RowGroups<TransferGroup>;

/** Before anything is known. */
export const noRows: Arrangement = Object.freeze<Arrangement>({
  groups: [],
  found: 0,
  counts: { running: 0, waiting: 0, paused: 0, failed: 0, finished: 0 },
});

export function arrange(list: TransferList, query: string, order: SortOrder): Arrangement {
  const compare = comparators[order];
  return groupRows<TransferGroup, TransferEntry>(list.values(), queryWords(query), {
    groups: transferGroups,
    groupOf: ({ record }) => groupOf(record.status),
    searchTextOf: ({ searchText }) => searchText,
    idOf: ({ record }) => record.id,
    compare: (a, b) => compare(a.record, b.record),
  });
}

/** False when the changes from one list to the next moved, added and removed nothing. */
export function movesRows(before: TransferList, after: TransferList, changes: readonly TransferChange[]): boolean {
  return changes.some(change => {
    const id = change.type === 'removed' ? change.id : change.record.id;
    const [was, is] = [before.get(id)?.record, after.get(id)?.record];
    if (was === undefined || is === undefined) return was !== is;
    return !standsAlike(was, is) || !isFoundAlike(was, is);
  });
}
