// Pieces of messages in, whole messages out. Holds the limits on size and number of fragments, checked with the piece that
// announces the bytes, before they arrive. Throws a WebSocketError; then it must not be used again.
import { isAscii } from 'node:buffer';
import { WebSocketError } from '../errors.ts';
import type { Message, MessagePart } from './message-parts.ts';

export interface MessageLimits {
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
}

export class MessageAssembler {
  readonly #limits: MessageLimits;
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Bytes announced so far. */
  #announced = 0;
  #fragments = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** Gives the message that this part completes. */
  add(part: MessagePart): Message | undefined {
    this.#announced += part.announcedBytes;
    if (this.#announced > this.#limits.maxMessageBytes) throw this.#tooBig();
    this.#fragments += part.fragments;
    if (this.#fragments > this.#limits.maxFragments) {
      const limit = this.#limits.maxFragments;
      throw new WebSocketError('too-many-fragments', `A message has more than ${limit} fragments (maxFragments)`);
    }
    if (part.startsMessage && part.endsMessage) {
      this.clear();
      return messageOf(part.type, part.payload);
    }
    this.#append(part.payload, part.endsMessage ? this.#announced : this.#limits.maxMessageBytes);
    if (!part.endsMessage) return undefined;
    const buffer = this.#buffer;
    const length = this.#length;
    this.clear();
    if (part.type === 'text') return { type: 'text', data: buffer.toString('utf8', 0, length) };
    // The received bytes alone, copied where the buffer is much larger.
    const view = buffer.subarray(0, length);
    return { type: 'binary', data: buffer.length - length > length / 4 ? Buffer.from(view) : view };
  }

  /** The beginning of an unfinished message, for somebody who wants it in pieces; it is forgotten here. */
  release(type: 'text' | 'binary'): MessagePart {
    const payload = this.#buffer.subarray(0, this.#length);
    const fragments = this.#fragments;
    const announcedBytes = this.#announced;
    this.clear();
    return {
      type,
      payload,
      announcedBytes,
      fragments,
      startsMessage: true,
      endsMessage: false,
      isCompressed: false,
    };
  }

  /** Forgets an unfinished message. */
  clear(): void {
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    this.#announced = 0;
    this.#fragments = 0;
  }

  /** Grows by doubling, up to what the message can still become: a header alone makes us reserve nothing. */
  #append(bytes: Buffer, most: number): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(most, this.#buffer.length * 2)));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    bytes.copy(this.#buffer, this.#length);
    this.#length = needed;
  }

  #tooBig(): WebSocketError {
    const limit = this.#limits.maxMessageBytes;
    return new WebSocketError(
      'message-too-big',
      `A message of ${this.#announced} bytes or more is over ${limit} (maxMessageBytes)`,
    );
  }
}

/** A message from bytes that were checked already; binary data is copied. */
export function messageOf(type: 'text' | 'binary', payload: Buffer): Message {
  if (type === 'binary') return { type, data: Buffer.from(payload) };
  return { type, data: payload.toString(isAscii(payload) ? 'latin1' : 'utf8') };
}
