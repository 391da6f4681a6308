// A message encoded once, to be sent on many connections: `connection.send(encodeMessage(data))`.
import { isUtf8 } from 'node:buffer';
import { bytesOf, mustBeMessageType, mustBeObject } from '../arguments.ts';
import type { Deflater } from '../compression/deflater.ts';
import { WebSocketError } from '../errors.ts';
import { encodeFrame } from '../protocol/frame-encoder.ts';
import { FrameJoins } from '../protocol/frame-joins.ts';
import { opcode, rsv1 } from '../protocol/opcodes.ts';

export type MessageData = string | Uint8Array | ArrayBuffer;

export class EncodedMessage {
  readonly type: 'text' | 'binary';
  /** The frame as a server sends it. Shared by all who send it: read only. */
  readonly frame: Uint8Array;
  /** @internal The frame behind others that went out to everybody in the same tick. */
  readonly joins = new FrameJoins();
  /** Deflated frames by kind (`Deflater.aloneKey`), undefined where that is no gain. */
  #deflated: Map<number, Uint8Array | undefined> | undefined;

  /** @internal Made by `encodeMessage`. */
  constructor(type: 'text' | 'binary', frame: Uint8Array) {
    this.type = type;
    this.frame = frame;
  }

  get payload(): Uint8Array {
    const short = this.frame[1]!;
    return this.frame.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
  }

  /** @internal The frame with its payload deflated by itself, made once for all connections of a kind; undefined where it is no gain. */
  deflatedFrame(deflater: Deflater): Uint8Array | undefined {
    const key = deflater.aloneKey;
    this.#deflated ??= new Map();
    if (this.#deflated.has(key)) return this.#deflated.get(key);
    const { payload } = this;
    const deflated = deflater.deflateAlone(payload);
    const code = (this.type === 'text' ? opcode.text : opcode.binary) | rsv1;
    const frame = deflated.length < payload.length ? encodeFrame(code, true, deflated, undefined) : undefined;
    this.#deflated.set(key, frame);
    return frame;
  }
}

/**
 * Encodes a message for any number of connections. Throws `invalid-text` for bytes that are no UTF-8 sent as text, and
 * `invalid-argument`.
 */
export function encodeMessage(data: MessageData, options: { type?: 'text' | 'binary' } = {}): EncodedMessage {
  mustBeObject('The options of a message', options);
  mustBeMessageType(options.type);
  const type = options.type ?? (typeof data === 'string' ? 'text' : 'binary');
  const bytes = typeof data === 'string' ? Buffer.from(data) : bytesOf(data);
  if (type === 'text' && typeof data !== 'string' && !isUtf8(bytes)) {
    throw new WebSocketError('invalid-text', 'Bytes sent as text are not valid UTF-8');
  }
  return new EncodedMessage(type, encodeFrame(type === 'text' ? opcode.text : opcode.binary, true, bytes, undefined));
}
