// The runs that have a place in a host, each under its id, until it is recorded what has become of them. A host is busy while it
// has one of them, and idle after the last.
import type { Hosts, SeatedHost } from './hosts.ts';
import { LiveRun, type LiveRunOptions } from './live-run.ts';
import type { RunRow } from './runs-table.ts';

export interface SeatsOptions extends Pick<LiveRunOptions, 'ledger' | 'limits'> {
  readonly hosts: Pick<Hosts, 'busy' | 'idle' | 'isReady'>;
  /** Somebody has left. */
  readonly changed: () => void;
}

export class Seats {
  readonly #options: SeatsOptions;
  readonly #runs = new Map<string, LiveRun>();

  constructor(options: SeatsOptions) {
    this.#options = options;
  }

  find(id: string): LiveRun | undefined {
    return this.#runs.get(id);
  }

  all(): LiveRun[] {
    return [...this.#runs.values()];
  }

  in(host: SeatedHost): LiveRun[] {
    return this.all().filter(live => live.host === host);
  }

  isEmpty(host: SeatedHost): boolean {
    return this.in(host).length === 0;
  }

  /** Not one whose host has died since, or that is over. */
  has(live: LiveRun): boolean {
    return this.#runs.get(live.row.id) === live && !live.hasLeft;
  }

  take(row: RunRow, host: SeatedHost, ended: LiveRunOptions['ended']): LiveRun {
    const { hosts, ledger, limits } = this.#options;
    hosts.busy(host);
    const live = new LiveRun(row, { host, ledger, limits, isHostReady: () => hosts.isReady(host), ended });
    this.#runs.set(row.id, live);
    return live;
  }

  leave({ row, host }: LiveRun): void {
    this.#runs.delete(row.id);
    this.release(host);
    this.#options.changed();
  }

  /** Nobody has come after all, or somebody has left. */
  release(host: SeatedHost): void {
    if (this.isEmpty(host)) this.#options.hosts.idle(host);
  }
}
