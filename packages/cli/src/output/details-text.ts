// PURE. What a record leaves out, as people read it: which parts of the file are here, how fast they came, what failed.
import type { TransferAttempt, TransferDetails, TransferRange, TransferRecord } from '@longhaul/agent-protocol';
import type { Facts } from './record-text.ts';
import { safeText } from './safe-text.ts';
import { formatBytes, formatRate } from './units.ts';

const stripWidth = 40;
/** Ranges named one by one; the others are counted. */
const mostNamed = 6;
const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Names and values, as `factsText` takes them. */
export function detailsFacts(record: TransferRecord, details: TransferDetails): Facts {
  const { ranges, rateHistory } = details;
  const total = record.totalBytesToReceive;
  // One part from the beginning is what "Received" says already.
  const isPlain = ranges.length === 0 || (ranges.length === 1 && ranges[0]!.offset === 0);
  return [
    ['Parts', isPlain || total === 0 ? undefined : drawRanges(ranges, total)],
    ['', isPlain ? undefined : rangesText(ranges)],
    ['Last minute', rateText(rateHistory)],
  ];
}

/** `█` where all is here, `▒` where some is, `░` where nothing is. */
export function drawRanges(ranges: readonly TransferRange[], total: number): string {
  const covered = new Array<number>(stripWidth).fill(0);
  const cell = total / stripWidth;
  for (const { offset, length } of ranges) {
    const end = Math.min(total, offset + length);
    for (let index = Math.floor(offset / cell); index < stripWidth && index * cell < end; index++) {
      covered[index]! += Math.min(end, (index + 1) * cell) - Math.max(offset, index * cell);
    }
  }
  // The bounds of cells are no whole bytes.
  return covered.map(bytes => (bytes <= 0 ? '░' : bytes >= cell - 0.5 ? '█' : '▒')).join('');
}

function rangesText(ranges: readonly TransferRange[]): string {
  const named = ranges
    .slice(0, mostNamed)
    .map(({ offset, length }) => `${formatBytes(offset)} to ${formatBytes(offset + length)}`);
  const more = ranges.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A column for each second and what they come to; `undefined` when nothing came. */
export function rateText(rates: readonly number[]): string | undefined {
  const highest = Math.max(0, ...rates);
  if (highest === 0) return undefined;
  const columns = rates.map(rate => (rate === 0 ? ' ' : heights[Math.ceil((rate / highest) * heights.length) - 1]));
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return `${columns.join('')}▏ ${formatRate(average)} on average, ${formatRate(highest)} at its peak`;
}

/** Lines for the failed attempts, oldest first; none when none is known. */
export function attemptsText(attempts: readonly TransferAttempt[]): string[] {
  if (attempts.length === 0) return [];
  const line = ({ at, error }: TransferAttempt) => {
    const code = error.webErrorStatus === null ? error.code : `${error.code}, ${error.webErrorStatus}`;
    return `  ${new Date(at).toISOString()}  ${safeText(error.message)} [${code}]`;
  };
  return ['Failed attempts since the agent started:', ...attempts.map(line)];
}
