// Cuts the byte stream of a connection into MessagePack frames: a length (§6.1: seven bits a byte, least significant
// first, five bytes at most), then that many bytes. Nothing is reserved for a length before its bytes have come.
import { HubServerError } from '../errors.ts';
import { messageTooLarge } from './record-reader.ts';

const encoder = new TextEncoder();
const nothing = new Uint8Array(0);
const longestPrefix = 5;

interface Prefix {
  readonly body: number;
  /** Bytes of the prefix itself. */
  readonly size: number;
}

/** Pull-style: `push` a chunk, then call `next` until it gives `undefined`, then push the next one. */
export class FrameReader {
  /** Bytes a frame may have, its length prefix included (§8.5). `Infinity` for no limit. */
  readonly #limitBytes: number;
  #chunk: Uint8Array = nothing;
  #at = 0;
  /** The beginning of a frame whose end has not come yet; copied, so that no chunk is held. */
  #partial = nothing;
  #partialLength = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get hasPartialFrame(): boolean {
    return this.#partialLength > 0;
  }

  /** The bytes of the chunk are kept until they are read, and shown by `next`: nobody may write to them. */
  push(chunk: string | Uint8Array): void {
    if (this.#at < this.#chunk.length) throw new Error('push before the previous chunk was read to its end');
    this.#chunk = typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
    this.#at = 0;
  }

  /** Forgets the beginning of an unfinished frame. */
  reset(): void {
    this.#chunk = nothing;
    this.#at = 0;
    this.#dropPartial();
  }

  /** The bytes of the next whole frame, without the length. Throws `message-too-large` and `invalid-message`. */
  next(): Uint8Array | undefined {
    if (this.#at >= this.#chunk.length) return undefined;
    if (this.#partialLength > 0) return this.#finishPartial();
    const prefix = readPrefix(this.#chunk, this.#at, this.#chunk.length);
    const length = prefix === undefined ? undefined : this.#lengthOf(prefix);
    if (prefix === undefined || length === undefined || this.#at + length > this.#chunk.length) {
      this.#keep(this.#chunk.length - this.#at);
      return undefined;
    }
    const frame = this.#chunk.subarray(this.#at + prefix.size, this.#at + length);
    this.#advance(length);
    return frame;
  }

  #finishPartial(): Uint8Array | undefined {
    let prefix = readPrefix(this.#partial, 0, this.#partialLength);
    while (prefix === undefined) {
      if (this.#at >= this.#chunk.length) return undefined;
      this.#keep(1);
      prefix = readPrefix(this.#partial, 0, this.#partialLength);
    }
    const length = this.#lengthOf(prefix);
    this.#keep(Math.min(length - this.#partialLength, this.#chunk.length - this.#at));
    if (this.#partialLength < length) return undefined;
    const frame = this.#partial.subarray(prefix.size, length);
    this.#dropPartial();
    return frame;
  }

  #lengthOf({ body, size }: Prefix): number {
    if (body + size > this.#limitBytes) throw messageTooLarge(this.#limitBytes);
    return body + size;
  }

  #keep(bytes: number): void {
    const length = this.#partialLength + bytes;
    if (length > this.#partial.length) {
      const grown = new Uint8Array(Math.max(length, this.#partial.length * 2, 64));
      grown.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = grown;
    }
    this.#partial.set(this.#chunk.subarray(this.#at, this.#at + bytes), this.#partialLength);
    this.#partialLength = length;
    this.#advance(bytes);
  }

  #advance(bytes: number): void {
    this.#at += bytes;
    if (this.#at < this.#chunk.length) return;
    this.#chunk = nothing;
    this.#at = 0;
  }

  #dropPartial(): void {
    this.#partial = nothing;
    this.#partialLength = 0;
  }
}

/** `undefined` while bytes of it are missing. */
function readPrefix(bytes: Uint8Array, from: number, to: number): Prefix | undefined {
  let body = 0;
  for (let size = 1; size <= longestPrefix; size += 1) {
    if (from + size > to) return undefined;
    const byte = bytes[from + size - 1]!;
    if (size === longestPrefix && byte > 0x07) {
      throw new HubServerError('invalid-message', 'Messages over 2GB in size are not supported.');
    }
    body += (byte & 0x7f) * 2 ** (7 * (size - 1));
    if ((byte & 0x80) === 0) return { body, size };
  }
  return undefined;
}

/** Bytes of the length prefix for a frame body. */
export function prefixSize(bodyLength: number): number {
  let size = 1;
  for (let rest = bodyLength; rest > 0x7f; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

export function writePrefix(target: Uint8Array, bodyLength: number): void {
  let rest = bodyLength;
  let at = 0;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) {
    target[at] = (rest & 0x7f) | 0x80;
    at += 1;
  }
  target[at] = rest;
}
