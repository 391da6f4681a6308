// The rows of the page: filtered, grouped, sorted. Made anew only when a place may have changed, so that thousands of
// rows cost nothing while only their numbers move. Pure.
import { isFound, isFoundAlike, queryWords } from './transfer-filter.ts';
import {
  comparators,
  type GroupCounts,
  groupOf,
  type SortOrder,
  standsAlike,
  type TransferGroup,
  transferGroups,
} from './transfer-groups.ts';
import type { TransferChange, TransferEntry, TransferList } from './transfer-list.ts';

export interface GroupOfRows {
  readonly group: TransferGroup;
  readonly ids: readonly string[];
}

/** Before anything is known. */
export const noRows: Arrangement = Object.freeze<Arrangement>({
  groups: [],
  found: 0,
  counts: { running: 0, waiting: 0, paused: 0, failed: 0, finished: 0 },
});

export interface Arrangement {
  /** The groups that have anything in them, in the order of the page. */
  readonly groups: readonly GroupOfRows[];
  /** How many the filter leaves. */
  readonly found: number;
  /** Of all transfers, whatever the filter leaves. */
  readonly counts: GroupCounts;
}

export function arrange(list: TransferList, query: string, order: SortOrder): Arrangement {
  const counts = { running: 0, waiting: 0, paused: 0, failed: 0, finished: 0 };
  const members = new Map<TransferGroup, TransferEntry[]>(transferGroups.map(group => [group, []]));
  const words = queryWords(query);
  for (const entry of list.values()) {
    const group = groupOf(entry.record.status);
    counts[group] += 1;
    if (isFound(entry.searchText, words)) members.get(group)?.push(entry);
  }
  const compare = comparators[order];
  const groups = [...members]
    .filter(([, entries]) => entries.length > 0)
    .map(([group, entries]) => ({
      group,
      ids: entries.sort((a, b) => compare(a.record, b.record)).map(entry => entry.record.id),
    }));
  return { groups, found: groups.reduce((sum, { ids }) => sum + ids.length, 0), counts };
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

/** One row on or back, or to an end. */
export type RowMove = 'next' | 'previous' | 'first' | 'last';

/** The row that the keyboard goes to from `id`; from nowhere the first one; `null` when there are no rows. */
export function rowAfter({ groups }: Arrangement, id: string | null, move: RowMove): string | null {
  const rows = groups.flatMap(({ ids }) => ids);
  const at = id === null ? -1 : rows.indexOf(id);
  if (move === 'last') return rows.at(-1) ?? null;
  if (move === 'first' || at === -1) return rows[0] ?? null;
  return rows[at + (move === 'next' ? 1 : -1)] ?? id;
}
