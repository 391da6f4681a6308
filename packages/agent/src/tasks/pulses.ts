// Whether hosts that have runs still hear: one that is kept busy by some code would let whatever else it is given wait. Asked
// before it gets one more, and now and then while it has several.
import { setImmediate as turn } from 'node:timers/promises';
import type { SeatedHost } from './hosts.ts';
import type { TaskLimits } from './options.ts';

export interface PulsesOptions {
  readonly limits: Pick<TaskLimits, 'freshMs' | 'answerMs' | 'maxDeafMs'>;
  /** Milliseconds that go on evenly. */
  readonly now: () => number;
  readonly runsIn: (host: SeatedHost) => number;
  readonly isReady: (host: SeatedHost) => boolean;
  /** It was asked, and has said something. */
  readonly answered: () => void;
  /** It has not answered in time; it may later. */
  readonly deaf: (host: SeatedHost) => void;
}

export class Pulses implements Disposable {
  readonly #options: PulsesOptions;
  readonly #heardAt = new WeakMap<SeatedHost, number>();
  readonly #asked = new Map<SeatedHost, NodeJS.Timeout>();
  readonly #several = new Set<SeatedHost>();
  #round: NodeJS.Timeout | undefined;

  constructor(options: PulsesOptions) {
    this.#options = options;
  }

  /** Any word of it. */
  heard(host: SeatedHost): void {
    const { now, answered } = this.#options;
    this.#heardAt.set(host, now());
    const timer = this.#asked.get(host);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#asked.delete(host);
    answered();
  }

  /** Whether it has time for one more run, as far as is known; where it is not known it is asked. */
  isAwake(host: SeatedHost): boolean {
    const { limits, now, runsIn, isReady } = this.#options;
    if (runsIn(host) === 0 || !isReady(host)) return true;
    this.#watch(host);
    if (this.#asked.has(host)) return false;
    if (now() - (this.#heardAt.get(host) ?? Number.NEGATIVE_INFINITY) <= limits.freshMs) return true;
    this.#ask(host);
    return false;
  }

  #ask(host: SeatedHost): void {
    const { limits, deaf } = this.#options;
    host.process.say({ type: 'ping' });
    const late = () => {
      deaf(host);
      this.#wait(host, limits.maxDeafMs - limits.answerMs, tooLate);
    };
    const tooLate = () => {
      // Alone it harms nobody, and has its time.
      if (this.#options.runsIn(host) > 1) host.process.kill({ kind: 'deaf' });
    };
    this.#wait(host, limits.answerMs, late);
  }

  #wait(host: SeatedHost, ms: number, over: () => void): void {
    const timer = setTimeout(async () => {
      // We may have been late ourselves: its answer lies in the channel then.
      await turn();
      await turn();
      if (this.#asked.get(host) === timer) over();
    }, ms);
    this.#asked.set(host, timer);
  }

  /** What was given to it in the same moment cannot be taken back: it has to be noticed that it waits. */
  #watch(host: SeatedHost): void {
    this.#several.add(host);
    this.#round ??= setInterval(() => {
      for (const one of this.#several) {
        if (this.#options.runsIn(one) > 1) this.isAwake(one);
        else this.#several.delete(one);
      }
      if (this.#several.size > 0) return;
      clearInterval(this.#round);
      this.#round = undefined;
    }, this.#options.limits.answerMs);
  }

  /** It is dead. */
  forget(host: SeatedHost): void {
    clearTimeout(this.#asked.get(host));
    this.#asked.delete(host);
    this.#several.delete(host);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#round);
    for (const timer of this.#asked.values()) clearTimeout(timer);
    this.#asked.clear();
  }
}
