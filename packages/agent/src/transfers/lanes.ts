// One lane for each key: what is put into a lane runs one after the other; lanes run beside each other.

export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `act` when everything put in before has ended, well or not. */
  run<T>(key: string, act: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const mine = before === undefined ? act() : before.then(act, act);
    this.#last.set(key, mine);
    const clear = () => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    };
    mine.then(clear, clear);
    return mine;
  }

  /** Resolves when every lane is empty. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.allSettled(this.#last.values());
  }
}
