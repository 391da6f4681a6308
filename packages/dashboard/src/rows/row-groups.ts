// Rows in their groups, whatever they are rows of: how many, and where the keyboard goes from one to the next. Pure.

export interface GroupOfRows<Group extends string = string> {
  readonly group: Group;
  readonly ids: readonly string[];
}

export interface RowGroups<Group extends string = string> {
  /** The groups that have anything in them, in the order of the page. */
  readonly groups: readonly GroupOfRows<Group>[];
  /** How many the filter leaves. */
  readonly found: number;
  /** Of all, whatever the filter leaves. */
  readonly counts: { readonly [G in Group]: number };
}

/** What the filter looks through and in which group a thing stands; `compare` orders those of one group. */
export interface Grouping<Group extends string, Entry> {
  /** In the order of the page. */
  readonly groups: readonly Group[];
  readonly groupOf: (entry: Entry) => Group;
  readonly searchTextOf: (entry: Entry) => string;
  readonly idOf: (entry: Entry) => string;
  readonly compare: (a: Entry, b: Entry) => number;
}

/** `words`: of the filter; all must be found. */
export function groupRows<Group extends string, Entry>(
  entries: Iterable<Entry>,
  words: readonly string[],
  { groups, groupOf, searchTextOf, idOf, compare }: Grouping<Group, Entry>,
): RowGroups<Group> {
  const counts = Object.fromEntries(groups.map(group => [group, 0])) as { [G in Group]: number };
  const members = new Map<Group, Entry[]>(groups.map(group => [group, []]));
  for (const entry of entries) {
    const group = groupOf(entry);
    counts[group] += 1;
    if (isFound(searchTextOf(entry), words)) members.get(group)?.push(entry);
  }
  const filled = [...members]
    .filter(([, found]) => found.length > 0)
    .map(([group, found]) => ({ group, ids: found.sort(compare).map(idOf) }));
  return { groups: filled, found: filled.reduce((sum, { ids }) => sum + ids.length, 0), counts };
}

/** The words of a query: in any order, all must be found. */
export const queryWords = (query: string): readonly string[] => query.toLowerCase().split(/\s+/).filter(Boolean);

export const isFound = (searchText: string, words: readonly string[]): boolean =>
  words.every(word => searchText.includes(word));

/** One row on or back, or to an end. */
export type RowMove = 'next' | 'previous' | 'first' | 'last';

/** The row that the keyboard goes to from `id`; from nowhere the first one; `null` when there are no rows. */
export function rowAfter({ groups }: Pick<RowGroups, 'groups'>, id: string | null, move: RowMove): string | null {
  const rows = groups.flatMap(({ ids }) => ids);
  const at = id === null ? -1 : rows.indexOf(id);
  if (move === 'last') return rows.at(-1) ?? null;
  if (move === 'first' || at === -1) return rows[0] ?? null;
  return rows[at + (move === 'next' ? 1 : -1)] ?? id;
}

/** For names with numbers in them: `room 2` before `room 10`. */
export const byNumbersToo = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
