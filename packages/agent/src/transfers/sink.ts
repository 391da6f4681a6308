// Where body bytes go: gathered in slabs, written by position, a few writes in flight. In: bytes at network pace.
// Out: a file that is complete up to `writtenOffset`. A slab belongs to the kernel from its write until its callback;
// it is never refilled before (a prototype that did lost bytes).
import { write } from 'node:fs';
import type { SlabPool } from './slab-pool.ts';

/** What a source of bytes sees of the sink. */
export interface BodySink {
  /** Room for the next bytes, at least one; always there, even while `isFull`: TLS may deliver after a pause. */
  reserve(): Buffer;
  /** The first `bytes` of `reserve()` were filled. False: stop reading until `drained`. */
  advance(bytes: number): boolean;
  /** Copies a chunk in. False: stop reading until `drained`. */
  write(chunk: Uint8Array): boolean;
  readonly isFull: boolean;
  /** Calls back once, as soon as the sink is not full; at once when it is not. Also when it failed: see `error`. */
  onceDrained(callback: () => void): void;
  /** The first failed write. Bytes after it are dropped; stop reading. */
  readonly error: Error | undefined;
}

/** Writes in flight at which reading pauses. */
const maxInFlight = 3;

export class FileSink implements BodySink, Disposable {
  readonly #fd: number;
  readonly #pool: SlabPool;
  #slab: Buffer | undefined;
  #filled = 0;
  /** Position in the file of the slab being filled. */
  #position: number;
  /** Start positions of writes in flight: everything below the lowest is written. */
  readonly #inFlight = new Set<number>();
  #error: Error | undefined;
  /** Start of the lowest write that failed. */
  #failedAt = Number.POSITIVE_INFINITY;
  #drainCallbacks: (() => void)[] = [];
  #writtenWaits: { readonly offset: number; readonly resolve: () => void }[] = [];
  #stopWaiting: (() => void) | undefined;

  /** Writes to `fd`, which stays the caller's, from `position` on. */
  constructor(fd: number, position: number, pool: SlabPool) {
    this.#fd = fd;
    this.#position = position;
    this.#pool = pool;
    pool.join();
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** Where the next byte goes. */
  get receivedOffset(): number {
    return this.#position + this.#filled;
  }

  /** Everything below was handed to the operating system without an error. */
  get writtenOffset(): number {
    let lowest = Math.min(this.#position, this.#failedAt);
    for (const start of this.#inFlight) if (start < lowest) lowest = start;
    return lowest;
  }

  get isFull(): boolean {
    return this.#inFlight.size >= maxInFlight || (this.#inFlight.size > 0 && this.#pool.isUsedUp);
  }

  reserve(): Buffer {
    this.#slab ??= this.#pool.acquire();
    return this.#slab.subarray(this.#filled);
  }

  advance(bytes: number): boolean {
    this.#filled += bytes;
    if (this.#slab !== undefined && (this.#filled === this.#slab.byteLength || this.#pool.isUsedUp)) this.submit();
    return !this.isFull;
  }

  write(chunk: Uint8Array): boolean {
    let taken = 0;
    while (taken < chunk.byteLength) {
      const room = this.reserve();
      const part = Math.min(room.byteLength, chunk.byteLength - taken);
      room.set(chunk.subarray(taken, taken + part));
      this.advance(part);
      taken += part;
    }
    return !this.isFull;
  }

  onceDrained(callback: () => void): void {
    if (!this.isFull || this.#error !== undefined) callback();
    else this.#drainCallbacks.push(callback);
    if (this.#pool.isUsedUp) this.#stopWaiting ??= this.#pool.onceFree(() => this.#settle());
  }

  /** Sends what was gathered to the file, full slab or not. */
  submit(): void {
    const slab = this.#slab;
    if (slab === undefined || this.#filled === 0) return;
    const start = this.#position;
    const length = this.#filled;
    this.#slab = undefined;
    this.#filled = 0;
    this.#position += length;
    if (this.#error !== undefined) {
      this.#failedAt = Math.min(this.#failedAt, start);
      this.#pool.release(slab);
      return;
    }
    this.#inFlight.add(start);
    this.#write(slab, start, 0, length);
  }

  /**
   * Resolves with the offset up to which everything received by now is written; more may flow in meanwhile.
   * Rejects with the first failed write, once no write is in flight.
   */
  async flush(): Promise<number> {
    this.submit();
    const offset = this.#position;
    if (this.#isWaitingFor(offset)) await new Promise<void>(resolve => this.#writtenWaits.push({ offset, resolve }));
    if (this.#error !== undefined) throw this.#error;
    return offset;
  }

  #isWaitingFor(offset: number): boolean {
    return this.#error === undefined ? this.writtenOffset < offset : this.#inFlight.size > 0;
  }

  #write(slab: Buffer, start: number, done: number, length: number): void {
    write(this.#fd, slab, done, length - done, start + done, (error, bytes) => {
      if (error === null && done + bytes < length && bytes > 0) {
        this.#write(slab, start, done + bytes, length);
        return;
      }
      const failure = error ?? (bytes === 0 ? new Error('The file took no bytes.') : undefined);
      if (failure !== undefined) {
        this.#error ??= failure;
        this.#failedAt = Math.min(this.#failedAt, start + done);
      }
      this.#inFlight.delete(start);
      this.#pool.release(slab);
      this.#settle();
    });
  }

  #settle(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    for (const wait of this.#writtenWaits.splice(0)) {
      if (this.#isWaitingFor(wait.offset)) this.#writtenWaits.push(wait);
      else wait.resolve();
    }
    if (this.#drainCallbacks.length === 0) return;
    if (this.isFull && this.#error === undefined) return;
    for (const callback of this.#drainCallbacks.splice(0)) callback();
  }

  /** Gives up what was not submitted. Writes in flight must have ended: `flush` first, whatever it says. */
  [Symbol.dispose](): void {
    if (this.#slab !== undefined) this.#pool.release(this.#slab);
    this.#slab = undefined;
    this.#filled = 0;
    this.#stopWaiting?.();
    this.#pool.leave();
  }
}
