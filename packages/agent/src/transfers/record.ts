// A row and what is happening right now, as the record that every client sees. Pure: the words of `reason` stand here.

import { dirname } from 'node:path/posix';
import type { TransferRange, TransferRecord } from '@longhaul/agent-protocol';
import { type ByteRange, fromPrefix } from './byte-ranges.ts';
import { publicUrl } from './redact-url.ts';
import { durableBytesOf, type TransferRow } from './row.ts';
import { publicStatus } from './transfer-states.ts';

/** What a running attempt knows and the disk does not yet. */
export interface LiveFacts {
  readonly bytesReceived: number;
  /** Which they are. */
  readonly ranges: readonly ByteRange[];
  readonly bytesPerSecond: number;
  /** That carry its body. */
  readonly connections: number;
  readonly response: Partial<Pick<TransferRow, 'actualUrl' | 'statusCode' | 'isResumable' | 'total' | 'checksum'>>;
  readonly revision: number;
}

export function toRecord(durable: TransferRow, live: LiveFacts | undefined): TransferRecord {
  const row = live === undefined ? durable : { ...durable, ...live.response };
  const { state } = row;
  return {
    id: row.id,
    kind: 'download',
    app: row.app,
    status: publicStatus[state.name],
    reason: reasonOf(row),
    url: publicUrl(row.url),
    actualUrl: row.actualUrl,
    file: row.finalName === null ? row.file : `${folderOf(row.file)}${row.finalName}`,
    collision: row.collision,
    isStarted: row.startedAt !== null,
    bytesReceived: live?.bytesReceived ?? durableBytesOf(row),
    totalBytesToReceive: row.total ?? 0,
    bytesSent: 0,
    totalBytesToSend: 0,
    bytesPerSecond: state.name === 'running' ? Math.round(live?.bytesPerSecond ?? 0) : 0,
    maxBytesPerSecond: row.maxBytesPerSecond,
    connections: state.name === 'running' && live !== undefined ? live.connections : 0,
    checksum: row.checksum,
    statusCode: row.statusCode,
    isResumable: row.isResumable,
    hasRestarted: row.hasRestarted,
    isLengthVerified: row.isLengthVerified,
    failedAttempts: row.failedAttempts,
    retryAt: state.name === 'retrying' ? state.retryAt : null,
    error: 'error' in state ? state.error : null,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: 'finishedAt' in state ? state.finishedAt : null,
    revision: Math.max(row.revision, live?.revision ?? 0),
  };
}

/** What has been received. */
export function rangesOf(row: TransferRow, live: LiveFacts | undefined): TransferRange[] {
  const ranges = live?.ranges ?? fromPrefix(row.offset, row.ranges);
  return ranges.map(([from, to]) => ({ offset: from, length: to - from }));
}

const folderOf = (file: string): string => {
  const folder = dirname(file);
  return folder.endsWith('/') ? folder : `${folder}/`;
};

function reasonOf(row: TransferRow): string | null {
  const { state } = row;
  switch (state.name) {
    case 'created':
      return 'It was not started yet.';
    case 'queued':
      return 'It waits for a free slot.';
    case 'retrying':
      return `Attempt ${row.failedAttempts} failed and the next one is scheduled: ${state.error.message}`;
    case 'finishing':
      return 'All bytes are there; the file gets its name.';
    case 'paused-by-application':
      return 'It was paused on request and waits for a resume.';
    case 'paused-costed-network':
      return 'The network costs money and the cost policy does not allow it.';
    case 'paused-no-network':
      return 'There is no network; it goes on by itself when there is one.';
    case 'paused-system-policy':
    case 'paused-recoverable-web-error':
    case 'error':
      return state.error.message;
    default:
      return null;
  }
}
