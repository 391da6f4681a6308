// The reading half of a driver. Reading is pull: the consumer acts on a message before the next one is looked at; for a
// slow one a bounded number is decoded ahead, so that pings and the end are not held up behind it, then the transport is
// paused. What comes out of the core passes the inflater, in order, and is given out whole or in pieces as it is asked for.
import { type DeflateSetup, Inflater } from '../compression/inflater.ts';
import { WebSocketError } from '../errors.ts';
import type { ConnectionSettings } from '../options.ts';
import type { ConnectionCore } from '../protocol/connection.ts';
import type { CloseOutcome } from '../protocol/connection-states.ts';
import { type Incoming, isPart, type Message, type MessageFragment } from '../protocol/message-parts.ts';
import { Composer } from './composer.ts';
import { Inbox } from './inbox.ts';
import { Receiver, type Wanted } from './receiver.ts';
import { pause, type Transport } from './transport.ts';

const never = Number.POSITIVE_INFINITY;

export class Reader {
  readonly #core: ConnectionCore;
  readonly #transport: Transport;
  readonly #settings: ConnectionSettings;
  readonly #deflate: DeflateSetup | undefined;
  readonly #owner: { settle(): void };
  /** Exists from the first compressed message on. */
  #inflater: Inflater | undefined;
  /** Exists while messages wait. */
  #inbox: Inbox | undefined;
  #receiver: Receiver | undefined;
  /** Exists from the first piece of a message on. */
  #composer: Composer | undefined;
  #isPaused = false;
  #isReadingAhead = false;
  #hasPeerEnded = false;
  /** Nothing was left in the core or the inflater when we last looked. */
  #isDrained = false;
  /** Why a message cannot be given out. */
  #refusal: WebSocketError | undefined;

  /** `owner.settle` is called after what the reader did by itself. `deflate`: permessage-deflate was agreed on. */
  constructor(
    core: ConnectionCore,
    transport: Transport,
    settings: ConnectionSettings,
    deflate: DeflateSetup | undefined,
    owner: { settle(): void },
  ) {
    this.#core = core;
    this.#transport = transport;
    this.#settings = settings;
    this.#deflate = deflate;
    this.#owner = owner;
  }

  /** True while a slow consumer, or a peer that does not read, keeps us from reading. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** True when the peer writes no more and what it wrote was looked at. */
  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded && (this.#deflate === undefined || this.#isDrained);
  }

  /** The next message if one has arrived. After fragments of a message that was not read to its end, the one behind it. */
  take(): Message | undefined {
    if (this.#hasNothing) return undefined;
    let message: Message | undefined;
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      message = this.#whole(item);
      if (message !== undefined) break;
    }
    this.#owner.settle();
    return message;
  }

