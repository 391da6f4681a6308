// What happens to each transfer, one after the other: now, or when its time has come. What is thrown is logged, never lost.
import type { TransferLog } from './door.ts';
import { Lanes } from './lanes.ts';
import { Timers } from './timers.ts';

export class Errands {
  readonly #lanes = new Lanes();
  readonly #timers = new Timers();
  readonly #log: TransferLog;
  #isClosing = false;

  constructor(log: TransferLog) {
    this.#log = log;
  }

  /** From `close` on nothing is put off any more. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Runs `act` when everything put in before for this transfer has ended; settles as it does. */
  run<T>(id: string, act: () => Promise<T>): Promise<T> {
    return this.#lanes.run(id, act);
  }

  /** The same for what nobody waits for. */
  soon(id: string, act: () => Promise<unknown>): void {
    this.run(id, act).catch(error => this.#log.error({ id, err: error }, 'a transfer met an unexpected error'));
  }

  /** The same after `delayMs`; a transfer has one such time, the one set last. */
  later(id: string, delayMs: number, act: () => Promise<unknown>): void {
    if (!this.#isClosing) this.#timers.set(id, delayMs, () => this.soon(id, act));
  }

  /** What was to come later does not. */
  cancelLater(id: string): void {
    this.#timers.clear(id);
  }

  close(): void {
    this.#isClosing = true;
    this.#timers.clearAll();
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }
}
