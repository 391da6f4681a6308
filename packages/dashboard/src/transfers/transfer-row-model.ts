// What a row shows, worked out from a record: every word and number of it. Pure.
import { cliAppId, isTerminal, type TransferRecord } from '@longhaul/agent-protocol';
import { bytesInWords, limitInWords, percentOf, rateInWords } from '../words/amounts.ts';
import { timeLeftInWords } from '../words/durations.ts';
import { addressInWords, hostInWords } from '../words/place-words.ts';
import { type Problem, problemOfTransfer } from '../words/problem-words.ts';
import { isBetweenAttempts, statusInWords } from '../words/status-words.ts';
import { amountOf, timeLeftMs } from './pace.ts';
import type { TransferEntry } from './transfer-list.ts';

export interface TransferRowModel {
  readonly host: string;
  readonly address: string;
  /** Whose transfer it is; `null` for those of the command. */
  readonly app: string | null;
  /** Whole percent; `null` when the size is unknown and the transfer is not over. */
  readonly percent: number | null;
  readonly percentWords: string | null;
  /** True while bytes are expected to come. */
  readonly isMoving: boolean;
  /** 0..1. */
  readonly share: number;
  readonly amount: string;
  readonly rate: string | null;
  /** A limit of its own. */
  readonly limit: string | null;
  readonly timeLeft: string | null;
  readonly progressWords: string;
  readonly status: string;
  readonly detail: string | null;
  /** Facts worth a line of their own. */
  readonly notes: readonly string[];
  readonly problem: Problem | null;
}

/** `isLive` false: no rate and no time left, for nobody knows them. */
export function rowOf({ record, pace }: TransferEntry, now: number, isLive: boolean): TransferRowModel {
  const { moved, total } = amountOf(record);
  const isCompleted = record.status === 'completed';
  // A finished transfer without a size was exactly as long as what came.
  const percent = isCompleted ? 100 : total === null ? null : percentOf(moved, total);
  const isMoving = isLive && record.status === 'running' && !isBetweenAttempts(record, now);
  // Between the last byte and the end the file gets its name.
  const isAllHere = total !== null && moved >= total;
  const left = isMoving && !isAllHere ? timeLeftMs(record, pace, now) : null;
  const amount = amountInWords(record);
  const percentWords = percent === null || isCompleted ? null : `${percent} %`;
  const words = statusInWords(record, now);
  return {
    host: hostInWords(record.url),
    address: addressInWords(record.url),
    app: record.app === cliAppId ? null : record.app,
    percent,
    percentWords,
    isMoving,
    share: isCompleted ? 1 : total === null ? 0 : Math.min(1, moved / total),
    amount,
    rate: isMoving && !isAllHere ? rateInWords(record.bytesPerSecond) : null,
    limit:
      record.maxBytesPerSecond === null || isTerminal(record.status)
        ? null
        : `at most ${limitInWords(record.maxBytesPerSecond)}`,
    timeLeft: left === null ? null : timeLeftInWords(left),
    progressWords: percentWords === null ? amount : `${percentWords}, ${amount}`,
    status: words.status,
    detail: words.detail,
    notes: notesOf(record),
    problem: problemIn(record),
  };
}

function amountInWords(record: TransferRecord): string {
  const { moved, total } = amountOf(record);
  if (record.status === 'completed') return bytesInWords(moved);
  if (total !== null) return `${bytesInWords(moved)} of ${bytesInWords(total)}`;
  if (moved > 0) return `${bytesInWords(moved)} of an unknown size`;
  return isTerminal(record.status) ? 'Nothing received' : 'Size not known yet';
}

/** While it is tried again by itself, nobody has to do anything: the message alone. */
function problemIn(record: TransferRecord): Problem | null {
  if (record.error === null || record.status === 'canceled') return null;
  const problem = problemOfTransfer(record.error);
  return record.retryAt === null ? problem : { message: problem.message, fix: null };
}

/**
 * The clock as this row needs it: `now` where the words change every second, a number that moves once a minute where they
 * change every minute, 0 where they never do. So a row is made again only when its words differ.
 */
export function clockOf({ record }: TransferEntry, now: number): number {
  if (record.status === 'running' || record.retryAt !== null) return now;
  if (record.finishedAt === null) return 0;
  const age = now - record.finishedAt;
  return age < minuteMs ? now : record.finishedAt + Math.floor(age / minuteMs) * minuteMs;
}

const minuteMs = 60_000;

function notesOf(record: TransferRecord): string[] {
  const notes: string[] = [];
  if (record.hasRestarted) notes.push('The file at the server changed, so it was started again from the beginning.');
  if (record.isLengthVerified === false) {
    notes.push('The server did not say how long the file is; that it is whole could not be checked.');
  }
  if (record.isResumable === false && record.status === 'running') {
    notes.push('The server cannot continue in the middle: a pause starts it from the beginning.');
  }
  return notes;
}
