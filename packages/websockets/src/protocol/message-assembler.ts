// Parts of data frames in, whole messages out. Holds the limits on size and number of fragments, checked at the header,
// before the bytes arrive, and checks UTF-8 while they arrive. Throws a WebSocketError; then it must not be used again.
import { isAscii, isUtf8 } from 'node:buffer';
import { WebSocketError } from '../errors.ts';
import type { DataPart } from './frame-decoder.ts';
import { opcode } from './opcodes.ts';
import { checkUtf8, utf8Invalid, utf8Start } from './utf8.ts';

export interface TextMessage {
  readonly type: 'text';
  readonly data: string;
}

export interface BinaryMessage {
  readonly type: 'binary';
  /** Belongs to the receiver; nobody else writes to it. */
  readonly data: Buffer;
}

export type Message = TextMessage | BinaryMessage;

export interface MessageLimits {
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
}

interface OpenMessage {
  readonly isText: boolean;
  buffer: Buffer;
  length: number;
  /** Bytes announced by the headers so far. */
  announced: number;
  frames: number;
  utf8: number;
}

export class MessageAssembler {
  readonly #limits: MessageLimits;
  #open: OpenMessage | undefined;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** Gives the message that this part completes. */
  add(part: DataPart): Message | undefined {
    if (part.isFirst && part.isLast && part.isFinal && part.opcode !== opcode.continuation) return this.#whole(part);
    this.#open ??= {
      isText: part.opcode === opcode.text,
      buffer: Buffer.alloc(0),
      length: 0,
      announced: 0,
      frames: 0,
      utf8: utf8Start,
    };
    const open = this.#open;
    if (part.isFirst) this.#announce(open, part.frameBytes);
    if (open.isText) {
      open.utf8 = checkUtf8(open.utf8, part.payload);
      if (open.utf8 === utf8Invalid) throw invalidText();
    }
    append(open, part.payload, part.isFinal ? open.announced : this.#limits.maxMessageBytes);
    if (!part.isLast || !part.isFinal) return undefined;
    this.#open = undefined;
    if (!open.isText) return { type: 'binary', data: fitted(open) };
    if (open.utf8 !== utf8Start) throw invalidText();
    return { type: 'text', data: open.buffer.toString('utf8', 0, open.length) };
  }

  /** The cheap and common case: a message that arrived in one frame and one piece. */
  #whole(part: DataPart): Message {
    const payload = part.payload;
    if (payload.length > this.#limits.maxMessageBytes) throw this.#tooBig(payload.length);
    if (part.opcode === opcode.binary) return { type: 'binary', data: Buffer.from(payload) };
    if (isAscii(payload)) return { type: 'text', data: payload.toString('latin1') };
    if (!isUtf8(payload)) throw invalidText();
    return { type: 'text', data: payload.toString('utf8') };
  }

  #announce(open: OpenMessage, frameBytes: number): void {
    open.frames += 1;
    open.announced += frameBytes;
    if (open.announced > this.#limits.maxMessageBytes) throw this.#tooBig(open.announced);
    if (open.frames > this.#limits.maxFragments) {
      const limit = this.#limits.maxFragments;
      throw new WebSocketError('too-many-fragments', `A message has more than ${limit} fragments (maxFragments)`);
    }
  }

  #tooBig(bytes: number): WebSocketError {
    const limit = this.#limits.maxMessageBytes;
    return new WebSocketError(
      'message-too-big',
      `A message of ${bytes} bytes or more is over ${limit} (maxMessageBytes)`,
    );
  }
}

const invalidText = () => new WebSocketError('invalid-utf8', 'A text message is not valid UTF-8');

/** Grows by doubling, up to what the message can still become: a header alone makes us reserve nothing. */
function append(open: OpenMessage, bytes: Buffer, most: number): void {
  const needed = open.length + bytes.length;
  if (needed > open.buffer.length) {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(most, open.buffer.length * 2)));
    open.buffer.copy(grown, 0, 0, open.length);
    open.buffer = grown;
  }
  bytes.copy(open.buffer, open.length);
  open.length = needed;
}

/** The received bytes alone, copied where the buffer is much larger. */
function fitted(open: OpenMessage): Buffer {
  const view = open.buffer.subarray(0, open.length);
  return open.buffer.length - open.length > open.length / 4 ? Buffer.from(view) : view;
}
