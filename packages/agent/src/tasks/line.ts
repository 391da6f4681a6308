// Apps whose runs wait for a place in a host: whose turn it is (by turns.ts), and which hosts have to make room.
import type { SeatedHost } from './hosts.ts';
import type { TaskLimits } from './options.ts';
import type { RunRow, RunsTable } from './runs-table.ts';
import { placeOf, type RunRisk, yielding } from './turns.ts';

export interface LineOptions {
  readonly runs: Pick<RunsTable, 'next' | 'nextOfEachTask'>;
  readonly hosts: {
    of(app: string): readonly SeatedHost[];
    all(): readonly SeatedHost[];
    isReady(host: SeatedHost): boolean;
  };
  readonly limits: Pick<TaskLimits, 'maxHosts' | 'maxHostsOfApp' | 'maxParallelRuns' | 'maxParallelRunsOfTask'>;
  readonly runsIn: (host: SeatedHost) => readonly RunRow[];
  /** Whether the host has the run's code as it is now. Otherwise it takes no run any more. */
  readonly isCurrent: (run: Pick<RunRow, 'app' | 'entryPoint'>, host: SeatedHost) => boolean;
  /** Whether it has time for a run, as far as is known. Otherwise the line is served again when it is. */
  readonly isAwake: (host: SeatedHost) => boolean;
}

interface Turn<Run> {
  readonly row: Run;
  /** `undefined`: a new one. */
  readonly host: SeatedHost | undefined;
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
    for (const app of this.#apps) {
      for (let turn = this.#turnOf(app); turn !== undefined; turn = this.#turnOf(app)) start(turn.row, turn.host);
    }
  }

  /** The host that takes a run of this task which comes now. `undefined`: others wait before it, or no host works that has room. */
  hostFor(task: Pick<RunRow, 'app' | 'taskId' | 'entryPoint'>): SeatedHost | undefined {
    const place = this.#apps.has(task.app) ? undefined : this.#placeFor({ ...task, losses: 0 });
    const host = place === 'nowhere' ? undefined : place?.host;
    return host !== undefined && this.#options.hosts.isReady(host) ? host : undefined;
  }

  /** The run of the app that waits longest and may start. */
  #turnOf(app: string): Turn<RunRow> | undefined {
    const oldest = this.#options.runs.next(app);
    if (oldest === undefined) {
      this.#apps.delete(app);
      return undefined;
    }
    const turn = this.#placeFor(oldest);
    if (turn !== 'nowhere') return turn;
    for (const row of this.#options.runs.nextOfEachTask(app)) {
      const other = this.#placeFor(row);
      if (other !== 'nowhere') return other;
    }
    return undefined;
  }

  /** `nowhere`: others of its app may go first. `undefined`: not one of them may. */
  #placeFor<Run extends RunRisk & Pick<RunRow, 'app' | 'entryPoint'>>(row: Run): Turn<Run> | 'nowhere' | undefined {
    const { hosts, limits, runsIn, isCurrent, isAwake } = this.#options;
    const places = hosts.of(row.app).map(host => ({
      host,
      takesRuns: host.takesRuns && !host.code.isBroken(row.entryPoint),
      active: runsIn(host),
    }));
    const place = placeOf(row, places, limits);
    if (place === 'nowhere') return place;
    if (place === 'new-host') {
      if (this.#hasRoomFor(row.app)) return { row, host: undefined };
      return this.#isWaiting(row.app) ? undefined : 'nowhere';
    }
    const { host } = place;
    if (this.yielding().has(host)) return 'nowhere';
    if (!isCurrent(row, host)) return this.#placeFor(row);
    return isAwake(host) ? { row, host } : 'nowhere';
  }

  /** Who has a host gets one more only when nobody waits for the first. */
  #hasRoomFor(app: string): boolean {
    const { hosts, limits } = this.#options;
    const wanted = this.#isWaiting(app) ? 0 : this.#waiting();
    return hosts.all().length + wanted < limits.maxHosts;
  }

  #isWaiting(app: string): boolean {
    return !this.#options.hosts.of(app).some(({ takesRuns }) => takesRuns);
  }

  #waiting(): number {
    let count = 0;
    for (const app of this.#apps) if (this.#isWaiting(app)) count += 1;
    return count;
  }

  /** Hosts that take no new runs, so that those apps get a place that have none. */
  yielding(): ReadonlySet<SeatedHost> {
    const { hosts, limits, runsIn } = this.#options;
    const waiting = this.#waiting();
    if (waiting === 0) return nobody;
    const turns = hosts.all().map(host => ({ host, startedAt: host.startedAt, activeRuns: runsIn(host).length }));
    return new Set(yielding(turns, waiting, limits.maxHosts).map(({ host }) => host));
  }
}

const nobody: ReadonlySet<SeatedHost> = new Set();
