// Cuts the byte stream of a connection into records that end with 0x1E: the handshake and every JSON message.
// Chunks come in as they arrive (text or bytes, split anywhere, many records in one); whole records go out, on demand.
import { HubServerError } from '../errors.ts';

export const recordSeparator = '\u001e';
const separatorByte = 0x1e;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const nothing = new Uint8Array(0);

/** Pull-style: `push` a chunk, then call `next` until it gives `undefined`, then push the next one. */
export class RecordReader {
  /** Bytes a record may have, its separator included (§8.5). `Infinity` for no limit. */
  readonly #limitBytes: number;
  #chunk: string | Uint8Array = nothing;
  #at = 0;
  /** The beginning of a record whose end has not come yet; copied, so that no chunk is held. */
  #partial = nothing;
  #partialLength = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True when bytes of an unfinished record are held (§8.5: "Connection terminated while reading a message."). */
  get hasPartialRecord(): boolean {
    return this.#partialLength > 0;
  }

  push(chunk: string | Uint8Array): void {
    if (this.#at < this.#chunk.length) throw new Error('push before the previous chunk was read to its end');
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next whole record without its separator. Throws `message-too-large` and `invalid-message`. */
  next(): string | undefined {
    const chunk = this.#chunk;
    if (this.#at >= chunk.length) return undefined;
    const end =
      typeof chunk === 'string' ? chunk.indexOf(recordSeparator, this.#at) : chunk.indexOf(separatorByte, this.#at);
    if (end < 0) {
      this.#keep(slice(chunk, this.#at, chunk.length));
      this.#drop();
      return undefined;
    }
    const piece = slice(chunk, this.#at, end);
    this.#at = end + 1;
    if (this.#at === chunk.length) this.#drop();
    return this.#partialLength > 0 ? this.#finish(piece) : this.#decode(piece);
  }

  /** What was pushed and not read yet, as bytes: another protocol goes on from here after the handshake. */
  takeRest(): Uint8Array {
    // Nothing, mostly; an empty view of its own would be held by every reader that goes on from here.
    const rest = this.#at < this.#chunk.length ? toBytes(slice(this.#chunk, this.#at, this.#chunk.length)) : nothing;
    this.#drop();
    return rest;
  }

  /** Forgets what was pushed and not read. */
  reset(): void {
    this.#drop();
    this.#partial = nothing;
    this.#partialLength = 0;
  }

  #drop(): void {
    this.#chunk = nothing;
    this.#at = 0;
  }

  #decode(piece: string | Uint8Array): string {
    if (typeof piece === 'string') {
      // A UTF-16 code unit is one to three bytes of UTF-8: count them only where it can matter.
      if (piece.length >= this.#limitBytes) throw this.#tooLarge();
      if (piece.length * 3 >= this.#limitBytes && Buffer.byteLength(piece) >= this.#limitBytes) throw this.#tooLarge();
      return piece;
    }
    if (piece.length >= this.#limitBytes) throw this.#tooLarge();
    return decodeUtf8(piece);
  }

  #finish(piece: string | Uint8Array): string {
    this.#keep(piece);
    const record = decodeUtf8(this.#partial.subarray(0, this.#partialLength));
    this.#partial = nothing;
    this.#partialLength = 0;
    return record;
  }

  #keep(piece: string | Uint8Array): void {
    if (this.#partialLength + piece.length >= this.#limitBytes) throw this.#tooLarge();
    const bytes = toBytes(piece);
    const length = this.#partialLength + bytes.length;
    if (length >= this.#limitBytes) throw this.#tooLarge();
    if (length > this.#partial.length) {
      const grown = new Uint8Array(Math.max(length, this.#partial.length * 2, 64));
      grown.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = grown;
    }
    this.#partial.set(bytes, this.#partialLength);
    this.#partialLength = length;
  }

  #tooLarge(): HubServerError {
    return messageTooLarge(this.#limitBytes);
  }
}

/** The .NET text (§8.5). */
export function messageTooLarge(limitBytes: number): HubServerError {
  return new HubServerError(
    'message-too-large',
    `The maximum message size of ${limitBytes}B was exceeded. The message size can be configured in AddHubOptions.`,
  );
}

function slice(chunk: string | Uint8Array, from: number, to: number): string | Uint8Array {
  return typeof chunk === 'string' ? chunk.slice(from, to) : chunk.subarray(from, to);
}

function toBytes(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? encoder.encode(piece) : piece;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new HubServerError('invalid-message', 'The message is not valid UTF-8.', { cause });
  }
}
