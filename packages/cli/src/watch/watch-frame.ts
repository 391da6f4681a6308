// PURE. What `longhaul watch` paints: a row for each transfer in columns that do not move, as many as the window has lines,
// those that run first, and a line with the totals.
import { isTerminal, type TransferRecord } from '@longhaul/agent-protocol';
import stringWidth from 'string-width';
import { drawBar } from '../output/bar.ts';
import { numbersOf, whyOf } from '../output/record-text.ts';
import { safeText } from '../output/safe-text.ts';
import { shorten } from '../output/table.ts';
import { formatBytes, formatDuration, formatRate, fraction, timeLeftMs } from '../output/units.ts';
import { statusOf, words } from '../words.ts';
import { countsOf, fitted, footOf, framed, type Paint, roomFor, type WatchWindow, widthOf } from './watch-window.ts';

/** Lines for one picture, none wider and all together not higher than the window. */
export function watchFrame(records: readonly TransferRecord[], window: WatchWindow, paint: Paint): string[] {
  const width = widthOf(window);
  const foot = footOf(window, totalsLine(records, width), paint);
  const { shown, more } = fitted(inOrder(records), roomFor(window, foot));
  const layout = layoutOf(width);
  const lines = shown.map(record => row(record, layout, paint));
  return framed(window, [...lines, ...more.map(line => shorten(line, width))], foot);
}

/** Running ones, then waiting ones, each oldest first; then those that have ended, the latest first. */
export function inOrder(records: readonly TransferRecord[]): TransferRecord[] {
  const rank = ({ status }: TransferRecord) => (status === 'running' ? 0 : isTerminal(status) ? 2 : 1);
  const endedAt = ({ finishedAt }: TransferRecord) => finishedAt ?? 0;
  return [...records].sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? endedAt(b) - endedAt(a) : 0));
}

interface Layout {
  readonly name: number;
  readonly done: number;
  /** 0: there is no room for it. So below. */
  readonly bar: number;
  readonly size: number;
  readonly state: number;
}

const gap = 2;
const doneWidth = 4;
const sizeWidth = 8;
const rateWidth = 10;
const leftWidth = 7;
const separator = ' · ';

/** What is less needed gives way first: bar, size, state. */
function layoutOf(width: number): Layout {
  const least = { state: rateWidth + gap + leftWidth, size: sizeWidth, bar: 8 };
  let rest = width - doneWidth - gap - 8;
  const take = (column: number) => {
    if (rest < column + gap) return 0;
    rest -= column + gap;
    return column;
  };
  let state = take(least.state);
  const size = take(least.size);
  let bar = take(least.bar);
  rest = Math.max(0, rest);
  // The word "running" behind rate and time, then room for reasons, long names and a finer bar.
  const word = state > 0 ? Math.min(rest, gap + words.watch.running.length) : 0;
  rest -= word;
  const more = bar > 0 ? Math.min(16, Math.floor(rest * 0.3)) : 0;
  bar += more;
  rest -= more;
  const reasons = state > 0 ? Math.floor(rest * 0.4) : 0;
  state += word + reasons;
  return {
    name: Math.min(Math.max(1, width), 8 + rest - reasons),
    done: width >= 14 ? doneWidth : 0,
    bar,
    size,
    state,
  };
}

function row(record: TransferRecord, layout: Layout, paint: Paint): string {
  const [done, size] = numbersOf(record);
  const { bytesReceived, totalBytesToReceive } = record;
  const name = shorten(safeText(record.file.slice(record.file.lastIndexOf('/') + 1)), layout.name);
  const cells = [name + ' '.repeat(Math.max(0, layout.name - stringWidth(name)))];
  if (layout.bar > 0) cells.push(drawBar(fraction(bytesReceived, totalBytesToReceive), layout.bar));
  if (layout.done > 0) cells.push(done.padStart(layout.done));
  if (layout.size > 0) cells.push(size.padStart(layout.size));
  if (layout.state > 0) cells.push(paintState(record, stateText(record, layout.state), paint));
  return cells.join(' '.repeat(gap));
}

/** Rate, time left and status of one that runs; status and reason of the others. */
function stateText(record: TransferRecord, width: number): string {
  const [, , rate, left] = numbersOf(record);
  const why = whyOf(record);
  const status = why === undefined ? statusOf(record) : `${statusOf(record)}: ${why}`;
  if (record.status !== 'running' || rate === '') return shorten(status, width);
  const numbers = `${rate.padStart(rateWidth)}${' '.repeat(gap)}${left.padStart(leftWidth)}`;
  // Half a word is worth less than the whole time left.
  const room = width - numbers.length - gap;
  return room < words.watch.running.length ? numbers : `${numbers}${' '.repeat(gap)}${shorten(status, room)}`;
}

function paintState({ status }: TransferRecord, text: string, paint: Paint): string {
  if (status === 'error') return paint('red', text);
  if (status === 'completed') return paint('green', text);
  return status === 'running' ? text : paint('yellow', text);
}

/** `2 running, 1 waiting, 3 completed · 12.3 MiB/s · 2m 05s left · 1.2 GiB of 3.4 GiB`, as much of it as fits. */
export function totalsLine(records: readonly TransferRecord[], width: number): string {
  if (records.length === 0) return shorten(words.notices.noTransfers, width);
  const running = records.filter(({ status }) => status === 'running');
  const rate = running.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  const received = running.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
  // One whose end is unknown makes that of all unknown.
  const isKnown = running.length > 0 && running.every(({ totalBytesToReceive }) => totalBytesToReceive > 0);
  const total = isKnown ? running.reduce((sum, { totalBytesToReceive }) => sum + totalBytesToReceive, 0) : 0;
  const left = timeLeftMs(received, total, rate);
  const facts = [
    countsOf(inOrder(records).map(statusOf)),
    rate > 0 ? formatRate(rate) : '',
    left === undefined ? '' : `${formatDuration(left)} left`,
    total > 0 ? `${formatBytes(received)} of ${formatBytes(total)}` : '',
  ].filter(Boolean);
  while (facts.length > 1 && stringWidth(facts.join(separator)) > width) facts.pop();
  return shorten(facts.join(separator), width);
}
