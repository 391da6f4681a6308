// A connection that carries messages with descriptors, driven by the event loop: what cannot be sent at once waits here in
// order, what comes in is told to the listener, and it ends once.
import { LonghaulError } from '@longhaul/agent-protocol/errors';
import type { Descriptor } from './descriptor.ts';
import { Envelope } from './envelope.ts';
import { codeOf } from './libc.ts';
import { Readiness } from './readiness.ts';
import { makeRoom } from './sockets.ts';

export interface ChannelListener {
  /** The descriptors are the listener's from now on. */
  received(bytes: Buffer, descriptors: readonly Descriptor[]): void;
  /**
   * A message whose descriptors this process cannot have: more than 64, or it is near its limit of open files. Without this
   * the channel ends with `quota-exceeded` then.
   */
  lost?(bytes: Buffer): void;
  /** Once, and nothing comes afterwards; not after `dispose`. Without an error the peer has ended it. */
  ended(error: unknown): void;
}

export interface ChannelOptions {
  /** What messages are sent and received with, shared with other channels; stays the caller's. Without: one of its own. */
  readonly envelope?: Envelope;
  /** Size of the channel's own envelope: a message may be as long. Bytes. */
  readonly maxMessageBytes?: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly descriptors: readonly Descriptor[];
}

/** Messages, and their bytes, that wait for a peer that does not read; more break the connection. */
const maxWaiting = 1_024;
const maxWaitingBytes = 8 * 1_024 * 1_024;
/** Messages read in one turn, so that one peer cannot keep the loop to itself. */
const maxPerTurn = 64;

export class Channel implements Disposable {
  readonly #socket: Descriptor;
  readonly #envelope: Envelope;
  readonly #ownsEnvelope: boolean;
  readonly #readiness: Readiness;
  readonly #listener: ChannelListener;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isOpen = true;
  #isPaused = false;

  /**
   * The socket (message boundaries kept, see sockets.ts) is the channel's from now on, and closed when there can be none.
   *
   * @throws a system error: `EMFILE` near the limit of open files
   */
  constructor(socket: Descriptor, listener: ChannelListener, options: ChannelOptions = {}) {
    using unfinished = new DisposableStack();
    this.#socket = unfinished.use(socket);
    this.#ownsEnvelope = options.envelope === undefined;
    this.#envelope = options.envelope ?? unfinished.use(new Envelope(options.maxMessageBytes));
    makeRoom(socket, this.#envelope.maxBytes);
    this.#listener = listener;
    this.#readiness = new Readiness(socket, () => this.#happened());
    unfinished.move();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** While true nothing is read: the peer's messages wait in the kernel, and then the peer itself. */
  set isPaused(isPaused: boolean) {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#listen();
  }

  /** In order; at once when the peer has room. The descriptors stay the caller's. Without effect after the end. */
  send(bytes: Uint8Array, descriptors: readonly Descriptor[] = []): void {
    if (!this.#isOpen) return;
    try {
      if (this.#waiting.length === 0 && this.#envelope.send(this.#socket, bytes, descriptors)) return;
      if (this.#waiting.length >= maxWaiting || this.#waitingBytes + bytes.length > maxWaitingBytes) {
        throw new Error(`the peer has not read the last ${this.#waiting.length} messages`);
      }
      this.#waitingBytes += bytes.length;
      this.#waiting.push({ bytes: Buffer.from(bytes), descriptors: descriptors.map(each => each.duplicate()) });
      this.#listen();
    } catch (error) {
      if (error instanceof RangeError) throw error;
      // The peer is gone. What it said last is still to be heard, and then its end.
      if (isGone(error)) return;
      // Not from within the caller's own turn: it has not finished what it was doing.
      queueMicrotask(() => this.#end(error));
    }
  }

  /** Everything that the peer has said by now is heard, and its end if that has come. */
  takeWaiting(): void {
    this.#take(Number.POSITIVE_INFINITY);
  }

  /** The process may end although this waits for messages. */
  unref(): void {
    this.#readiness.unref();
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#readiness.ref();
  }

  #happened(): void {
    try {
      this.#flush();
    } catch (error) {
      if (!isGone(error)) this.#end(error);
    }
    this.#take(maxPerTurn);
  }

  #take(maxMessages: number): void {
    try {
      for (let count = 0; this.#isOpen && !this.#isPaused && count < maxMessages; count++) {
        const message = this.#receive();
        if (message === undefined) return;
        if (message === 'end') this.#end(undefined);
        else if (!message.wereLost) this.#listener.received(message.bytes, message.descriptors);
        else if (this.#listener.lost !== undefined) this.#listener.lost(message.bytes);
        else throw new LonghaulError('quota-exceeded', 'descriptors of a message were lost: too many, here or in it');
      }
    } catch (error) {
      this.#end(error);
    }
  }

  /** The kernel tells that the peer has not read everything before it gives what the peer has said last. */
  #receive(): ReturnType<Envelope['receive']> {
    try {
      return this.#envelope.receive(this.#socket);
    } catch (error) {
      if (codeOf(error) !== 'ECONNRESET') throw error;
      return this.#envelope.receive(this.#socket);
    }
  }

  #flush(): void {
    let first = this.#waiting[0];
    if (first === undefined) return;
    while (first !== undefined && this.#envelope.send(this.#socket, first.bytes, first.descriptors)) {
      for (const descriptor of first.descriptors) descriptor[Symbol.dispose]();
      this.#waiting.shift();
      this.#waitingBytes -= first.bytes.length;
      first = this.#waiting[0];
    }
    if (first === undefined) this.#listen();
  }

  #listen(): void {
    this.#readiness.interest = { readable: !this.#isPaused, writable: this.#waiting.length > 0 };
  }

  #end(error: unknown): void {
    if (!this.#isOpen) return;
    this[Symbol.dispose]();
    this.#listener.ended(error);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#readiness[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
    if (this.#ownsEnvelope) this.#envelope[Symbol.dispose]();
    for (const { descriptors } of this.#waiting.splice(0)) {
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    }
  }
}

const isGone = (error: unknown): boolean => codeOf(error) === 'EPIPE' || codeOf(error) === 'ECONNRESET';
