// PURE. One transfer as a line with a bar, for terminals.
import type { TransferRecord } from '@longhaul/agent-protocol';
import { statusOf } from '../words.ts';
import { numbersOf, whyOf } from './record-text.ts';
import { safeText } from './safe-text.ts';
import { shorten } from './table.ts';
import { formatBytes, fraction } from './units.ts';

const maxBarWidth = 30;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `width` columns of blocks for a part of 0 to 1; empty when the part is unknown. */
export function drawBar(part: number | undefined, width: number): string {
  if (part === undefined) return '·'.repeat(width);
  const full = Math.floor(part * width * 8);
  const whole = Math.floor(full / 8);
  const bar = '█'.repeat(whole) + (eighths[full % 8] ?? '');
  return bar + '░'.repeat(width - whole - (full % 8 > 0 ? 1 : 0));
}

/** `film.mp4  ████░░░░  45%  12.3 MiB of 27.0 MiB  1.2 MiB/s  8s` in at most `width` columns. */
export function barLine(record: TransferRecord, width: number): string {
  const { bytesReceived, totalBytesToReceive: total } = record;
  const [done, , rate, left] = numbersOf(record);
  const size = total > 0 ? `${formatBytes(bytesReceived)} of ${formatBytes(total)}` : formatBytes(bytesReceived);
  const facts = [done, size, record.status === 'running' ? rate : statusOf(record), left, whyOf(record)];
  const tail = facts.filter(Boolean).join('  ');
  const nameWidth = Math.max(8, Math.min(30, Math.floor(width * 0.25)));
  const name = shorten(safeText(record.file.slice(record.file.lastIndexOf('/') + 1)), nameWidth);
  const barWidth = Math.max(0, Math.min(maxBarWidth, width - nameWidth - tail.length - 4));
  const bar = barWidth >= 5 ? `${drawBar(fraction(bytesReceived, total), barWidth)}  ` : '';
  return shorten(`${name.padEnd(nameWidth)}  ${bar}${tail}`, width);
}

/** `film.mp4: running, 45%, 12.3 MiB of 27.0 MiB, 1.2 MiB/s, 8s left`: for logs. */
export function plainLine(record: TransferRecord): string {
  const { bytesReceived, totalBytesToReceive: total } = record;
  const [done, , rate, left] = numbersOf(record);
  const size = total > 0 ? `${formatBytes(bytesReceived)} of ${formatBytes(total)}` : formatBytes(bytesReceived);
  const why = whyOf(record);
  const facts = [
    why === undefined ? statusOf(record) : `${statusOf(record)} (${why})`,
    done,
    size,
    rate,
    left && `${left} left`,
  ];
  return `${safeText(record.file)}: ${facts.filter(Boolean).join(', ')}`;
}
