// One connection: where the kernel puts its bytes, and who takes them. The kernel (or TLS) fills either room lent by the
// reader, a slab on its way to the file, or the connection's own scratch; it always holds one of them, and `take` is told
// which by identity. So bytes that come after a pause, as TLS delivers them, land in memory that is nobody else's.
import type { OnReadOpts, Socket } from 'node:net';

/** Who takes the bytes of a connection. */
export interface WireReader {
  /** The handshake is done. */
  connected(): void;
  /** Room for the next bytes, this reader's until `take` or `closed`; `undefined` to have them in the scratch. */
  room(): Buffer | undefined;
  /**
   * The first `count` bytes of `bytes` came. In scratch (not `isInRoom`) they are the wire's again after the return. False pauses
   * until `resume`; a little more may come all the same.
   */
  take(bytes: Buffer, count: number, isInRoom: boolean): boolean;
  /** The server sends no more. */
  ended(): void;
  /** The connection is gone, with the error that did it; nothing touches any room of the reader any more. */
  closed(error: Error | undefined): void;
}

export class Wire {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly #socket: Socket;
  #scratch: Buffer;
  #otherScratch: Buffer | undefined;
  #reader: WireReader;
  /** What of the reader's room the kernel holds. */
  #lent: Buffer | undefined;
  #error: Error | undefined;

  /** `dial` connects with the given `onread`; `connectedEvent` is what its socket emits when bytes may be sent. */
  constructor(
    origin: string,
    dial: (onread: OnReadOpts) => Socket,
    connectedEvent: string,
    scratchBytes: number,
    reader: WireReader,
  ) {
    this.origin = origin;
    this.#scratch = Buffer.allocUnsafeSlow(scratchBytes);
    this.#reader = reader;
    this.#socket = dial({
      buffer: () => this.#nextBuffer(),
      callback: (count, bytes) => this.#take(count, bytes),
    });
    this.#socket.once(connectedEvent, () => this.#reader.connected());
    this.#socket.on('error', error => {
      this.#error ??= error;
    });
    this.#socket.once('end', () => this.#reader.ended());
    this.#socket.once('close', () => this.#reader.closed(this.#error));
    // 'end' is told to a flowing stream only.
    this.#socket.resume();
  }

  /** Passes the connection on. Only between answers: nothing may be lent. */
  set reader(reader: WireReader) {
    this.#reader = reader;
  }

  /** False once nothing more can be sent or read. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && !this.#socket.readableEnded && this.#socket.writable;
  }

  /** What was taken last, from scratch, stays as it is until this is called again. */
  keepScratch(): void {
    const kept = this.#scratch;
    this.#scratch = this.#otherScratch ?? Buffer.allocUnsafeSlow(kept.byteLength);
    this.#otherScratch = kept;
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The reader's `closed` follows. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Whether the connection keeps the process alive. */
  set isHolding(isHolding: boolean) {
    if (isHolding) this.#socket.ref();
    else this.#socket.unref();
  }

  #nextBuffer(): Buffer {
    const room = this.#socket === undefined || this.#socket.destroyed ? undefined : this.#reader.room();
    this.#lent = room;
    return room ?? this.#scratch;
  }

  #take(count: number, bytes: Uint8Array): boolean {
    const isInRoom = bytes === this.#lent;
    return this.#reader.take(isInRoom ? this.#lent! : this.#scratch, count, isInRoom);
  }
}
