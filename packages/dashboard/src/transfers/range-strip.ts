// Which parts of the file are here, as a strip and in words. Pure.
import { isTerminal, type TransferRange, type TransferRecord } from '@longhaul/agent-protocol';
import { bytesInWords } from '../words/amounts.ts';
import { countInWords } from '../words/page-words.ts';

/** Units of the strip's whole length. */
export const stripLength = 1_000;
/** A part shorter than this could not be seen. */
const leastLength = 2;

export interface RangeStrip {
  /** Ascending, apart from each other; empty also where nobody knows how long the file is. */
  readonly parts: readonly { readonly from: number; readonly to: number }[];
  /** False when nobody knows how long the file is: then the words say all there is to say. */
  readonly isDrawn: boolean;
  readonly words: string;
}

export function stripOf(record: TransferRecord, ranges: readonly TransferRange[]): RangeStrip {
  const received = ranges.reduce((sum, { length }) => sum + length, 0);
  const total = record.totalBytesToReceive > 0 ? record.totalBytesToReceive : null;
  if (record.status === 'completed') {
    return { parts: [{ from: 0, to: stripLength }], isDrawn: true, words: `all ${bytesInWords(received)}` };
  }
  return {
    parts: total === null ? [] : partsOf(ranges, total),
    isDrawn: total !== null,
    words: wordsOf(ranges, total, isTerminal(record.status)),
  };
}

function partsOf(ranges: readonly TransferRange[], total: number): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = [];
  for (const { offset, length } of ranges) {
    const from = Math.min(stripLength - leastLength, (offset / total) * stripLength);
    const to = Math.min(stripLength, Math.max(from + leastLength, ((offset + length) / total) * stripLength));
    const last = parts.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else parts.push({ from, to });
  }
  return parts.map(({ from, to }) => ({ from: round(from), to: round(to) }));
}

const round = (units: number): number => Math.round(units * 10) / 10;

function wordsOf(ranges: readonly TransferRange[], total: number | null, isOver: boolean): string {
  const received = bytesInWords(ranges.reduce((sum, { length }) => sum + length, 0));
  const ofTotal = total === null ? 'of an unknown length' : `of ${bytesInWords(total)}`;
  const [first] = ranges;
  if (first === undefined) {
    const nothing = isOver ? 'nothing' : 'nothing yet';
    return total === null ? nothing : `${nothing} ${ofTotal}`;
  }
  if (ranges.length === 1 && first.offset === 0) return `the first ${received} ${ofTotal}`;
  const parts = `${received} ${ofTotal} in ${countInWords(ranges.length, 'part')}`;
  return first.offset === 0 ? `${parts}, the first ${bytesInWords(first.length)} without a gap` : parts;
}
