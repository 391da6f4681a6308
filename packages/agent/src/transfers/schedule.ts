// Which of the started transfers may run: oldest first, within a limit for all and one for each host. Pure.

export interface Slots {
  readonly maxActive: number;
  readonly maxActivePerHost: number;
}

/** The waiting line, one queue for each host, so that a long line to one host costs nothing when another is served. */
export class TransferQueue {
  #slots: Slots;
  /** host → id → place in line. A Map keeps the order of insertion. */
  readonly #waiting = new Map<string, Map<string, number>>();
  readonly #hostOf = new Map<string, string>();
  readonly #active = new Map<string, string>();
  readonly #activeOnHost = new Map<string, number>();
  #place = 0;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** For the grants to come; whoever has a slot keeps it. */
  setMaxActive(maxActive: number): void {
    this.#slots = { ...this.#slots, maxActive };
  }

  get activeCount(): number {
    return this.#active.size;
  }

  get waitingCount(): number {
    return this.#hostOf.size;
  }

  /** Goes to the end of the line. No effect when it already waits. */
  enqueue(id: string, host: string): void {
    if (this.#hostOf.has(id)) return;
    let line = this.#waiting.get(host);
    if (line === undefined) {
      line = new Map();
      this.#waiting.set(host, line);
    }
    this.#place += 1;
    line.set(id, this.#place);
    this.#hostOf.set(id, host);
  }

  /** Leaves the line (paused, canceled). */
  drop(id: string): void {
    const host = this.#hostOf.get(id);
    if (host === undefined) return;
    this.#hostOf.delete(id);
    const line = this.#waiting.get(host);
    line?.delete(id);
    if (line?.size === 0) this.#waiting.delete(host);
  }

  /** The attempt ended; its slot is free. */
  release(id: string): void {
    const host = this.#active.get(id);
    if (host === undefined) return;
    this.#active.delete(id);
    const left = (this.#activeOnHost.get(host) ?? 1) - 1;
    if (left === 0) this.#activeOnHost.delete(host);
    else this.#activeOnHost.set(host, left);
  }

  /** Takes from the line whoever may run now; each holds its slot until `release`. */
  grant(): string[] {
    const granted: string[] = [];
    while (this.#active.size < this.#slots.maxActive) {
      const next = this.#first();
      if (next === undefined) break;
      this.drop(next.id);
      this.#active.set(next.id, next.host);
      this.#activeOnHost.set(next.host, (this.#activeOnHost.get(next.host) ?? 0) + 1);
      granted.push(next.id);
    }
    return granted;
  }

  /** Hosts somebody waits for. */
  get hosts(): string[] {
    return [...this.#waiting.keys()];
  }

  /** Everybody in line to a host for which `matches` holds leaves it; oldest first within a host. */
  dropWhere(matches: (host: string) => boolean): string[] {
    const dropped = [...this.#waiting].filter(([host]) => matches(host)).flatMap(([, line]) => [...line.keys()]);
    for (const id of dropped) this.drop(id);
    return dropped;
  }

  #first(): { id: string; host: string } | undefined {
    let best: { id: string; host: string; place: number } | undefined;
    for (const [host, line] of this.#waiting) {
      if ((this.#activeOnHost.get(host) ?? 0) >= this.#slots.maxActivePerHost) continue;
      for (const [id, place] of line) {
        if (best === undefined || place < best.place) best = { id, host, place };
        break;
      }
    }
    return best;
  }
}
