// Messages that wait for a slow client, in order, and which of them go when they are too many. Decides only; what a message
// is, and whether it may be dropped, its owner says.

export interface Waiting<Message> {
  readonly message: Message;
  readonly bytes: number;
  /** A send that nobody waits an answer for. Answers, stream items and questions are never dropped. */
  readonly isDroppable: boolean;
  /** A newer message with the same key takes the place of this one. */
  readonly key: string | undefined;
}

/** A deque with holes: what is dropped leaves one, so that every operation costs the same however long it is. */
export class Backlog<Message> {
  readonly #entries: (Waiting<Message> | undefined)[] = [];
  readonly #byKey = new Map<string, number>();
  /** Position of `#entries[0]` in the order of all that ever waited. */
  #firstPosition = 0;
  #head = 0;
  /** Nothing before this position can be dropped any more. */
  #dropFrom = 0;
  #bytes = 0;
  #size = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts it at the end. True when it replaced an older message with the same key. */
  push(entry: Waiting<Message>): boolean {
    const older = entry.key === undefined ? undefined : this.#byKey.get(entry.key);
    if (older !== undefined) this.#take(older);
    const position = this.#firstPosition + this.#entries.push(entry) - 1;
    if (entry.key !== undefined) this.#byKey.set(entry.key, position);
    this.#bytes += entry.bytes;
    this.#size += 1;
    return older !== undefined;
  }

  /** The oldest one. */
  shift(): Waiting<Message> | undefined {
    while (this.#head < this.#entries.length) {
      const entry = this.#take(this.#firstPosition + this.#head);
      this.#head += 1;
      this.#compact();
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** Drops the oldest that may be dropped until no more than `limitBytes` wait, or none is left. How many it dropped. */
  trim(limitBytes: number): number {
    let dropped = 0;
    this.#dropFrom = Math.max(this.#dropFrom, this.#firstPosition + this.#head);
    const end = this.#firstPosition + this.#entries.length;
    while (this.#bytes > limitBytes && this.#dropFrom < end) {
      if (this.#entries[this.#dropFrom - this.#firstPosition]?.isDroppable === true) {
        this.#take(this.#dropFrom);
        dropped += 1;
      }
      this.#dropFrom += 1;
    }
    return dropped;
  }

  #take(position: number): Waiting<Message> | undefined {
    const index = position - this.#firstPosition;
    const entry = this.#entries[index];
    if (entry === undefined) return undefined;
    this.#entries[index] = undefined;
    if (entry.key !== undefined) this.#byKey.delete(entry.key);
    this.#bytes -= entry.bytes;
    this.#size -= 1;
    return entry;
  }

  #compact(): void {
    if (this.#head < 64 || this.#head * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#head);
    this.#firstPosition += this.#head;
    this.#head = 0;
  }
}
