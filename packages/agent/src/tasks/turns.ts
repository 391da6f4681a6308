// Whose turn it is: which host takes which run, when an app gets one more host, and which hosts make room when more apps want
// one than there may be (TI-60). Pure.

/** A run as far as it matters for others. */
export interface RunRisk {
  readonly taskId: string;
  /** Hosts or agents that have died under it so far. */
  readonly losses: number;
}

/** A host of the app that the run is of. */
export interface HostPlace {
  /** Neither ending nor retired. */
  readonly takesRuns: boolean;
  readonly active: readonly RunRisk[];
}

export interface PlaceLimits {
  readonly maxParallelRuns: number;
  readonly maxParallelRunsOfTask: number;
  readonly maxHostsOfApp: number;
}

/**
 * Where `next` may start. A run that may have brought a host down has a host alone; all others share one, which such runs
 * never take the place of, and where no task has all the room: what hangs holds up nobody else.
 */
export function placeOf<Host extends HostPlace>(
  next: RunRisk,
  hosts: readonly Host[],
  limits: PlaceLimits,
): Host | 'new-host' | 'nowhere' {
  const open = hosts.filter(({ takesRuns, active }) => takesRuns && !active.some(isSuspect));
  if (isSuspect(next)) {
    const idle = open.find(({ active }) => active.length === 0);
    if (idle !== undefined) return idle;
    const others = open.length > 0 ? hosts.length - 1 : hosts.length;
    return others < limits.maxHostsOfApp - 1 ? 'new-host' : 'nowhere';
  }
  if (open.length === 0) return hosts.length < limits.maxHostsOfApp ? 'new-host' : 'nowhere';
  return open.find(({ active }) => hasRoomFor(next, active, limits)) ?? 'nowhere';
}

const isSuspect = ({ losses }: RunRisk): boolean => losses > 0;

function hasRoomFor({ taskId }: RunRisk, active: readonly RunRisk[], limits: PlaceLimits): boolean {
  if (active.length >= limits.maxParallelRuns) return false;
  return active.filter(run => run.taskId === taskId).length < limits.maxParallelRunsOfTask;
}

export interface HostTurn {
  readonly startedAt: number;
  readonly activeRuns: number;
}

/**
 * Hosts that take no new runs, because `waiting` more apps want one than there may be: those that have been there longest. One
 * that has no run left is to be ended.
 */
export function yielding<Host extends HostTurn>(
  hosts: readonly Host[],
  waiting: number,
  maxHosts: number,
): readonly Host[] {
  const tooMany = Math.max(0, hosts.length + waiting - maxHosts);
  return hosts
    .toSorted((a, b) => Number(a.activeRuns > 0) - Number(b.activeRuns > 0) || a.startedAt - b.startedAt)
    .slice(0, tooMany);
}
