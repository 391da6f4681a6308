// The frames of one connection that wait for the next write, as few buffers. Every batch belongs to one connection, and
// what was taken out is never written to again: bytes of one connection cannot reach another, nor be overwritten
// before the kernel has them (decision 011).
import { headerBytes, writeHeader } from './frame-encoder.ts';
import type { FrameJoins } from './frame-joins.ts';
import { applyMask } from './mask.ts';

/** Payloads from this size on are handed over as they are, without a copy. */
const byReferenceBytes = 16_384;
/** Strings up to this length are encoded into worst-case room in one pass. */
const onePassLength = 1_024;
const smallestChunkBytes = 512;
const largestChunkBytes = 65_536;
/** Room taken on the strength of the last batch alone; more is not cheaper any longer (it is beyond the pool of Buffer). */
const mostExpectedBytes = 4_096;

export class OutputBatch {
  readonly #nextKey: (() => number) | undefined;
  /** Finished buffers, in order. */
  #first: Uint8Array | undefined;
  #others: Uint8Array[] | undefined;
  #chunk: Buffer | undefined;
  #used = 0;
  #bytes = 0;
  /** All there is so far is one buffer that other connections send as well. */
  #isShared = false;
  /** What the last batch came to: the next one is likely to be as long, and one chunk leaves by a cheaper call than three. */
  #lastBytes = 0;

  /** `nextKey` gives unpredictable masking keys for a client (RFC 6455 §10.3); a server passes none. */
  constructor(nextKey: (() => number) | undefined) {
    this.#nextKey = nextKey;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isMasked(): boolean {
    return this.#nextKey !== undefined;
  }

  addText(code: number, isFinal: boolean, text: string): void {
    const isShort = text.length <= onePassLength;
    const guess = isShort ? text.length : Buffer.byteLength(text);
    const chunk = this.#reserve((isShort ? guess * 3 : guess) + headerBytes(guess * 3, this.isMasked));
    const start = this.#used;
    let header = headerBytes(guess, this.isMasked);
    const written = chunk.write(text, start + header, 'utf8');
    const needed = headerBytes(written, this.isMasked);
    if (needed !== header) {
      chunk.copyWithin(start + needed, start + header, start + header + written);
      header = needed;
    }
    const key = this.#nextKey?.();
    writeHeader(chunk, start, code, isFinal, written, key);
    if (key !== undefined) applyMask(chunk, start + header, start + header + written, key, 0);
    this.#claim(header + written);
  }

  /** Large payloads of a server are kept by reference until the kernel has them; everything else is copied now. */
  addBytes(code: number, isFinal: boolean, payload: Uint8Array): void {
    const header = headerBytes(payload.length, this.isMasked);
    const key = this.#nextKey?.();
    if (key === undefined && payload.length >= byReferenceBytes) {
      const chunk = this.#reserve(header);
      writeHeader(chunk, this.#used, code, isFinal, payload.length, undefined);
      this.#claim(header);
      this.#append(payload);
      return;
    }
    const chunk = this.#reserve(header + payload.length);
    const start = this.#used;
    writeHeader(chunk, start, code, isFinal, payload.length, key);
    chunk.set(payload, start + header);
    if (key !== undefined) applyMask(chunk, start + header, start + header + payload.length, key, 0);
    this.#claim(header + payload.length);
  }

  /**
   * A frame already encoded for a server and shared by many connections; nobody may write to it. `joins` are those of the
   * frame, where it is likely to follow the same frames on all of them.
   */
  addFrame(frame: Uint8Array, joins?: FrameJoins): void {
    const isFirst = this.#bytes === 0;
    if (this.#bytes === 0 || frame.length >= byReferenceBytes) {
      this.#append(frame);
      this.#isShared = isFirst && joins !== undefined;
      return;
    }
    const only = this.#chunk === undefined && this.#others === undefined ? this.#first : undefined;
    if (only !== undefined && only.length < byReferenceBytes) {
      const joined = this.#isShared ? joins?.of(only, frame) : undefined;
      if (joined !== undefined) {
        this.#first = joined;
        this.#bytes = joined.length;
        return;
      }
      // A second small frame: from here on copying into one buffer is cheaper than a longer list.
      this.#first = undefined;
      this.#bytes = 0;
      this.#copy(only);
    }
    this.#copy(frame);
  }

  /** Everything so far, in order; the batch is empty afterwards. */
  take(): Uint8Array[] {
    this.#closeChunk();
    const all = this.#first === undefined ? [] : [this.#first, ...(this.#others ?? [])];
    this.#clear();
    return all;
  }

  /** The same where it is one buffer, without a list; else nothing, and all stays. */
  takeWhole(): Uint8Array | undefined {
    this.#closeChunk();
    if (this.#others !== undefined) return undefined;
    const whole = this.#first;
    this.#clear();
    return whole;
  }

  #clear(): void {
    this.#lastBytes = Math.min(this.#bytes, mostExpectedBytes);
    this.#first = undefined;
    this.#others = undefined;
    this.#bytes = 0;
    this.#isShared = false;
  }

  #copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length).set(bytes, this.#used);
    this.#claim(bytes.length);
  }

  #append(bytes: Uint8Array): void {
    this.#closeChunk();
    this.#finished(bytes);
    this.#bytes += bytes.length;
  }

  #claim(bytes: number): void {
    this.#used += bytes;
    this.#bytes += bytes;
  }

  /** A chunk with room for `bytes` at `#used`. */
  #reserve(bytes: number): Buffer {
    const chunk = this.#chunk;
    if (chunk !== undefined && chunk.length - this.#used >= bytes) return chunk;
    const grown =
      chunk === undefined
        ? Math.max(smallestChunkBytes, this.#lastBytes + bytes)
        : Math.max(bytes, Math.min(largestChunkBytes, chunk.length * 2));
    this.#closeChunk();
    this.#chunk = Buffer.allocUnsafe(grown);
    return this.#chunk;
  }

  #closeChunk(): void {
    if (this.#chunk !== undefined && this.#used > 0) {
      this.#finished(this.#chunk.subarray(0, this.#used));
    }
    this.#chunk = undefined;
    this.#used = 0;
  }

  #finished(bytes: Uint8Array): void {
    if (this.#first === undefined) this.#first = bytes;
    else {
      this.#others ??= [];
      this.#others.push(bytes);
    }
  }
}
