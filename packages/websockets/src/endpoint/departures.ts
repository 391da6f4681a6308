// When connections write what is queued. Those of one server leave together at the end of the tick: one `nextTick` for all
// of them. An answer to the last message that had arrived leaves earlier, as soon as the app waits for something.

export interface Departing {
  flush(): void;
}

export class Departures {
  #waiting: Departing[] = [];
  /** Was given the last message that it had, by the read that came last of all. */
  #answering: Departing | undefined;

  /** What this one queues next is the answer to a message with nothing behind it: no reason to wait for the end of the tick. */
  answers(one: Departing): void {
    this.#answering = one;
  }

  /** Calls `flush` once: at the end of this tick, or for an answer in the next microtask. */
  add(one: Departing): void {
    if (this.#answering === one) {
      this.#answering = undefined;
      queueMicrotask(() => one.flush());
    } else if (this.#waiting.push(one) === 1) process.nextTick(leave, this);
  }

  /** Its connection is gone. */
  forget(one: Departing): void {
    if (this.#answering === one) this.#answering = undefined;
  }

  leave(): void {
    const leaving = this.#waiting;
    this.#waiting = [];
    let next = 0;
    try {
      while (next < leaving.length) leaving[next++]!.flush();
    } finally {
      // What one throws does not keep the others here.
      while (next < leaving.length) this.add(leaving[next++]!);
    }
  }
}

function leave(departures: Departures): void {
  departures.leave();
}
