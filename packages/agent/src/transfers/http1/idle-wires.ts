// Connections between two answers: kept for a while, a bounded number, thrown away at the first byte nobody asked for.
import { setImmediate as turn } from 'node:timers/promises';
import type { ConnectionOptions } from './options.ts';
import type { Wire, WireReader } from './wire.ts';

interface Idle {
  readonly wire: Wire;
  readonly timer: NodeJS.Timeout;
  /** A turn of the loop has passed, so whatever came right behind the last answer was seen. */
  isSettled: boolean;
}

export type IdleOptions = Pick<ConnectionOptions, 'maxIdlePerOrigin' | 'maxIdle' | 'idleMs'>;

export class IdleWires implements Disposable {
  readonly #options: IdleOptions;
  /** Oldest first. */
  readonly #idle = new Set<Idle>();
  #isDisposed = false;

  constructor(options: IdleOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#idle.size;
  }

  /** The connection to `origin` used last, which is the likeliest to live; `undefined` when there is none. */
  async take(origin: string): Promise<Wire | undefined> {
    for (;;) {
      const all = this.#of(origin);
      const idle = all.findLast(each => each.isSettled);
      if (idle !== undefined) {
        this.#forget(idle);
        idle.wire.isHolding = true;
        return idle.wire;
      }
      if (all.length === 0) return undefined;
      await turn();
    }
  }

  /** Keeps a connection whose answer is complete, or destroys it. `hintMs`: how long the server says it waits. */
  keep(wire: Wire, hintMs: number | null): void {
    const { idleMs, maxIdlePerOrigin, maxIdle } = this.#options;
    const ms = hintMs === null ? idleMs : Math.min(idleMs, hintMs - 1_000);
    if (this.#isDisposed || ms <= 0 || !wire.isOpen) {
      wire.destroy();
      return;
    }
    const timer = setTimeout(() => this.#drop(idle), ms);
    timer.unref();
    const idle: Idle = { wire, timer, isSettled: false };
    this.#idle.add(idle);
    wire.reader = this.#readerOf(idle);
    wire.isHolding = false;
    wire.resume();
    setImmediate(() => {
      idle.isSettled = true;
    });
    const [oldest, ...others] = this.#of(wire.origin);
    if (oldest !== undefined && others.length >= maxIdlePerOrigin) this.#drop(oldest);
    const [oldestOfAll] = this.#idle;
    if (oldestOfAll !== undefined && this.#idle.size > maxIdle) this.#drop(oldestOfAll);
  }

  #of(origin: string): Idle[] {
    return [...this.#idle].filter(idle => idle.wire.origin === origin);
  }

  #readerOf(idle: Idle): WireReader {
    return {
      connected() {},
      room: () => undefined,
      take: () => {
        this.#drop(idle);
        return false;
      },
      ended: () => this.#drop(idle),
      closed: () => this.#forget(idle),
    };
  }

  #forget(idle: Idle): void {
    clearTimeout(idle.timer);
    this.#idle.delete(idle);
  }

  #drop(idle: Idle): void {
    this.#forget(idle);
    idle.wire.destroy();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const idle of [...this.#idle]) this.#drop(idle);
  }
}
