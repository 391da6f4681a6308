// Apps whose runs wait for a place in a host: whose turn it is (by turns.ts), and which hosts have to make room.
import type { SeatedHost } from './hosts.ts';
import type { TaskLimits } from './options.ts';
import type { RunRow, RunsTable } from './runs-table.ts';
import { mayStart, yielding } from './turns.ts';

export interface LineOptions {
  readonly runs: Pick<RunsTable, 'next'>;
  readonly hosts: { get(app: string): SeatedHost | undefined; all(): readonly SeatedHost[] };
  readonly limits: Pick<TaskLimits, 'maxHosts' | 'maxParallelRuns'>;
  readonly runsIn: (host: SeatedHost) => readonly RunRow[];
}

export class Line {
  readonly #options: LineOptions;
  /** The one first that has waited longest. */
  readonly #apps = new Set<string>();

  constructor(options: LineOptions) {
    this.#options = options;
  }

  join(app: string): void {
    this.#apps.add(app);
  }

  /** Behind all others, if it waits. */
  stepBack(app: string): void {
    if (this.#apps.delete(app)) this.#apps.add(app);
  }

  /** Gives every run that may start to `start`, which takes it out of the line and gives it a host, or ends it. */
  serve(start: (row: RunRow, host: SeatedHost | undefined) => void): void {
    for (const app of this.#apps) this.#serveApp(app, start);
  }

  #serveApp(app: string, start: (row: RunRow, host: SeatedHost | undefined) => void): void {
    const { runs, hosts, limits, runsIn } = this.#options;
    for (;;) {
      const next = runs.next(app);
      if (next === undefined) {
        this.#apps.delete(app);
        return;
      }
      const host = hosts.get(app);
      if (host === undefined) {
        if (hosts.all().length >= limits.maxHosts) return;
      } else {
        if (!host.process.isOpen || !mayStart(next, runsIn(host), limits.maxParallelRuns)) return;
        if (this.yielding().has(app)) return;
      }
      start(next, host);
    }
  }

  /** Apps whose hosts take no new runs, so that those get a place that have none. */
  yielding(): ReadonlySet<string> {
    const { hosts, limits, runsIn } = this.#options;
    const waiting = [...this.#apps].filter(app => hosts.get(app) === undefined).length;
    if (waiting === 0) return nobody;
    const turns = hosts
      .all()
      .map(host => ({ app: host.app, startedAt: host.startedAt, activeRuns: runsIn(host).length }));
    return yielding(turns, waiting, limits.maxHosts);
  }
}

const nobody: ReadonlySet<string> = new Set();
