// Bytes in, frames out, pull-style and incremental: `push` what arrived, call `next` until it gives nothing. Data frames
// come as parts while they arrive, control frames whole. Throws a WebSocketError at the first byte that breaks RFC 6455 §5;
// after that the decoder must not be used again. Holds at most one incomplete header or control frame of its own.
import { WebSocketError } from '../errors.ts';
import { applyMask } from './mask.ts';
import { isKnownOpcode, maxControlPayloadBytes, opcode, type Role } from './opcodes.ts';

/** A piece of a data frame, unmasked. The first piece of a frame comes as soon as its header is complete, maybe empty. */
export interface DataPart {
  readonly kind: 'data';
  readonly opcode: number;
  readonly isFinal: boolean;
  /** Length of the whole frame as its header says. */
  readonly frameBytes: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** A view into the pushed bytes: copy what is to be kept. */
  readonly payload: Buffer;
}

export interface ControlFrame {
  readonly kind: 'control';
  readonly opcode: number;
  readonly payload: Buffer;
}

export type FrameEvent = DataPart | ControlFrame;

const nothing = Buffer.alloc(0);

export class FrameDecoder {
  readonly #isMasked: boolean;
  #chunk: Buffer = nothing;
  #offset = 0;
  #waiting: Buffer[] | undefined;
  /** Payload bytes of the current data frame still to come; -1 between frames. */
  #missing = -1;
  #opcode = 0;
  #isFinal = false;
  #frameBytes = 0;
  #key = 0;
  #isMessageOpen = false;

  /** `role` is our own: a server wants masked frames, a client unmasked ones. */
  constructor(role: Role) {
    this.#isMasked = role === 'server';
  }

  /** Bytes pushed and not yet given out. */
  get pendingBytes(): number {
    let bytes = this.#chunk.length - this.#offset;
    if (this.#waiting !== undefined) for (const chunk of this.#waiting) bytes += chunk.length;
    return bytes;
  }

  /** Takes ownership: the bytes are unmasked in place. */
  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#offset === this.#chunk.length) {
      this.#chunk = bytes;
      this.#offset = 0;
    } else if (this.#waiting === undefined) this.#waiting = [bytes];
    else this.#waiting.push(bytes);
  }

  /** The next event, or nothing until more is pushed. */
  next(): FrameEvent | undefined {
    for (;;) {
      const event = this.#missing >= 0 ? this.#part(false) : this.#frame();
      if (event !== undefined) {
        if (this.#offset === this.#chunk.length) this.#advance();
        return event;
      }
      if (this.#waiting === undefined) return undefined;
      this.#advance();
    }
  }

  /** Lets go of the finished chunk, or joins the few bytes left of it (part of a header or control frame) with the next. */
  #advance(): void {
    const rest = this.#chunk.length - this.#offset;
    const following = this.#waiting?.shift();
    if (this.#waiting?.length === 0) this.#waiting = undefined;
    if (following === undefined) {
      if (rest === 0) {
        this.#chunk = nothing;
        this.#offset = 0;
      }
      return;
    }
    this.#chunk = rest === 0 ? following : Buffer.concat([this.#chunk.subarray(this.#offset), following]);
    this.#offset = 0;
  }

  /** Reads a header; checks each byte as soon as it is there, again on the next try when the header is incomplete. */
  #frame(): FrameEvent | undefined {
    const chunk = this.#chunk;
    const at = this.#offset;
    const available = chunk.length - at;
    if (available === 0) return undefined;
    const first = chunk[at]!;
    this.#checkFirst(first);
    if (available === 1) return undefined;
    const second = chunk[at + 1]!;
    const isControl = (first & 0x08) !== 0;
    const shortLength = second & 0x7f;
    if (((second & 0x80) !== 0) !== this.#isMasked) {
      throw this.#isMasked
        ? new WebSocketError('mask-missing', 'A frame from the client is not masked')
        : new WebSocketError('mask-forbidden', 'A frame from the server is masked');
    }
    if (isControl && shortLength > maxControlPayloadBytes) {
      throw new WebSocketError('control-too-long', 'A control frame has more than 125 bytes of payload');
    }
    if (shortLength === 1 && (first & 0x0f) === opcode.close) {
      throw new WebSocketError('close-payload-invalid', 'A Close frame has one byte of payload');
    }
    const lengthBytes = shortLength < 126 ? 0 : shortLength === 126 ? 2 : 8;
    if (available < 2 + lengthBytes) return undefined;
    const length = lengthBytes === 0 ? shortLength : this.#extendedLength(at + 2, lengthBytes);
    const headerBytes = 2 + lengthBytes + (this.#isMasked ? 4 : 0);
    if (available < headerBytes) return undefined;
    if (isControl && available < headerBytes + length) return undefined;
    this.#key = this.#isMasked ? chunk.readInt32LE(at + headerBytes - 4) : 0;
    this.#offset = at + headerBytes;
    if (isControl) return this.#control(first & 0x0f, length);
    this.#opcode = first & 0x0f;
    this.#isFinal = (first & 0x80) !== 0;
    this.#isMessageOpen = !this.#isFinal;
    this.#frameBytes = length;
    this.#missing = length;
    return this.#part(true);
  }

  #checkFirst(first: number): void {
    if ((first & 0x70) !== 0) throw new WebSocketError('reserved-bits', `Reserved bits are set (first byte ${first})`);
    const code = first & 0x0f;
    if (!isKnownOpcode(code)) throw new WebSocketError('reserved-opcode', `Opcode ${code} is reserved`);
    if (code >= 8) {
      if ((first & 0x80) === 0) throw new WebSocketError('control-fragmented', 'A control frame is fragmented');
    } else if (code === opcode.continuation) {
      if (!this.#isMessageOpen)
        throw new WebSocketError('unexpected-continuation', 'A continuation has nothing to continue');
    } else if (this.#isMessageOpen) {
      throw new WebSocketError('expected-continuation', 'A new message starts inside another');
    }
  }

  #extendedLength(at: number, lengthBytes: number): number {
    if (lengthBytes === 2) {
      const length = this.#chunk.readUInt16BE(at);
      if (length < 126) throw new WebSocketError('length-not-minimal', `Length ${length} is written in 16 bits`);
      return length;
    }
    const high = this.#chunk.readUInt32BE(at);
    if (high >= 0x8000_0000) throw new WebSocketError('length-out-of-range', 'The top bit of a 64-bit length is set');
    const length = high * 0x1_0000_0000 + this.#chunk.readUInt32BE(at + 4);
    if (length < 65_536) throw new WebSocketError('length-not-minimal', `Length ${length} is written in 64 bits`);
    return length;
  }

  #control(code: number, length: number): ControlFrame {
    const start = this.#offset;
    this.#offset = start + length;
    applyMask(this.#chunk, start, start + length, this.#key, 0);
    return { kind: 'control', opcode: code, payload: this.#chunk.subarray(start, start + length) };
  }

  #part(isFirst: boolean): DataPart | undefined {
    const start = this.#offset;
    const length = Math.min(this.#missing, this.#chunk.length - start);
    if (length === 0 && !isFirst) return undefined;
    applyMask(this.#chunk, start, start + length, this.#key, this.#frameBytes - this.#missing);
    this.#offset = start + length;
    this.#missing -= length;
    const isLast = this.#missing === 0;
    if (isLast) this.#missing = -1;
    return {
      kind: 'data',
      opcode: this.#opcode,
      isFinal: this.#isFinal,
      frameBytes: this.#frameBytes,
      isFirst,
      isLast,
      payload: this.#chunk.subarray(start, start + length),
    };
  }
}
