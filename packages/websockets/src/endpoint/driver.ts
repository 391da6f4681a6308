// Between one transport and one connection core: feeds it bytes, time and calls, writes its output, does what its state
// asks for. Owns the transport from `new` on and is done when `closed` resolves.
import type { DeflateSetup } from '../compression/inflater.ts';
import { WebSocketError } from '../errors.ts';
import type { ConnectionSettings } from '../options.ts';
import { ConnectionCore } from '../protocol/connection.ts';
import type { CloseOutcome } from '../protocol/connection-states.ts';
import type { Message, MessageFragment } from '../protocol/message-parts.ts';
import type { Role } from '../protocol/opcodes.ts';
import type { Sleeper } from './alarm.ts';
import type { Departures } from './departures.ts';
import type { EncodedMessage } from './encoded-message.ts';
import { Reader } from './reader.ts';
import { type Step, stepTo } from './receiver.ts';
import { Shared } from './shared.ts';
import { attach, drop, type Transport, type TransportOwner } from './transport.ts';
import { Writer } from './writer.ts';

export class Driver implements TransportOwner, Sleeper {
  readonly settings: ConnectionSettings;
  readonly role: Role;
  readonly #transport: Transport;
  readonly #core: ConnectionCore;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #shared: Shared;
  waking: Sleeper['waking'];
  #closed: PromiseWithResolvers<CloseOutcome> | undefined;
  #isWindingUp = false;
  #cause: unknown;

  /**
   * `head`: bytes that came with the handshake. `nextKey`: masking keys, for a client. `deflate`: permessage-deflate was
   * agreed on. `shared`: with the other connections of the server.
   */
  constructor(
    transport: Transport,
    role: Role,
    settings: ConnectionSettings,
    head: Buffer,
    nextKey: (() => number) | undefined,
    deflate?: DeflateSetup,
    shared = new Shared(),
  ) {
    this.settings = settings;
    this.role = role;
    this.#transport = transport;
    // A whole number is held without an object of its own.
    this.#core = new ConnectionCore(role, settings, nextKey, Math.floor(performance.now()), deflate !== undefined);
    this.#writer = new Writer(this.#core, transport, deflate, this);
    this.#reader = new Reader(this.#core, transport, settings, deflate, this);
    this.#shared = shared;
    attach(transport, this);
    if (head.length > 0 && !transport.destroyed) {
      this.#core.push(Buffer.from(head), performance.now());
      process.nextTick(pump, this);
    }
    this.#arm();
  }

