// PURE. BackgroundDownloadProgress (rows BT-70..BT-74) from two records in a row: what a progress handler is given.
import type { TransferRecord, TransferStatus } from '@longhaul/agent-protocol';

export interface DownloadProgress {
  /** Body bytes that are on disk. May be less than before after a restart (BT-70). */
  readonly bytesReceived: number;
  /** Body bytes of the whole file; 0 when unknown (BT-71). */
  readonly totalBytesToReceive: number;
  /** Smoothed; 0 unless running. */
  readonly bytesPerSecond: number;
  readonly status: TransferStatus;
  /** In words, why it is not running; `null` when there is nothing to say. */
  readonly reason: string | null;
  /** True when the server's answer is a new one since the last progress (BT-73). */
  readonly hasResponseChanged: boolean;
  /** True only in the first progress after the file was started from zero again (BT-74). */
  readonly hasRestarted: boolean;
}

/** `previous` is the record that the last progress was made of; `undefined` for the first. The result is frozen (BT-76). */
export function progressOf(record: TransferRecord, previous: TransferRecord | undefined): DownloadProgress {
  return Object.freeze({
    bytesReceived: record.bytesReceived,
    totalBytesToReceive: record.totalBytesToReceive,
    bytesPerSecond: record.bytesPerSecond,
    status: record.status,
    reason: record.reason,
    hasResponseChanged:
      record.statusCode !== (previous?.statusCode ?? null) ||
      record.actualUrl !== (previous?.actualUrl ?? null) ||
      record.isResumable !== (previous?.isResumable ?? null),
    hasRestarted: record.hasRestarted && (!previous?.hasRestarted || record.bytesReceived < previous.bytesReceived),
  });
}

/** Whether a record says anything to a progress handler that the previous one did not. */
export function isNews(record: TransferRecord, previous: TransferRecord | undefined): boolean {
  if (!previous) return true;
  const now = progressOf(record, previous);
  const before = progressOf(previous, previous);
  return (Object.keys(now) as (keyof DownloadProgress)[]).some(key => now[key] !== before[key]);
}