  /** The next fragment if one has arrived. */
  takeFragment(): MessageFragment | undefined {
    const begun = this.#composer?.release();
    if (begun === undefined && this.#hasNothing) return undefined;
    let fragment: MessageFragment | undefined;
    for (let item = begun ?? this.#next(); item !== undefined; item = this.#next()) {
      fragment = this.#fragment(item);
      if (fragment !== undefined) break;
    }
    this.#owner.settle();
    return fragment;
  }

  /** Waits for the next one: nothing after a clean end. Rejects with `receive-pending`, or why the connection ended. */
  wait(wants: Wanted): Receiver['promise'] {
    if (this.#receiver !== undefined) {
      return Promise.reject(new WebSocketError('receive-pending', 'A receive() is already waiting'));
    }
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const receiver = new Receiver(wants);
    const { state } = this.#core;
    if (!('outcome' in state) || state.kind === 'close-received') this.#receiver = receiver;
    else answer(receiver, state.outcome);
    // The beginning of a message may already have been inflated as far as it is there.
    if (wants === 'fragment') this.#inflater?.flush();
    return receiver.promise;
  }

  get isAwaited(): boolean {
    return this.#receiver !== undefined;
  }

  /** Looks at what has arrived, up to the next message; what is behind it waits for the consumer to act on that one. */
  pump(): void {
    if (this.#inbox === undefined) {
      let item = this.#decode();
      while (item !== undefined && !this.#deliver(item)) item = this.#decode();
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
    this.#isDrained = false;
    this.#decodeUpTo(this.#deflate === undefined ? never : this.#settings.receiveAheadBytes);
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
    if (isFull) pause(this.#transport);
    else this.#transport.resume();
    return !isFull;
  }

  /** Forgets what nobody took. */
  clear(): void {
    this.#inbox = undefined;
    this.#composer?.clear();
    this.#inflater?.close();
    this.#inflater = undefined;
  }

  /** Answers whoever waits, and frees what zlib holds. */
  finish(outcome: CloseOutcome): void {
    this.#inflater?.close();
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver !== undefined) answer(receiver, outcome);
  }

  /** The inflater got on. */
  #inflated(): void {
    if (this.#hasPeerEnded) this.#decodeUpTo(this.#settings.receiveAheadBytes);
    else this.pump();
    this.#owner.settle();
  }

  /** The common case of a consumer that is up to date. */
  get #hasNothing(): boolean {
    return this.#inbox === undefined && this.#core.pendingBytes === 0 && this.#inflater === undefined;
  }

  #decodeUpTo(bytes: number): void {
    while ((this.#inbox?.bytes ?? 0) < bytes) {
      const item = this.#decode();
      if (item === undefined) return;
      this.#deliver(item);
    }
  }

  #next(): Incoming | undefined {
    const item = this.#inbox?.take();
    if (item === undefined) return this.#decode();
    if (this.#inbox?.isEmpty === true) this.#inbox = undefined;
    return item;
  }

  #decode(): Incoming | undefined {
    if (this.#deflate !== undefined) return this.#decodeInflated(this.#deflate);
    return this.#core.pendingBytes === 0 ? undefined : this.#core.next(now);
  }

  #decodeInflated(deflate: DeflateSetup): Incoming | undefined {
    try {
      for (;;) {
        const inflated = this.#inflater?.take();
        if (inflated !== undefined) return inflated;
        if (this.#inflater?.isBusy === true) return undefined;
        const item = this.#core.pendingBytes === 0 ? undefined : this.#core.next(now);
        this.#isDrained = item === undefined;
        if (item === undefined && this.#receiver?.wants === 'fragment') this.#inflater?.flush();
        if (item === undefined || !isPart(item) || !item.isCompressed) return item;
        this.#inflater ??= new Inflater(deflate, () => this.#inflated());
        this.#inflater.add(item);
      }
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Gives it to whoever waits, else keeps it; true when that was a message, or all that was asked for. */
  #deliver(item: Incoming): boolean {
    const receiver = this.#receiver;
    if (receiver === undefined) {
      this.#inbox ??= new Inbox();
      this.#inbox.add(item);
      return !isPart(item) || item.endsMessage || this.#inbox.bytes >= this.#settings.receiveAheadBytes;
    }
    const wanted = receiver.wants === 'fragment' ? this.#fragment(item) : this.#whole(item);
    if (wanted === undefined) return false;
    this.#receiver = undefined;
    receiver.give(wanted);
    return true;
  }

  #whole(item: Incoming): Message | undefined {
    if (!isPart(item)) return item;
    try {
      this.#composer ??= new Composer(this.#settings);
      return this.#composer.whole(item);
    } catch (error) {
      // What waits in the inbox is behind it.
      this.#inbox = undefined;
      return this.#refuse(error);
    }
  }

  #fragment(item: Incoming): MessageFragment | undefined {
    if (!isPart(item)) return { ...item, endOfMessage: true };
    this.#composer ??= new Composer(this.#settings);
    return this.#composer.fragment(item);
  }

  /** What the peer sent cannot be taken: that ends the connection, and nothing behind it is looked at. */
  #refuse(error: unknown): undefined {
    if (!(error instanceof WebSocketError)) throw error;
    // Without effect where the closing handshake is done already; whoever receives gets to know all the same.
    this.#core.fail(error, performance.now());
    this.#refusal = error;
    this.#inflater?.close();
    this.#inflater = undefined;
    return undefined;
  }
}

function answer(receiver: Receiver, { error }: CloseOutcome): void {
  if (error === undefined) receiver.give(undefined);
  else receiver.refuse(error);
}

function now(): number {
  return performance.now();
}

function readAhead(reader: Reader): void {
  reader.readAhead();
}
