// Whose turn it is: which run may start beside which, and which hosts make room when more apps want one than there may be
// (TI-60). Pure.

/** A run as far as it matters for others. */
export interface RunRisk {
  /** Hosts or agents that have died under it so far. */
  readonly losses: number;
}

/** Whether `next` may start in a host that has `active` runs. One that may have brought a host down has it alone. */
export function mayStart(next: RunRisk, active: readonly RunRisk[], maxParallel: number): boolean {
  if (active.length === 0) return true;
  if (next.losses > 0 || active.some(({ losses }) => losses > 0)) return false;
  return active.length < maxParallel;
}

export interface HostTurn {
  readonly app: string;
  readonly startedAt: number;
  readonly activeRuns: number;
}

/**
 * Apps whose hosts take no new runs, because `waiting` more apps want a host than there may be: those that have had theirs
 * longest. One that has no run left is to be ended.
 */
export function yielding(hosts: readonly HostTurn[], waiting: number, maxHosts: number): ReadonlySet<string> {
  const tooMany = Math.max(0, hosts.length + waiting - maxHosts);
  const idleFirst = hosts.toSorted(
    (a, b) => Number(a.activeRuns > 0) - Number(b.activeRuns > 0) || a.startedAt - b.startedAt,
  );
  return new Set(idleFirst.slice(0, tooMany).map(({ app }) => app));
}
