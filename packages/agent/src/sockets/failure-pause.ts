// How long a socket is left alone after its task has failed: the same bytes would wake the same task. Pure.

export interface FailurePause {
  /** After the first failure; doubles with each that follows. Milliseconds. */
  readonly firstPauseMs: number;
  /** The longest. Milliseconds. */
  readonly maxPauseMs: number;
  /** After so many in a row nobody is woken any more: the socket is orphaned. */
  readonly maxFailures: number;
}

/** After `failures` in a row, the last one included; `undefined` when it is enough. Milliseconds. */
export function pauseAfter(failures: number, limits: FailurePause): number | undefined {
  if (failures >= limits.maxFailures) return undefined;
  return Math.min(limits.maxPauseMs, limits.firstPauseMs * 2 ** (failures - 1));
}
