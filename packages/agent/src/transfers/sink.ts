// Where body bytes go: gathered in slabs, written by position, a few writes in flight. In: bytes at network pace, copied in
// or put by the kernel straight into a lent slab. Out: a file that is complete up to `writtenOffset`. A slab goes back to the
// pool when nobody fills it and no write reads it any more; given back earlier, it corrupts somebody's file.
import { write, writev } from 'node:fs';
import type { SlabPool } from './slab-pool.ts';

/** What a source of bytes sees of the sink. */
export interface BodySink {
  /**
   * Lends room for the next bytes, until `advance` or `skip` accounts for them or the sink is disposed; it may be lent
   * again before. `undefined` when there is none to lend now, because the sink is full or the pool is used up: `write`.
   */
  reserve(): Buffer | undefined;
  /** The next `bytes` of the lent room are body. */
  advance(bytes: number): void;
  /** The next `bytes` of the lent room are something else. */
  skip(bytes: number): void;
  /** Copies a chunk in, full or not: TLS may deliver after a pause. Never while room is lent. False: stop reading until `onceDrained`. */
  write(chunk: Uint8Array): boolean;
  readonly isFull: boolean;
  /** Calls back once, as soon as the sink is not full; at once when it is not. Also when it failed: see `error`. */
  onceDrained(callback: () => void): void;
  /** The first failed write. Bytes after it are dropped; stop reading. */
  readonly error: Error | undefined;
}

type Written = (error: Error | null, bytes: number) => void;

/** Writes `parts` one behind the other from `position` on; may write less than all of it. */
export type WriteParts = (fd: number, parts: readonly Buffer[], position: number, written: Written) => void;

const writeParts: WriteParts = (fd, parts, position, written) => {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) write(fd, only, 0, only.byteLength, position, written);
  else writev(fd, parts, position, written);
};

/** Slabs, or parts of them, submitted and not written, at which reading pauses. */
const maxInFlight = 3;
/** Body shorter than this behind a gap is moved up to close it; longer, it is written from where it is. Bytes. */
const minPartBytes = 8_192;

interface Slab {
  readonly bytes: Buffer;
  /** Writes that read it. */
  writes: number;
}

/** What was submitted of a slab. */
interface Write {
  readonly slab: Slab;
  readonly parts: readonly Buffer[];
  /** Position in the file. */
  readonly start: number;
}

/** Body bytes in the slab, from and to. */
type Part = [from: number, to: number];

export class FileSink implements BodySink, Disposable {
  readonly #fd: number;
  readonly #pool: SlabPool;
  readonly #writeParts: WriteParts;
  /** The slab being filled. */
  #slab: Slab | undefined;
  /** Up to here its bytes are accounted for. */
  #filled = 0;
  /** Gathered in it and not submitted. */
  #parts: Part[] = [];
  #gathered = 0;
  #isLent = false;
  /** Position in the file of the first gathered byte. */
  #position: number;
  /** Submitted behind the write that is under way. */
  #waiting: Write[] = [];
  #isWriting = false;
  /** Start positions of what was submitted and is not written: everything below the lowest is. */
  readonly #inFlight = new Set<number>();
  #error: Error | undefined;
  /** Start of the lowest write that failed. */
  #failedAt = Number.POSITIVE_INFINITY;
  #drainCallbacks: (() => void)[] = [];
  #writtenWaits: { readonly offset: number; readonly resolve: () => void }[] = [];
  #stopWaiting: (() => void) | undefined;

