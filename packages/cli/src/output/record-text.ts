// PURE. Transfer records as people read them: a table of many, all facts of one.
import { cliAppId, isTerminal, type TransferRecord } from '@longhaul/agent-protocol';
import { statusOf } from '../words.ts';
import { safeText } from './safe-text.ts';
import { type Column, formatTable } from './table.ts';
import { formatBytes, formatDuration, formatPercent, formatRate, fraction, timeLeftMs } from './units.ts';

const columns: readonly Column[] = [
  { title: 'ID' },
  { title: 'APP' },
  { title: 'STATUS' },
  { title: 'DONE', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'RATE', align: 'right' },
  { title: 'LEFT', align: 'right' },
  { title: 'FILE', isFlexible: true },
];

/** One line for each, and one more under those that have something to say about themselves. */
export function listText(records: readonly TransferRecord[], width?: number): string[] {
  const idLength = shortIdLength(records.map(record => record.id));
  // The app is worth a column only when there is another than the command itself.
  const hasApps = records.some(record => record.app !== cliAppId);
  const [head, ...lines] = formatTable(
    columns.filter(({ title }) => hasApps || title !== 'APP'),
    records.map(record => [
      record.id.slice(0, idLength),
      ...(hasApps ? [record.app] : []),
      statusOf(record),
      ...numbersOf(record),
      safeText(record.file),
    ]),
    width,
  );
  const indent = ' '.repeat(idLength + 2);
  return [
    head!,
    ...lines.flatMap((line, index) => {
      const why = whyOf(records[index]!);
      return why === undefined ? [line] : [line, `${indent}${why}`];
    }),
  ];
}

/** Done, size, rate and time left, empty where there is nothing to say. */
export function numbersOf(record: TransferRecord): [string, string, string, string] {
  const { bytesReceived, totalBytesToReceive, bytesPerSecond, status } = record;
  const left = timeLeftMs(bytesReceived, totalBytesToReceive, bytesPerSecond);
  return [
    formatPercent(fraction(bytesReceived, totalBytesToReceive)),
    formatBytes(totalBytesToReceive > 0 ? totalBytesToReceive : bytesReceived),
    status === 'running' && bytesPerSecond > 0 ? formatRate(bytesPerSecond) : '',
    status === 'running' && left !== undefined ? formatDuration(left) : '',
  ];
}

/** Why it is not running, or what went wrong; `undefined` when there is nothing to say. */
export function whyOf(record: TransferRecord): string | undefined {
  const { status, error, reason } = record;
  const text = status === 'error' ? (error?.message ?? reason) : reason;
  return text === null || text === undefined ? undefined : safeText(text);
}

/** So many characters that all ids differ; at least 8. */
export function shortIdLength(ids: readonly string[]): number {
  let length = 8;
  while (length < 36 && new Set(ids.map(id => id.slice(0, length))).size < new Set(ids).size) length++;
  return length;
}

/** Names and values, as `factsText` takes them. */
export type Facts = readonly (readonly [string, string | undefined])[];

/** Every fact of one transfer. `now` in milliseconds since the epoch. */
export function recordFacts(record: TransferRecord, now: number): Facts {
  const { error } = record;
  const [done, , rate, left] = numbersOf(record);
  const total = record.totalBytesToReceive;
  const size = `${formatBytes(record.bytesReceived)} of ${total > 0 ? formatBytes(total) : 'unknown size'}`;
  return [
    ['Id', record.id],
    ['App', record.app],
    ['Status', statusOf(record)],
    ['Why', whyOf(record)],
    ['URL', record.url],
    ['Came from', record.actualUrl !== null && record.actualUrl !== record.url ? record.actualUrl : undefined],
    ['File', record.file],
    ['When it exists', record.collision],
    ['Received', done === '' ? size : `${size} (${done})`],
    ['Rate', rate || undefined],
    ['Time left', left || undefined],
    ['Connections', record.connections > 0 ? String(record.connections) : undefined],
    ['Limit', record.maxBytesPerSecond === null ? undefined : formatRate(record.maxBytesPerSecond)],
    ['Checksum', checksumText(record)],
    ['Server said', record.statusCode === null ? undefined : `HTTP ${record.statusCode}`],
    ['Can continue', record.isResumable === null ? undefined : record.isResumable ? 'yes' : 'no: starts from zero'],
    ['Restarted', record.hasRestarted ? 'yes: the file had to be started from zero again' : undefined],
    [
      'Length',
      record.isLengthVerified === false ? 'unverified: the server did not say where the file ends' : undefined,
    ],
    ['Error', error ? `${error.code}${error.webErrorStatus ? ` (${error.webErrorStatus})` : ''}` : undefined],
    ['Failed attempts', record.failedAttempts > 0 ? String(record.failedAttempts) : undefined],
    ['Next attempt', record.retryAt === null ? undefined : `in ${formatDuration(record.retryAt - now)}`],
    ['Created', timeText(record.createdAt)],
    ['Started', timeText(record.startedAt)],
    ['Ended', timeText(record.finishedAt)],
  ];
}

/** Names and values in two columns; what has no value is left out, what has no name goes on with what stands above. */
export function factsText(facts: Facts): string[] {
  const shown = facts.filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  return shown.map(([name, value]) => `${(name === '' ? '' : `${name}:`).padEnd(width)}${safeText(value ?? '')}`);
}

function checksumText({ checksum, status, error }: TransferRecord): string | undefined {
  if (!checksum) return undefined;
  const from = checksum.source === 'origin' ? ', named by the server' : '';
  let state = 'not verified yet';
  if (checksum.isVerified) state = 'verified';
  else if (error?.code === 'integrity-failure') state = 'not what came';
  else if (isTerminal(status)) state = 'not compared';
  return `${checksum.algorithm}=${checksum.expected} (${state}${from})`;
}

/** `3m 05s ago`. */
export const agoText = (at: number, now: number): string => `${formatDuration(now - at)} ago`;

/** `2026-11-21T09:40:00.000Z (3m 05s ago)`. */
export const momentText = (at: number, now: number): string => `${new Date(at).toISOString()} (${agoText(at, now)})`;

const timeText = (time: number | null): string | undefined =>
  time === null ? undefined : new Date(time).toISOString();
