// One transfer as a typed value, and as the cells of its row.
import type { SQLOutputValue } from 'node:sqlite';
import type { CollisionOption, TransferChecksum, TransferError } from '@longhaul/agent-protocol';
import { type ByteRange, bytesIn } from './byte-ranges.ts';
import { isFinished, type StateName, type TransferState } from './transfer-states.ts';

/** What makes a part file ours: where it is and which one (as decimal text: inode numbers do not fit a double). */
export interface PartIdentity {
  readonly dev: string;
  readonly ino: string;
  /** Time of birth in nanoseconds; `0` where the file system knows none. */
  readonly born: string;
}

/** One transfer as it is on the disk. */
export interface TransferRow {
  readonly id: string;
  readonly app: string;
  /** As given, user name and password included: never shown, never logged. */
  readonly url: string;
  /** `URL.host`: the scheduler's key. */
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Target as given. */
  readonly file: string;
  /** Canonical folder and name: two spellings of one target are one key (BT-20). */
  readonly targetKey: string;
  readonly collision: CollisionOption;
  readonly state: TransferState;
  /** Name that was really given; `null` until the file is finished. */
  readonly finalName: string | null;
  readonly part: PartIdentity | null;
  /** The part file is to be deleted and could not be yet; tried again at the next opening. */
  readonly discardsPart: boolean;
  /** Up to here every byte of the part file is known to be durable. */
  readonly offset: number;
  /** Durable bytes behind a gap; only with a validator and a total. */
  readonly ranges: readonly ByteRange[];
  /** The most bytes there ever were: only what lies beyond is progress. */
  readonly highWater: number;
  /** `null` when unknown. */
  readonly total: number | null;
  /** Strong entity tag or last-modified date of the bytes in the part file; `null` when they cannot be continued. */
  readonly validator: string | null;
  readonly actualUrl: string | null;
  readonly statusCode: number | null;
  readonly isResumable: boolean | null;
  readonly hasRestarted: boolean;
  readonly isLengthVerified: boolean | null;
  readonly failedAttempts: number;
  /** What the bytes are compared with; from the origin it belongs to the bytes in the part file. */
  readonly checksum: TransferChecksum | null;
  /** The transfer's own rate limit; `null` = none. */
  readonly maxBytesPerSecond: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly revision: number;
}

const settledColumns: ReadonlySet<string> = new Set([
  'id',
  'app',
  'kind',
  'url',
  'host',
  'file',
  'collision',
  'created_at',
]);
/** How many bytes are known to be durable. */
export const durableBytesOf = ({ offset, ranges }: Pick<TransferRow, 'offset' | 'ranges'>): number =>
  offset + bytesIn(ranges);

export const columns = [
  'id',
  'app',
  'kind',
  'url',
  'host',
  'headers',
  'file',
  'target_key',
  'collision',
  'state',
  'is_finished',
  'final_name',
  'part_dev',
  'part_ino',
  'part_born',
  'discards_part',
  'offset',
  'ranges',
  'high_water',
  'total',
  'validator',
  'actual_url',
  'status_code',
  'is_resumable',
  'has_restarted',
  'is_length_verified',
  'failed_attempts',
  'checksum',
  'max_bytes_per_second',
  'retry_at',
  'error',
  'created_at',
  'started_at',
  'finished_at',
  'revision',
] as const;
/** What an update writes. The others are settled at creation; writing them again would touch their indexes each time. */
export const changingColumns = columns.filter(column => !settledColumns.has(column));
export type Raw = Record<string, SQLOutputValue>;
type Cell = string | number | null;

const toBit = (value: boolean | null): number | null => (value === null ? null : Number(value));
const fromBit = (value: SQLOutputValue | undefined): boolean | null => (value === null ? null : value === 1);

export function toCells(row: TransferRow): Record<(typeof columns)[number], Cell> {
  const { state } = row;
  return {
    id: row.id,
    app: row.app,
    kind: 'download',
    url: row.url,
    host: row.host,
    headers: JSON.stringify(row.headers),
    file: row.file,
    target_key: row.targetKey,
    collision: row.collision,
    state: state.name,
    is_finished: Number(isFinished(state)),
    final_name: state.name === 'finishing' ? state.finalName : row.finalName,
    part_dev: row.part?.dev ?? null,
    part_ino: row.part?.ino ?? null,
    part_born: row.part?.born ?? null,
    discards_part: Number(row.discardsPart),
    offset: row.offset,
    ranges: row.ranges.length === 0 ? null : JSON.stringify(row.ranges),
    high_water: row.highWater,
    total: row.total,
    validator: row.validator,
    actual_url: row.actualUrl,
    status_code: row.statusCode,
    is_resumable: toBit(row.isResumable),
    has_restarted: Number(row.hasRestarted),
    is_length_verified: toBit(row.isLengthVerified),
    failed_attempts: row.failedAttempts,
    checksum: row.checksum === null ? null : JSON.stringify(row.checksum),
    max_bytes_per_second: row.maxBytesPerSecond,
    retry_at: 'retryAt' in state ? state.retryAt : null,
    error: 'error' in state && state.error !== null ? JSON.stringify(state.error) : null,
    created_at: row.createdAt,
    started_at: row.startedAt,
    finished_at: 'finishedAt' in state ? state.finishedAt : null,
    revision: row.revision,
  };
}

function toState(raw: Raw): TransferState {
  const name = raw.state as StateName;
  const error = raw.error === null ? null : (JSON.parse(raw.error as string) as TransferError);
  return {
    name,
    ...(name === 'finishing' && { finalName: raw.final_name }),
    ...(raw.retry_at !== null && { retryAt: raw.retry_at }),
    ...((error !== null || name === 'paused-no-network') && { error }),
    ...(raw.finished_at !== null && { finishedAt: raw.finished_at }),
  } as TransferState;
}

export function toRow(raw: Raw): TransferRow {
  return {
    id: raw.id as string,
    app: raw.app as string,
    url: raw.url as string,
    host: raw.host as string,
    headers: JSON.parse(raw.headers as string) as [string, string][],
    file: raw.file as string,
    targetKey: raw.target_key as string,
    collision: raw.collision as CollisionOption,
    state: toState(raw),
    finalName: raw.final_name as string | null,
    part:
      raw.part_ino === null
        ? null
        : { dev: raw.part_dev as string, ino: raw.part_ino as string, born: raw.part_born as string },
    discardsPart: raw.discards_part === 1,
    offset: raw.offset as number,
    ranges: raw.ranges === null ? [] : (JSON.parse(raw.ranges as string) as ByteRange[]),
    highWater: raw.high_water as number,
    total: raw.total as number | null,
    validator: raw.validator as string | null,
    actualUrl: raw.actual_url as string | null,
    statusCode: raw.status_code as number | null,
    isResumable: fromBit(raw.is_resumable),
    hasRestarted: raw.has_restarted === 1,
    isLengthVerified: fromBit(raw.is_length_verified),
    failedAttempts: raw.failed_attempts as number,
    checksum: raw.checksum === null ? null : (JSON.parse(raw.checksum as string) as TransferChecksum),
    maxBytesPerSecond: raw.max_bytes_per_second as number | null,
    createdAt: raw.created_at as number,
    startedAt: raw.started_at as number | null,
    revision: raw.revision as number,
  };
}