  /** Writes to `fd`, which stays the caller's, from `position` on. */
  constructor(fd: number, position: number, pool: SlabPool, write: WriteParts = writeParts) {
    this.#fd = fd;
    this.#position = position;
    this.#pool = pool;
    this.#writeParts = write;
    pool.join();
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** Where the next byte goes. */
  get receivedOffset(): number {
    return this.#position + this.#gathered;
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

  reserve(): Buffer | undefined {
    if (this.isFull || (this.#slab === undefined && this.#pool.isUsedUp)) return undefined;
    this.#isLent = true;
    return this.#room();
  }

  advance(bytes: number): void {
    this.#isLent = false;
    this.#gather(bytes);
    if (this.#filled === this.#slab?.bytes.byteLength) this.submit();
  }

  skip(bytes: number): void {
    this.#isLent = false;
    this.#filled += bytes;
    if (this.#filled === this.#slab?.bytes.byteLength) this.submit();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isLent) throw new Error('The kernel may be filling the room that these bytes would go to.');
    let taken = 0;
    while (taken < chunk.byteLength) {
      const room = this.#room();
      const part = Math.min(room.byteLength, chunk.byteLength - taken);
      room.set(chunk.subarray(taken, taken + part));
      this.advance(part);
      taken += part;
    }
    if (this.#pool.isUsedUp) this.submit();
    return !this.isFull;
  }

  onceDrained(callback: () => void): void {
    if (!this.isFull || this.#error !== undefined) callback();
    else this.#drainCallbacks.push(callback);
    if (this.#pool.isUsedUp) this.#stopWaiting ??= this.#pool.onceFree(() => this.#settle());
  }

  #room(): Buffer {
    this.#slab ??= { bytes: this.#pool.acquire(), writes: 0 };
    return this.#slab.bytes.subarray(this.#filled);
  }

  #gather(bytes: number): void {
    const from = this.#filled;
    this.#filled += bytes;
    this.#gathered += bytes;
    const last = this.#parts.at(-1);
    if (last === undefined || (last[1] !== from && bytes >= minPartBytes)) {
      this.#parts.push([from, from + bytes]);
      return;
    }
    if (last[1] !== from) this.#slab!.bytes.copyWithin(last[1], from, from + bytes);
    last[1] += bytes;
  }

  /** Sends what was gathered to the file, full slab or not. */
  submit(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    const isUsedFurther = this.#isLent || (this.#gathered === 0 && this.#filled < slab.bytes.byteLength);
    if (this.#gathered > 0) this.#submitParts(slab);
    if (isUsedFurther) return;
    this.#slab = undefined;
    this.#filled = 0;
    this.#releaseUnused(slab);
  }

  #submitParts(slab: Slab): void {
    const start = this.#position;
    const parts = this.#parts.map(([from, to]) => slab.bytes.subarray(from, to));
    const length = this.#gathered;
    this.#parts = [];
    this.#gathered = 0;
    this.#position += length;
    if (this.#error !== undefined) {
      this.#failedAt = Math.min(this.#failedAt, start);
      return;
    }
    this.#inFlight.add(start);
    slab.writes += 1;
    this.#waiting.push({ slab, parts, start });
    this.#writeWaiting();
  }

  #releaseUnused(slab: Slab): void {
    if (slab.writes === 0 && slab !== this.#slab) this.#pool.release(slab.bytes);
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

  /**
   * One write at a time: a file system lets only one of them into a file anyway, and the others would spin. What was
   * submitted meanwhile goes with the next.
   */
  #writeWaiting(): void {
    const [first] = this.#waiting;
    if (this.#isWriting || first === undefined) return;
    const writes = this.#waiting;
    this.#waiting = [];
    this.#isWriting = true;
    this.#write(
      writes,
      writes.flatMap(({ parts }) => parts),
      first.start,
    );
  }

  /** Writes `parts`, what is left of `writes`, from `position` on. */
  #write(writes: readonly Write[], parts: readonly Buffer[], position: number): void {
    this.#writeParts(this.#fd, parts, position, (error, bytes) => {
      const left = error === null ? partsBehind(parts, bytes) : parts;
      if (error === null && bytes > 0 && left.length > 0) {
        this.#write(writes, left, position + bytes);
        return;
      }
      if (left.length > 0) {
        this.#error ??= error ?? new Error('The file took no bytes.');
        this.#failedAt = Math.min(this.#failedAt, position);
      }
      this.#isWriting = false;
      for (const { slab, start } of writes) {
        this.#inFlight.delete(start);
        slab.writes -= 1;
        this.#releaseUnused(slab);
      }
      this.#writeWaiting();
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
    const slab = this.#slab;
    this.#slab = undefined;
    this.#parts = [];
    this.#gathered = 0;
    this.#filled = 0;
    if (slab !== undefined) this.#releaseUnused(slab);
    this.#stopWaiting?.();
    this.#pool.leave();
  }
}

/** What a write of `bytes` left over. */
function partsBehind(parts: readonly Buffer[], bytes: number): Buffer[] {
  let behind = 0;
  const left: Buffer[] = [];
  for (const part of parts) {
    const taken = Math.max(0, Math.min(part.byteLength, bytes - behind));
    behind += part.byteLength;
    if (taken < part.byteLength) left.push(part.subarray(taken));
  }
  return left;
}