  get departures(): Departures {
    return this.#shared.departures;
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  get isOpen(): boolean {
    return this.#core.state.kind === 'open' && !this.#writer.isEnding;
  }

  get hasOpenMessage(): boolean {
    return this.#writer.hasOpenMessage;
  }

  /** How the connection ended, once the transport is gone. */
  get outcome(): CloseOutcome | undefined {
    const state = this.#core.state;
    return state.kind === 'ended' ? state.outcome : undefined;
  }

  /** True for the error that this connection ended with, and for a send that the peer's close was faster than. */
  isEndedBy(error: unknown): boolean {
    const state = this.#core.state;
    if (error instanceof WebSocketError && error.code === 'connection-closed') return !this.isOpen;
    return error !== undefined && 'outcome' in state && state.outcome.error === error;
  }

  /** Never rejects. */
  get closed(): Promise<CloseOutcome> {
    if (this.#closed === undefined) {
      this.#closed = Promise.withResolvers<CloseOutcome>();
      if (this.outcome !== undefined) this.#closed.resolve(this.outcome);
    }
    return this.#closed.promise;
  }

  /** The next message if one has arrived. */
  tryReceive(): Message | undefined {
    return this.#reader.take();
  }

  /** The next message; nothing after a clean end. Rejects when the connection ended otherwise, or with `receive-pending`. */
  receive(): Promise<Message | undefined> {
    const message = this.#reader.isAwaited ? undefined : this.tryReceive();
    return message === undefined
      ? (this.#reader.wait('message') as Promise<Message | undefined>)
      : Promise.resolve(message);
  }

  /** The next message as a step of a loop. */
  receiveStep(): Promise<Step> {
    const message = this.#reader.isAwaited ? undefined : this.tryReceive();
    return message === undefined ? (this.#reader.wait('step') as Promise<Step>) : Promise.resolve(stepTo(message));
  }

  /** The next fragment, in the same way. */
  receiveFragment(): Promise<MessageFragment | undefined> {
    const fragment = this.#reader.isAwaited ? undefined : this.#reader.takeFragment();
    if (fragment !== undefined) return Promise.resolve(fragment);
    return this.#reader.wait('fragment') as Promise<MessageFragment | undefined>;
  }

  /** Queues a message or a part of one; `compress` has a meaning where deflate was agreed on. Throws `connection-closed` and `message-open`. */
  send(
    type: 'text' | 'binary',
    data: string | Uint8Array,
    isFinal: boolean,
    compress: boolean,
  ): Promise<'sent' | 'dropped'> {
    return this.#writer.send(type, data, isFinal, compress);
  }

  /** Queues a message that was encoded for many connections. Throws as `send`. */
  sendEncoded(message: EncodedMessage, compress: boolean): Promise<'sent' | 'dropped'> {
    return this.#writer.sendEncoded(message, compress);
  }

  /** Queues the frame of such a message where nothing stands in its way and nobody waits for it; false: by `sendEncoded`. */
  tryQueue(message: EncodedMessage): boolean {
    return this.#writer.tryQueue(message);
  }

  ping(payload: Uint8Array): Promise<'sent' | 'dropped'> {
    return this.#writer.ping(payload);
  }

  /** Starts the closing handshake. What was received and not taken is dropped: we read on only for the peer's Close frame. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#writer.whenOut(() => this.#closeNow(code, reason));
  }

  /** Ends with a Close frame of the error's code and without waiting for the peer. */
  fail(error: WebSocketError): void {
    const { state } = this.#core;
    if ('outcome' in state) return;
    this.#core.fail(error, performance.now());
    this.#reader.clear();
    this.settle();
  }

  /** Drops the transport at once. */
  abort(error: WebSocketError): void {
    if (this.#core.state.kind === 'ended') return;
    this.#core.abandon(error);
    this.#reader.clear();
    this.settle();
  }

  /** A write that had to wait is with the kernel. */
  written(): void {
    this.#writer.flush();
    this.settle();
  }

  pump(): void {
    this.#reader.pump();
    this.settle();
  }

  arrived(bytes: Buffer): void {
    const isAnswer = this.#core.isAwaitingAnswer;
    this.#core.push(bytes, this.#core.heedsSilence ? performance.now() : 0);
    this.#reader.pump();
    if (this.#core.pendingBytes === 0) this.#shared.departures.answers(this.#writer);
    this.settle();
    // The next ping may be due before the answer would have been.
    if (isAnswer) this.#arm();
  }

  peerEnded(): void {
    this.#reader.peerEnded();
    this.settle();
  }

  failed(cause: unknown): void {
    this.#cause = cause;
  }

  transportClosed(): void {
    this.#core.transportGone(this.#cause);
    this.#shared.alarms.clear(this);
    this.#shared.departures.forget(this.#writer);
    const outcome = this.outcome!;
    this.#reader.finish(outcome);
    const error =
      outcome.error ?? new WebSocketError('connection-closed', 'The connection was closed before this was sent');
    this.#writer.fail(error);
    this.#closed?.resolve(outcome);
  }

  timeCame(): void {
    this.#core.onTime(performance.now(), !this.#reader.isPaused);
    this.settle();
    this.#arm();
  }

  /** After anything the core did. */
  settle(): void {
    this.#writer.schedule();
    if (this.#core.state.kind !== 'open') this.#windUp();
    else if (this.#reader.hasPeerEnded) drop(this.#transport);
    if (this.#reader.steer(this.#writer.unwrittenBytes)) {
      this.#core.hearsAgain(performance.now());
      this.#arm();
    }
  }

  /** Does what a state other than `open` asks for. */
  #windUp(): void {
    const state = this.#core.state;
    const { hasPeerEnded } = this.#reader;
    if (state.kind === 'abandoned') {
      drop(this.#transport);
    } else if (state.kind === 'close-received') {
      // What was sent before is being deflated; the answer comes after it.
      return;
    } else if (state.kind === 'close-sent') {
      if (hasPeerEnded) drop(this.#transport);
    } else if (state.kind !== 'ended' && !this.#isWindingUp) {
      this.#isWindingUp = true;
      this.#writer.flushAll();
      this.#reader.finish((state as { outcome: CloseOutcome }).outcome);
      // The server ends the transport (RFC 6455 §7.1.1); reading goes on, so that no reset overtakes our Close frame.
      if (this.role === 'server' || state.kind === 'failed') this.#transport.end();
    }
    if (this.#isWindingUp && hasPeerEnded) this.#transport.end();
    this.#arm();
  }

  #closeNow(code: number, reason: string): void {
    this.#core.close(code, reason, performance.now());
    this.#reader.clear();
    this.pump();
  }

  #arm(): void {
    this.#shared.alarms.set(this, this.#core.nextDeadline(!this.#reader.isPaused));
  }
}

function pump(driver: Driver): void {
  driver.pump();
}
