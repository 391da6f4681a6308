// When runs that wait are looked at. While the store cannot be written nobody is started: a second later it is tried again.
import { againMs } from '../pace/again.ts';
import { isStoreFailure } from '../store/store.ts';

export class Pump implements Disposable {
  readonly #serve: () => void;
  readonly #failed: (error: unknown) => void;
  #isRunning = false;
  #rest: NodeJS.Timeout | undefined;

  /** `serve` starts whatever may start. `failed` is told each time that it could not. */
  constructor(serve: () => void, failed: (error: unknown) => void) {
    this.#serve = serve;
    this.#failed = failed;
  }

  begin(): void {
    this.#isRunning = true;
    this.now();
  }

  /** Runs are started now. */
  get isServing(): boolean {
    return this.#isRunning && this.#rest === undefined;
  }

  now(): void {
    if (!this.isServing) return;
    try {
      this.#serve();
    } catch (error) {
      if (!isStoreFailure(error)) throw error;
      this.rest(error);
    }
  }

  /** Nothing is started for a second. */
  rest(error: unknown): void {
    if (!this.#isRunning || this.#rest !== undefined) return;
    this.#failed(error);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.now();
    }, againMs);
  }

  /** Nothing is started any more. */
  [Symbol.dispose](): void {
    this.#isRunning = false;
    clearTimeout(this.#rest);
  }
}
