// How many connections carry bytes from each host, over all transfers. Pure. A transfer's first connection always counts and is
// never refused: its slot is the schedule's word. Further ones fit in only while the host has few.

export class HostConnections {
  readonly #max: number;
  readonly #open = new Map<string, number>();

  /** `max`: at which no transfer gets a further connection to a host. */
  constructor(max: number) {
    this.#max = max;
  }

  /** One more. Returns what to call when it is gone; once. */
  join(host: string): () => void {
    this.#open.set(host, this.count(host) + 1);
    return () => {
      const left = this.count(host) - 1;
      if (left === 0) this.#open.delete(host);
      else this.#open.set(host, left);
    };
  }

  count(host: string): number {
    return this.#open.get(host) ?? 0;
  }

  hasRoom(host: string): boolean {
    return this.count(host) < this.#max;
  }

  /** Other transfers came: who has more than one connection gives one up. */
  isCrowded(host: string): boolean {
    return this.count(host) > this.#max;
  }
}
