// What the page knows of the open transfer beside its record, and when it asks for it again. Pure.
import type { TransferDetails, TransferRecord } from '@longhaul/agent-protocol';

export interface KnownDetails {
  readonly details: TransferDetails;
  /** Of the record when they were asked for. */
  readonly revision: number;
  /** When they were asked for, milliseconds since the epoch. */
  readonly at: number;
}

/** At once when nothing is known of it, then at most every `everyMs`: while it runs, and when its record has changed. */
export function isToBeAsked(record: TransferRecord, known: KnownDetails | null, now: number, everyMs: number): boolean {
  if (known === null || known.details.id !== record.id) return true;
  // A clock that was set back must not stop the asking.
  if (Math.abs(now - known.at) < everyMs) return false;
  return record.status === 'running' || record.revision !== known.revision;
}
