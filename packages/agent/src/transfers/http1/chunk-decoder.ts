// The chunked transfer coding (RFC 9112, 7.1), from bytes cut anywhere. Pure. It copies nothing: it says which bytes are data.
import { type Field, FieldSection } from './field-lines.ts';
import { invalidAnswer } from './invalid-answer.ts';
import type { ParserLimits } from './options.ts';

type State =
  /** In the line `1a;extension CRLF` before the data of a chunk. */
  | { readonly name: 'size'; digits: number; size: number }
  | { readonly name: 'extension'; readonly size: number; bytes: number }
  | { readonly name: 'size-line-feed'; readonly size: number }
  | { readonly name: 'data'; left: number }
  | { readonly name: 'data-return' }
  | { readonly name: 'data-line-feed' }
  | { readonly name: 'trailers' }
  | { readonly name: 'complete' };

const carriageReturn = 13;
const lineFeed = 10;

export class ChunkDecoder {
  readonly #limits: ParserLimits;
  readonly #trailers: FieldSection;
  #state: State = { name: 'size', digits: 0, size: 0 };

  constructor(limits: ParserLimits) {
    this.#limits = limits;
    this.#trailers = new FieldSection({ ...limits, maxBytes: limits.maxTrailerBytes });
  }

  /** The last chunk and its trailers came. */
  get isComplete(): boolean {
    return this.#state.name === 'complete';
  }

  get trailers(): readonly Field[] {
    return this.#trailers.fields;
  }

  /** True when the next byte is data. */
  get isInData(): boolean {
    return this.#state.name === 'data';
  }

  /** Takes bytes up to where framing becomes data or the other way round. Returns where that is. Throws on bad framing. */
  read(bytes: Buffer, from: number, to: number): number {
    if (this.#state.name === 'data') return this.#takeData(this.#state, from, to);
    let at = from;
    while (at < to && !this.isInData && !this.isComplete) {
      if (this.#state.name === 'trailers') {
        at = this.#trailers.read(bytes, at, to);
        if (this.#trailers.isComplete) this.#state = { name: 'complete' };
      } else {
        this.#takeByte(bytes[at]!);
        at += 1;
      }
    }
    return at;
  }

  #takeData(state: { left: number }, from: number, to: number): number {
    const taken = Math.min(state.left, to - from);
    state.left -= taken;
    if (state.left === 0) this.#state = { name: 'data-return' };
    return from + taken;
  }

  #takeByte(byte: number): void {
    const state = this.#state;
    switch (state.name) {
      case 'size':
        this.#takeSize(state, byte);
        return;
      case 'extension':
        if (byte === carriageReturn) this.#state = { name: 'size-line-feed', size: state.size };
        else this.#takeExtension(state, byte);
        return;
      case 'size-line-feed':
        if (byte !== lineFeed) throw invalidAnswer('CR without LF after a chunk size');
        this.#state = state.size === 0 ? { name: 'trailers' } : { name: 'data', left: state.size };
        return;
      case 'data-return':
        if (byte !== carriageReturn) throw invalidAnswer('a chunk does not end where its size says');
        this.#state = { name: 'data-line-feed' };
        return;
      case 'data-line-feed':
        if (byte !== lineFeed) throw invalidAnswer('CR without LF after a chunk');
        this.#state = { name: 'size', digits: 0, size: 0 };
        return;
    }
  }

  #takeSize(state: { digits: number; size: number }, byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      state.digits += 1;
      state.size = state.size * 16 + digit;
      if (state.digits > this.#limits.maxChunkSizeDigits || !Number.isSafeInteger(state.size)) {
        throw invalidAnswer('a chunk size is too large');
      }
      return;
    }
    if (state.digits === 0) throw invalidAnswer('a chunk size is missing');
    if (byte === carriageReturn) this.#state = { name: 'size-line-feed', size: state.size };
    else if (byte === semicolon) this.#state = { name: 'extension', size: state.size, bytes: 0 };
    else throw invalidAnswer('a chunk size is not hexadecimal');
  }

  #takeExtension(state: { bytes: number }, byte: number): void {
    state.bytes += 1;
    const { maxChunkExtensionBytes } = this.#limits;
    if (state.bytes > maxChunkExtensionBytes)
      throw invalidAnswer(`a chunk extension is longer than ${maxChunkExtensionBytes} bytes`);
    if ((byte < 0x20 && byte !== tab) || byte === 0x7f)
      throw invalidAnswer('a chunk extension has a control character');
  }
}

const tab = 9;
const semicolon = 0x3b;

/** -1 for anything else. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
