// A connection that carries messages with descriptors, driven by the event loop: what cannot be sent at once waits here in
// order, what comes in is told to the listener, and it ends once.
import type { Descriptor } from './descriptor.ts';
import { Envelope } from './envelope.ts';
import { Readiness } from './readiness.ts';

export interface ChannelListener {
  /** The descriptors are the listener's from now on. */
  received(bytes: Buffer, descriptors: readonly Descriptor[]): void;
  /** Once, and nothing comes afterwards; not after `dispose`. Without an error the peer has ended it. */
  ended(error: unknown): void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly descriptors: readonly Descriptor[];
}

/** Messages that wait for a peer that does not read; one more breaks the connection. */
const maxWaiting = 1_024;
/** Messages read in one turn, so that one peer cannot keep the loop to itself. */
const maxPerTurn = 64;

export class Channel implements Disposable {
  readonly #socket: Descriptor;
  readonly #envelope = new Envelope();
  readonly #readiness: Readiness;
  readonly #listener: ChannelListener;
  readonly #waiting: Waiting[] = [];
  #isOpen = true;

  /** The socket (message boundaries kept, see sockets.ts) is the channel's from now on. */
  constructor(socket: Descriptor, listener: ChannelListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#readiness = new Readiness(socket, () => this.#happened());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** In order; at once when the peer has room. The descriptors stay the caller's. Without effect after the end. */
  send(bytes: Uint8Array, descriptors: readonly Descriptor[] = []): void {
    if (!this.#isOpen) return;
    try {
      if (this.#waiting.length === 0 && this.#envelope.send(this.#socket, bytes, descriptors)) return;
      if (this.#waiting.length >= maxWaiting) throw new Error(`the peer has not read the last ${maxWaiting} messages`);
      this.#waiting.push({ bytes: Buffer.from(bytes), descriptors: descriptors.map(each => each.duplicate()) });
      this.#readiness.interest = { readable: true, writable: true };
    } catch (error) {
      if (error instanceof RangeError) throw error;
      // Not from within the caller's own turn: it has not finished what it was doing.
      queueMicrotask(() => this.#end(error));
    }
  }

  #happened(): void {
    try {
      this.#flush();
      for (let count = 0; this.#isOpen && count < maxPerTurn; count++) {
        const message = this.#envelope.receive(this.#socket);
        if (message === undefined) return;
        if (message === 'end') this.#end(undefined);
        else this.#listener.received(message.bytes, message.descriptors);
      }
    } catch (error) {
      this.#end(error);
    }
  }

  #flush(): void {
    let first = this.#waiting[0];
    if (first === undefined) return;
    while (first !== undefined && this.#envelope.send(this.#socket, first.bytes, first.descriptors)) {
      for (const descriptor of first.descriptors) descriptor[Symbol.dispose]();
      this.#waiting.shift();
      first = this.#waiting[0];
    }
    if (first === undefined) this.#readiness.interest = { readable: true, writable: false };
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
    this.#envelope[Symbol.dispose]();
    for (const { descriptors } of this.#waiting.splice(0)) {
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    }
  }
}
