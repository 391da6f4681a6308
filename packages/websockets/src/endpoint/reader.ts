// The reading half of a driver. Reading is pull: the consumer acts on a message before the next one is looked at; for a
// slow one a bounded number is decoded ahead, so that pings and the end are not held up behind it, then the transport is paused.
import { WebSocketError } from '../errors.ts';
import type { ConnectionSettings } from '../options.ts';
import type { ConnectionCore } from '../protocol/connection.ts';
import type { CloseOutcome } from '../protocol/connection-states.ts';
import type { Message } from '../protocol/message-assembler.ts';
import { Inbox } from './inbox.ts';
import type { Transport } from './transport.ts';

const never = Number.POSITIVE_INFINITY;

export class Reader {
  readonly #core: ConnectionCore;
  readonly #transport: Transport;
  readonly #settings: ConnectionSettings;
  readonly #owner: { settle(): void };
  /** Exists while messages wait. */
  #inbox: Inbox | undefined;
  #receiver: PromiseWithResolvers<Message | undefined> | undefined;
  #isPaused = false;
  #isReadingAhead = false;
  #hasPeerEnded = false;

  /** `owner.settle` is called after what the core did in `take` and `readAhead`. */
  constructor(core: ConnectionCore, transport: Transport, settings: ConnectionSettings, owner: { settle(): void }) {
    this.#core = core;
    this.#transport = transport;
    this.#settings = settings;
    this.#owner = owner;
  }

  /** True while a slow consumer, or a peer that does not read, keeps us from reading. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** True when the peer writes no more. */
  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** The next message if one has arrived. */
  take(): Message | undefined {
    let message = this.#inbox?.take();
    if (message !== undefined) {
      if (this.#inbox?.isEmpty === true) this.#inbox = undefined;
    } else {
      if (this.#core.pendingBytes === 0) return undefined;
      message = this.#core.next(performance.now());
    }
    this.#owner.settle();
    return message;
  }

  /** Waits for the next message: nothing after a clean end. Rejects with `receive-pending`, or why the connection ended. */
  wait(): Promise<Message | undefined> {
    if (this.#receiver !== undefined) {
      return Promise.reject(new WebSocketError('receive-pending', 'A receive() is already waiting'));
    }
    const state = this.#core.state;
    if ('outcome' in state)
      return state.outcome.error === undefined ? Promise.resolve(undefined) : Promise.reject(state.outcome.error);
    this.#receiver = Promise.withResolvers<Message | undefined>();
    return this.#receiver.promise;
  }

  get isAwaited(): boolean {
    return this.#receiver !== undefined;
  }

  /** Looks at what has arrived, up to the next message; what is behind it waits for the consumer to act on that one. */
  pump(): void {
    if (this.#inbox === undefined) {
      const message = this.#core.next(performance.now());
      if (message !== undefined) this.#deliver(message);
    }
    if (this.#core.pendingBytes > 0 && !this.#isReadingAhead) {
      this.#isReadingAhead = true;
      setImmediate(readAhead, this);
    }
  }

  /** Decodes more for a consumer that had its chance to act, up to `receiveAheadBytes`. */
  readAhead(): void {
    this.#isReadingAhead = false;
    this.#decodeUpTo(this.#settings.receiveAheadBytes);
    this.#owner.settle();
  }

  /** What the peer sent stays to be received; whether a Close frame is among it decides how this ends. */
  peerEnded(): void {
    this.#hasPeerEnded = true;
    this.#decodeUpTo(never);
  }

  /** Pauses reading when the consumer or the peer's reading is slow, and lets it run again; true when it just began again. */
  steer(bufferedOutputBytes: number): boolean {
    const most = this.#settings.receiveAheadBytes;
    const isFull =
      this.#core.state.kind === 'open' &&
      (this.#core.pendingBytes + (this.#inbox?.bytes ?? 0) > (this.#isPaused ? most / 2 : most) ||
        bufferedOutputBytes > this.#settings.maxBufferedBytes);
    if (isFull === this.#isPaused) return false;
    this.#isPaused = isFull;
    if (isFull) this.#transport.pause();
    else this.#transport.resume();
    return !isFull;
  }

  /** Forgets the messages that nobody took. */
  clear(): void {
    this.#inbox = undefined;
  }

  /** Answers whoever waits for a message. */
  finish(outcome: CloseOutcome): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (outcome.error === undefined) receiver?.resolve(undefined);
    else receiver?.reject(outcome.error);
  }

  #decodeUpTo(bytes: number): void {
    while ((this.#inbox?.bytes ?? 0) < bytes) {
      const message = this.#core.next(performance.now());
      if (message === undefined) return;
      this.#deliver(message);
    }
  }

  #deliver(message: Message): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver !== undefined) receiver.resolve(message);
    else {
      this.#inbox ??= new Inbox();
      this.#inbox.add(message);
    }
  }
}

function readAhead(reader: Reader): void {
  reader.readAhead();
}
