// Which bytes of a file there are: ranges in order, without overlap, none touching the next. Pure.

/** The bytes of `from` and before `to`. */
export type ByteRange = readonly [from: number, to: number];

/** `ranges` and `[from, to)`. */
export function withRange(ranges: readonly ByteRange[], from: number, to: number): ByteRange[] {
  if (to <= from) return [...ranges];
  const apart: ByteRange[] = [];
  let joined: ByteRange = [from, to];
  for (const range of ranges) {
    const isApart = range[1] < joined[0] || range[0] > joined[1];
    if (isApart) apart.push(range);
    else joined = [Math.min(joined[0], range[0]), Math.max(joined[1], range[1])];
  }
  return [...apart, joined].sort((a, b) => a[0] - b[0]);
}

/** What is missing below `to`, which may be `Infinity`. */
export function gapsIn(ranges: readonly ByteRange[], to: number): ByteRange[] {
  const gaps: ByteRange[] = [];
  let at = 0;
  for (const range of ranges) {
    if (range[0] >= to) break;
    if (range[0] > at) gaps.push([at, range[0]]);
    at = range[1];
  }
  if (at < to) gaps.push([at, to]);
  return gaps;
}

/** How many bytes there are. */
export const bytesIn = (ranges: readonly ByteRange[]): number => ranges.reduce((sum, [from, to]) => sum + to - from, 0);

/** Up to where there is every byte from 0 on. */
export const prefixOf = (ranges: readonly ByteRange[]): number => (ranges[0]?.[0] === 0 ? ranges[0][1] : 0);

/** Behind the last byte there is. */
export const endOf = (ranges: readonly ByteRange[]): number => ranges.at(-1)?.[1] ?? 0;

/** A prefix and what lies apart from it, as one list. */
export const fromPrefix = (prefix: number, apart: readonly ByteRange[]): readonly ByteRange[] =>
  prefix === 0 ? apart : [[0, prefix], ...apart];

/** All but the prefix. */
export const behindPrefix = (ranges: readonly ByteRange[]): readonly ByteRange[] =>
  ranges[0]?.[0] === 0 ? ranges.slice(1) : ranges;
