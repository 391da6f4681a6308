// When drivers are to be woken. Those of one server share the timers: an idle connection holds its place among others
// that are woken together, and no timer of its own. A place is only ever changed for an earlier one; who is woken too
// early finds nothing due and asks again.

const longestTimerMs = 2_147_483_647;
/** Wakings are joined when they are at most this part of the waiting time apart. */
const precision = 8;

export interface Sleeper {
  /** Kept here by `Alarms`. */
  waking: Waking | undefined;
  timeCame(): void;
}

/** Drivers that are woken together. */
interface Waking {
  readonly at: number;
  readonly sleepers: Set<Sleeper>;
  readonly timer: NodeJS.Timeout;
}

export class Alarms {
  readonly #wakings = new Map<number, Waking>();

  /** Calls `timeCame` at `at` (of `performance.now()`) at the latest, or earlier. */
  set(sleeper: Sleeper, at: number): void {
    if (at === Number.POSITIVE_INFINITY) return;
    if (sleeper.waking !== undefined && sleeper.waking.at <= at) return;
    this.clear(sleeper);
    const delay = Math.max(0, at - performance.now());
    // A power of two, so that the wakings of all who wait about as long fall together.
    const apart = delay < precision ? 0 : 2 ** Math.floor(Math.log2(delay / precision));
    sleeper.waking = this.#wakingAt(apart === 0 ? at : Math.floor(at / apart) * apart);
    sleeper.waking.sleepers.add(sleeper);
  }

  clear(sleeper: Sleeper): void {
    const { waking } = sleeper;
    if (waking === undefined) return;
    sleeper.waking = undefined;
    waking.sleepers.delete(sleeper);
    if (waking.sleepers.size > 0) return;
    clearTimeout(waking.timer);
    this.#wakings.delete(waking.at);
  }

  #wakingAt(at: number): Waking {
    let waking = this.#wakings.get(at);
    if (waking === undefined) {
      const delay = Math.min(longestTimerMs, Math.max(0, Math.ceil(at - performance.now())));
      // The socket keeps the process alive, not its clock.
      const timer = setTimeout((due: number) => this.#ring(due), delay, at).unref();
      waking = { at, sleepers: new Set(), timer };
      this.#wakings.set(at, waking);
    }
    return waking;
  }

  #ring(at: number): void {
    const waking = this.#wakings.get(at);
    this.#wakings.delete(at);
    // A sleeper that is woken may end another one, which leaves the set then.
    for (const sleeper of waking?.sleepers ?? []) {
      sleeper.waking = undefined;
      sleeper.timeCame();
    }
  }
}
