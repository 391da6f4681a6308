// What the page knows of the open run beside its record (its log), and when it asks for it again. Pure.
import { isRunOver, type RunDetails, type RunRecord } from '@longhaul/agent-protocol';

export interface KnownRun {
  readonly details: RunDetails;
  /** When it was asked for, milliseconds since the epoch. */
  readonly at: number;
}

/** At once when nothing is known of it, then at most every `everyMs` while it is under way, and once more when it is over. */
export function isRunToBeAsked(run: RunRecord, known: KnownRun | null, now: number, everyMs: number): boolean {
  if (known === null || known.details.id !== run.id) return true;
  const { status, attempt } = known.details;
  const isNews = status !== run.status || attempt !== run.attempt;
  // A clock that was set back must not stop the asking.
  if (Math.abs(now - known.at) < everyMs) return false;
  return isNews || !isRunOver(run.status);
}
