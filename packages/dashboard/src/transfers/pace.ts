// How long a transfer still takes: the agent's rate smoothed once more, so that the words do not flicker. Pure.
import type { TransferRecord } from '@longhaul/agent-protocol';

export interface Pace {
  /** Smoothed, bytes a second. */
  readonly bytesPerSecond: number;
  /** When it was last renewed, milliseconds since the epoch. */
  readonly at: number;
}

/** Bytes moved and expected in the direction of the transfer; `total` is `null` when the size is unknown (BT-71). */
export function amountOf(record: TransferRecord): { moved: number; total: number | null } {
  const [moved, total] =
    record.kind === 'download'
      ? [record.bytesReceived, record.totalBytesToReceive]
      : [record.bytesSent, record.totalBytesToSend];
  return { moved, total: total > 0 ? total : null };
}

/** The pace after hearing `record` at `at`; `null` while the transfer does not run or has no rate yet. */
export function stepPace(pace: Pace | null, record: TransferRecord, at: number, timeConstantMs: number): Pace | null {
  if (record.status !== 'running') return null;
  if (pace === null) return record.bytesPerSecond > 0 ? { bytesPerSecond: record.bytesPerSecond, at } : null;
  const weight = 1 - Math.exp(-Math.max(0, at - pace.at) / timeConstantMs);
  return { bytesPerSecond: pace.bytesPerSecond + weight * (record.bytesPerSecond - pace.bytesPerSecond), at };
}

/** Milliseconds until the end as seen at `now`, counting down between two records; `null` when nobody can know. */
export function timeLeftMs(record: TransferRecord, pace: Pace | null, now: number): number | null {
  const { moved, total } = amountOf(record);
  if (record.status !== 'running' || total === null || pace === null) return null;
  if (record.bytesPerSecond <= 0 || pace.bytesPerSecond < 1) return null;
  const left = (Math.max(0, total - moved) / pace.bytesPerSecond) * 1000;
  return Math.max(0, left - Math.max(0, now - pace.at));
}
