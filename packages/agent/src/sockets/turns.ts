// What is done to one socket is done one after the other: each key has a queue, and an empty queue is no memory.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `act` when everything that was begun for this key before is over; at once when that is so already. */
  run<T>(key: string, act: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const result = before === undefined ? act() : before.then(act);
    const over = result.then(
      () => {},
      () => {},
    );
    this.#last.set(key, over);
    void over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    });
    return result;
  }

  /** Whether nothing is going on for this key. */
  isFree(key: string): boolean {
    return !this.#last.has(key);
  }

  /** Resolves when nothing is going on. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
