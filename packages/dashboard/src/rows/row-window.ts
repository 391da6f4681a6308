// Of thousands of rows only those near the reader's eyes are made. Which ones, and how much room the others take: pure.

export interface RowRange {
  readonly first: number;
  /** Not included. */
  readonly end: number;
}

/** One run of a group: a row, or the room of rows that are not made. */
export type Segment =
  | { readonly type: 'row'; readonly index: number }
  | { readonly type: 'gap'; readonly before: number; readonly heightPx: number };

/** Where each row begins, in pixels from the top of its group; one more at the end for where the last one ends. */
export function topsOf(ids: readonly string[], heights: ReadonlyMap<string, number>, usualPx: number): Float64Array {
  const tops = new Float64Array(ids.length + 1);
  for (let index = 0; index < ids.length; index += 1) {
    tops[index + 1] = tops[index]! + (heights.get(ids[index]!) ?? usualPx);
  }
  return tops;
}

/** The rows that touch the pixels `from`..`to` of their group. */
export function rowsBetween(tops: Float64Array, from: number, to: number): RowRange {
  const count = tops.length - 1;
  if (count === 0 || to <= 0 || from >= tops[count]!) return { first: 0, end: 0 };
  return { first: Math.max(0, lastAtOrBefore(tops, from)), end: Math.min(count, lastAtOrBefore(tops, to) + 1) };
}

/** True when every row of `wanted` is among those of `made`. */
export const covers = (made: RowRange, wanted: RowRange): boolean =>
  wanted.first === wanted.end || (made.first <= wanted.first && wanted.end <= made.end);

/** The group from top to end: the rows of the range and the kept ones (focused, open), with the room between them. */
export function segmentsOf(tops: Float64Array, range: RowRange, kept: readonly number[]): Segment[] {
  const count = tops.length - 1;
  const rows = new Set(kept.filter(index => index >= 0 && index < count));
  for (let index = range.first; index < Math.min(range.end, count); index += 1) rows.add(index);
  const segments: Segment[] = [];
  let next = 0;
  const gapUpTo = (end: number) => {
    if (end > next) segments.push({ type: 'gap', before: end, heightPx: tops[end]! - tops[next]! });
  };
  for (const index of [...rows].sort((a, b) => a - b)) {
    gapUpTo(index);
    segments.push({ type: 'row', index });
    next = index + 1;
  }
  gapUpTo(count);
  return segments;
}

function lastAtOrBefore(tops: Float64Array, px: number): number {
  let low = 0;
  let high = tops.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}
