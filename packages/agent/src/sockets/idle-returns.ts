// Sockets whose task was woken for what had come and gave them back without having read any of it: the same would wake it
// again at once, for ever. Counted in memory only, and for so many at a time: an agent that starts anew begins anew.

export interface IdlePause {
  /** After the second return in a row; doubles with each that follows. Milliseconds. */
  readonly firstIdlePauseMs: number;
  /** The longest. Milliseconds. */
  readonly maxIdlePauseMs: number;
}

/** After `returns` in a row, the last one included. The first is free. Milliseconds. */
export const idlePauseAfter = (returns: number, limits: IdlePause): number =>
  returns < 2 ? 0 : Math.min(limits.maxIdlePauseMs, limits.firstIdlePauseMs * 2 ** (returns - 2));

/** Of more sockets than these the one is forgotten that came longest ago. */
const maxCounted = 1_024;

export class IdleReturns {
  readonly #counts = new Map<string, number>();

  /** It was given back: how often in a row without having been read. */
  count(key: string, isUntouched: boolean): number {
    const before = this.#counts.get(key) ?? 0;
    this.#counts.delete(key);
    if (!isUntouched) return 0;
    this.#counts.set(key, before + 1);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= maxCounted) break;
      this.#counts.delete(oldest);
    }
    return before + 1;
  }
}
