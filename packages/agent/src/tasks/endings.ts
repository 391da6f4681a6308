// What has become of runs: recorded, though it may take until the disk has room again, and then told to the sockets. A run that
// has lost its host is in line again.
import type { Again } from '../pace/again.ts';
import { patchOf } from './after-death.ts';
import { socketRunOf, type TaskBroker } from './broker.ts';
import type { Ledger, RunPatch } from './ledger.ts';
import type { LiveRun } from './live-run.ts';
import type { RunLogs } from './run-logs.ts';
import type { RunEvent } from './run-states.ts';
import type { RunRow } from './runs-table.ts';
import type { Seats } from './seats.ts';

export interface EndingsOptions {
  readonly ledger: Pick<Ledger, 'apply'>;
  readonly logs: Pick<RunLogs, 'textOf' | 'forget'>;
  readonly seats: Pick<Seats, 'leave'>;
  readonly again: Again;
  readonly broker: Pick<TaskBroker, 'over'>;
  readonly log: { warn(facts: object, message: string): void };
  /** A run of the app waits for its next attempt. */
  readonly inLine: (app: string) => void;
  /** A place is free. */
  readonly left: () => void;
}

export class Endings {
  readonly #options: EndingsOptions;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** It leaves its host: over, or in line again. It keeps its place until that is recorded. */
  leave(live: LiveRun, event: RunEvent, patch: RunPatch = patchOf(live.row, event)): void {
    const { ledger, seats, again, inLine, left } = this.#options;
    live[Symbol.dispose]();
    again.do(live.row.id, () => {
      if (event.name === 'lose-host') {
        ledger.apply(live.row, event, patch);
        inLine(live.row.app);
      } else this.over(live.row, event, patch);
      seats.leave(live);
      left();
    });
  }

  /** One that is over at once. @throws what the ledger throws */
  over(before: RunRow, event: RunEvent, patch: RunPatch = {}): RunRow {
    const { ledger, logs } = this.#options;
    const row = ledger.apply(before, event, patch, logs.textOf(before.id));
    logs.forget(before.id);
    this.tell(row);
    return row;
  }

  tell(row: RunRow): void {
    const { state, app, id } = row;
    if (state.name !== 'completed' && state.name !== 'failed' && state.name !== 'canceled') return;
    if (state.name === 'failed') this.#options.log.warn({ app, run: id, error: state.error }, 'a run failed');
    this.#options.broker.over(socketRunOf(row), state.name);
  }
}
