// A transfer before anything of it has run. Pure.
import type { ParsedCreateDownloadRequest } from '@longhaul/agent-protocol';
import { nothingHeld } from './resume.ts';
import type { TransferRow } from './row.ts';

/** What a transfer knows before it first runs, its part file aside. */
export const unstarted = Object.freeze({
  discardsPart: false,
  finalName: null,
  ...nothingHeld,
  highWater: 0,
  actualUrl: null,
  statusCode: null,
  isResumable: null,
  hasRestarted: false,
  isLengthVerified: null,
  failedAttempts: 0,
}) satisfies Partial<TransferRow>;

/** What was made of a request at the door. */
export type CheckedRequest = Pick<TransferRow, 'host' | 'headers' | 'targetKey'>;

/** `now` in milliseconds since the epoch. */
export function newRow(
  app: string,
  request: ParsedCreateDownloadRequest,
  { host, headers, targetKey }: CheckedRequest,
  now: number,
): TransferRow {
  const { id, url, file, collision, checksum, maxBytesPerSecond, start } = request;
  return {
    ...unstarted,
    id,
    app,
    url,
    host,
    headers,
    file,
    targetKey,
    collision,
    state: { name: start ? 'queued' : 'created' },
    part: null,
    checksum: checksum === null ? null : { ...checksum, source: 'request', isVerified: false },
    maxBytesPerSecond,
    createdAt: now,
    startedAt: start ? now : null,
    revision: 1,
  };
}
