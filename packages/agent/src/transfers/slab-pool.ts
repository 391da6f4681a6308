// The memory that bytes pass through on their way to the disk: slabs of one pool for the whole agent.
// 1 MiB each while few transfers flow, 256 KiB when many do. The pool never refuses: it says that it is used up, and whoever
// holds slabs then writes them out and waits. (Measured: slabs of 256 KiB to 1 MiB are good, 64 KiB and 4 MiB are not.)

export interface SlabPoolOptions {
  /** Memory in slabs at which transfers are held back. Bytes. */
  readonly maxBytes: number;
  readonly largeSlabBytes: number;
  readonly smallSlabBytes: number;
  /** With more transfers than this the slabs are small. */
  readonly manyTransfers: number;
  /** Free memory that stays when nobody uses the pool: small files come and go, and new slabs for each cost more than they. Bytes. */
  readonly keptBytes: number;
}

export const slabDefaults: SlabPoolOptions = Object.freeze({
  maxBytes: 48 * 1024 * 1024,
  largeSlabBytes: 1024 * 1024,
  smallSlabBytes: 256 * 1024,
  manyTransfers: 16,
  keptBytes: 4 * 1024 * 1024,
});

export class SlabPool {
  readonly #options: SlabPoolOptions;
  readonly #free = new Map<number, Buffer[]>();
  readonly #waiting = new Set<() => void>();
  #usedBytes = 0;
  #freeBytes = 0;
  #users = 0;

  constructor(options: SlabPoolOptions = slabDefaults) {
    this.#options = options;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Another slab would pass the limit. */
  get isUsedUp(): boolean {
    return this.#usedBytes + this.#slabBytes > this.#options.maxBytes;
  }

  get #slabBytes(): number {
    return this.#users > this.#options.manyTransfers ? this.#options.smallSlabBytes : this.#options.largeSlabBytes;
  }

  /** A transfer begins to use the pool. */
  join(): void {
    this.#users += 1;
  }

  /** It ended; with the last one all free memory but `keptBytes` goes back to the system. */
  leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    for (const [bytes, slabs] of this.#free) {
      while (slabs.length > 0 && this.#freeBytes > this.#options.keptBytes) {
        slabs.pop();
        this.#freeBytes -= bytes;
      }
    }
  }

  /** Contents are what the last user left. */
  acquire(): Buffer {
    const bytes = this.#slabBytes;
    this.#usedBytes += bytes;
    const recycled = this.#free.get(bytes)?.pop();
    if (recycled !== undefined) {
      this.#freeBytes -= bytes;
      return recycled;
    }
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** Only when nobody, the kernel included, uses it any more. */
  release(slab: Buffer): void {
    const bytes = slab.byteLength;
    this.#usedBytes -= bytes;
    const isWanted = bytes === this.#slabBytes;
    const mostBytes = this.#users > 0 ? this.#options.maxBytes - this.#usedBytes : this.#options.keptBytes;
    if (isWanted && this.#freeBytes + bytes <= mostBytes) {
      const list = this.#free.get(bytes);
      if (list === undefined) this.#free.set(bytes, [slab]);
      else list.push(slab);
      this.#freeBytes += bytes;
    }
    if (this.#waiting.size > 0 && !this.isUsedUp) {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const wake of waiting) wake();
    }
  }

  /** Calls `wake` once, when a slab was given back and the pool is no longer used up. */
  onceFree(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => void this.#waiting.delete(wake);
  }
}
