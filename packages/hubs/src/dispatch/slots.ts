// The slots that ordinary invocations of one client take, `maximumParallelInvocationsPerClient` of them (§8.3). Who finds
// none free waits in line.

export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** `undefined`: the slot is taken. Otherwise it is taken when the promise resolves. */
  take(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
