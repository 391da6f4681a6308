// What must happen although it cannot happen now (the disk is full, a process hangs): tried again each second until it does.
// There is nobody above a timer or an event to tell.

/** Milliseconds. */
export const againMs = 1_000;

export interface AgainOptions {
  /** Whether the same may succeed later. What fails for another reason is not tried again: it is thrown the first time. */
  readonly isPassing: (error: unknown) => boolean;
  /** Told once for all that failed in one second; and of whatever fails for another reason where nobody is there to catch it. */
  readonly failed: (error: unknown) => void;
}

export class Again implements Disposable {
  readonly #options: AgainOptions;
  readonly #acts = new Map<string, () => unknown>();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: AgainOptions) {
    this.#options = options;
  }

  /** Now; and when it fails, or what it promises does, each second until it does not. Of one key only the last counts. */
  do(key: string, act: () => unknown): void {
    this.#acts.delete(key);
    this.#try(key, act);
  }

  has(key: string): boolean {
    return this.#acts.has(key);
  }

  /** It need not happen any more. */
  forget(key: string): void {
    this.#acts.delete(key);
  }

  #try(key: string, act: () => unknown): void {
    try {
      const result = act();
      if (result instanceof Promise) result.catch(error => this.#broken(key, act, error));
    } catch (error) {
      if (!this.#options.isPassing(error)) throw error;
      this.#later(key, act, error);
    }
  }

  #broken(key: string, act: () => unknown, error: unknown): void {
    if (this.#options.isPassing(error)) this.#later(key, act, error);
    else this.#options.failed(error);
  }

  #later(key: string, act: () => unknown, error: unknown): void {
    if (this.#isOver) return;
    if (this.#timer === undefined) this.#options.failed(error);
    this.#acts.set(key, act);
    this.#timer ??= setTimeout(() => this.#round(), againMs);
  }

  #round(): void {
    this.#timer = undefined;
    const acts = [...this.#acts];
    this.#acts.clear();
    const broken: unknown[] = [];
    for (const [key, act] of acts) {
      try {
        this.#try(key, act);
      } catch (error) {
        broken.push(error);
      }
    }
    for (const error of broken) this.#options.failed(error);
  }

  /** What has not happened is left to whoever comes next. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#acts.clear();
  }
}
