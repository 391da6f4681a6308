// What is recorded of runs whose host or agent has died under them: the verdicts say what, here it becomes rows.
import type { Ledger, RunPatch } from './ledger.ts';
import type { RunEvent } from './run-states.ts';
import type { RunRow } from './runs-table.ts';
import { type RunInHost, type VerdictLimits, verdictOf } from './verdicts.ts';

export function inHost({ id, state, losses }: RunRow): RunInHost | undefined {
  return state.name === 'running' || state.name === 'canceling' ? { id, state, losses } : undefined;
}

/** What changes with `event` beside the state. */
export const patchOf = (row: RunRow, event: RunEvent, losses: number = row.losses): RunPatch =>
  event.name === 'lose-host' ? { losses, attempt: row.attempt + 1 } : { losses };

/** Every run that an agent had in its hosts when it died, as it is now. */
export function afterAgentDeath(ledger: Ledger, limits: VerdictLimits): RunRow[] {
  return ledger.runs.unfinished().flatMap(row => {
    const run = inHost(row);
    if (run === undefined) return [];
    const { event, losses } = verdictOf(run, 0, { kind: 'agent-died' }, limits);
    return ledger.apply(row, event, patchOf(row, event, losses));
  });
}
