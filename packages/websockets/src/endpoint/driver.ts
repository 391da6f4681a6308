// Between one transport (socket, TLS socket, later an HTTP/2 stream) and one connection core: feeds it bytes, time and
// calls, writes its output, does what its state asks for. Reading is pull: the consumer acts on a message before the next
// one is looked at; for a slow one a bounded number is decoded ahead, so that pings and the end are not held up behind it. Owns the transport from `new` on and is done when `closed` resolves.
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../errors.ts';
import type { ConnectionSettings } from '../options.ts';
import { ConnectionCore } from '../protocol/connection.ts';
import type { CloseOutcome } from '../protocol/connection-states.ts';
import type { Message } from '../protocol/message-assembler.ts';
import type { Role } from '../protocol/opcodes.ts';
import { Inbox } from './inbox.ts';
import { Writer } from './writer.ts';

const never = Number.POSITIVE_INFINITY;
const longestTimerMs = 2_147_483_647;
const driverOf = Symbol('driver');
type Transport = Duplex & { [driverOf]?: Driver };

export class Driver {
  readonly settings: ConnectionSettings;
  readonly role: Role;
  readonly #transport: Transport;
  readonly #core: ConnectionCore;
  readonly #writer: Writer;
  readonly #inbox = new Inbox();
  #receiver: PromiseWithResolvers<Message | undefined> | undefined;
  #closed: PromiseWithResolvers<CloseOutcome> | undefined;
  #isPaused = false;
  #isReadingAhead = false;
  #hasPeerEnded = false;
  #isWindingUp = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = never;
  #cause: unknown;

  /** `head`: bytes that came with the handshake. `nextKey`: masking keys, for a client. */
  constructor(
    transport: Duplex,
    role: Role,
    settings: ConnectionSettings,
    head: Buffer,
    nextKey: (() => number) | undefined,
  ) {
    this.settings = settings;
    this.role = role;
    this.#transport = transport;
    this.#core = new ConnectionCore(role, settings, nextKey, performance.now());
    this.#writer = new Writer(transport, this.#core.output, this);
    // Shared functions that find their driver on the transport: no closures per connection.
    this.#transport[driverOf] = this;
    transport.on('error', onError);
    transport.on('close', onClose);
    transport.on('end', onEnd);
    transport.on('data', onData);
    transport.resume();
    if (head.length > 0) this.#core.push(Buffer.from(head), performance.now());
    if (transport.destroyed) process.nextTick(onClose.bind(this.#transport));
    else if (head.length > 0) process.nextTick(pump, this);
    this.#arm();
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  get isOpen(): boolean {
    return this.#core.state.kind === 'open';
  }

  get hasOpenMessage(): boolean {
    return this.#core.hasOpenMessage;
  }

  /** How the connection ended, once the transport is gone. */
  get outcome(): CloseOutcome | undefined {
    const state = this.#core.state;
    return state.kind === 'ended' ? state.outcome : undefined;
  }

  /** True for the error that this connection ended with. */
  isEndedBy(error: unknown): boolean {
    const state = this.#core.state;
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
    let message = this.#inbox.take();
    if (message === undefined) {
      if (this.#core.pendingBytes === 0) return undefined;
      message = this.#core.next(performance.now());
    }
    this.#settle();
    return message;
  }

  /** The next message; nothing after a clean end. Rejects when the connection ended otherwise, or with `receive-pending`. */
  receive(): Promise<Message | undefined> {
    if (this.#receiver !== undefined) {
      return Promise.reject(new WebSocketError('receive-pending', 'A receive() is already waiting'));
    }
    const message = this.tryReceive();
    if (message !== undefined) return Promise.resolve(message);
    const state = this.#core.state;
    if ('outcome' in state)
      return state.outcome.error === undefined ? Promise.resolve(undefined) : Promise.reject(state.outcome.error);
    this.#receiver = Promise.withResolvers<Message | undefined>();
    return this.#receiver.promise;
  }

  /** Queues a message or a part of one. Throws `connection-closed` and `message-open`. */
  send(type: 'text' | 'binary', data: string | Uint8Array, isFinal: boolean): Promise<'sent' | 'dropped'> {
    if (!this.#hasRoom(data.length)) return this.#overflow();
    this.#core.send(type, data, isFinal);
    this.#writer.schedule();
    return this.#writer.handedOver();
  }

  /** Queues a message that was encoded as a server's frame. Throws as `send`. */
  sendFrame(frame: Uint8Array): Promise<'sent' | 'dropped'> {
    if (!this.#hasRoom(frame.length)) return this.#overflow();
    this.#core.sendFrame(frame);
    this.#writer.schedule();
    return this.#writer.handedOver();
  }

  ping(payload: Uint8Array): Promise<'sent' | 'dropped'> {
    if (!this.#hasRoom(payload.length)) return this.#overflow();
    this.#core.ping(payload);
    this.#writer.schedule();
    return this.#writer.handedOver();
  }

  /** Starts the closing handshake. What was received and not taken is dropped: we read on only for the peer's Close frame. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#core.close(code, reason, performance.now());
    this.#inbox.clear();
    this.pump();
  }

  /** Ends with a Close frame of the error's code and without waiting for the peer. */
  fail(error: WebSocketError): void {
    const { state } = this.#core;
    if ('outcome' in state) return;
    this.#core.fail(error, performance.now());
    this.#inbox.clear();
    this.#settle();
  }

  /** Drops the transport at once. */
  abort(error: WebSocketError): void {
    if (this.#core.state.kind === 'ended') return;
    this.#core.abandon(error);
    this.#inbox.clear();
    this.#settle();
  }

  /** A write that had to wait is with the kernel (called by the writer). */
  written(): void {
    this.#writer.flush();
    this.#settle();
  }

  /** Looks at what has arrived, up to the next message; what is behind it waits for the consumer to act on that one. */
  pump(): void {
    if (this.#inbox.isEmpty) {
      const message = this.#core.next(performance.now());
      if (message !== undefined) this.#deliver(message);
    }
    if (this.#core.pendingBytes > 0 && !this.#isReadingAhead) {
      this.#isReadingAhead = true;
      setImmediate(readAhead, this);
    }
    this.#settle();
  }

  /** Decodes more for a consumer that had its chance to act, up to `receiveAheadBytes`. */
  readAhead(): void {
    this.#isReadingAhead = false;
    this.#decodeUpTo(this.settings.receiveAheadBytes);
    this.#settle();
  }

  #decodeUpTo(bytes: number): void {
    while (this.#inbox.bytes < bytes) {
      const message = this.#core.next(performance.now());
      if (message === undefined) return;
      this.#deliver(message);
    }
  }

  arrived(bytes: Buffer): void {
    const isAnswer = this.#core.isAwaitingAnswer;
    this.#core.push(bytes, performance.now());
    this.pump();
    // The next ping may be due before the answer would have been.
    if (isAnswer) this.#arm();
  }

  /** The peer writes no more. What it sent stays to be received; whether a Close frame is among it decides how this ends. */
  peerEnded(): void {
    this.#hasPeerEnded = true;
    this.#decodeUpTo(never);
    this.#settle();
  }

  failed(cause: unknown): void {
    this.#cause = cause;
  }

  transportClosed(): void {
    this.#core.transportGone(this.#cause);
    clearTimeout(this.#timer);
    const outcome = this.outcome!;
    this.#finishReceiving(outcome);
    this.#writer.fail(
      outcome.error ?? new WebSocketError('connection-closed', 'The connection was closed before this was sent'),
    );
    this.#closed?.resolve(outcome);
  }

  #deliver(message: Message): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver === undefined) this.#inbox.add(message);
    else receiver.resolve(message);
  }

  /** After anything the core did. */
  #settle(): void {
    this.#writer.schedule();
    if (this.#core.state.kind !== 'open') this.#windUp();
    else if (this.#hasPeerEnded) this.#transport.destroy();
    this.#steer();
  }

  /** Pauses reading when the consumer or the peer's reading is slow, and lets it run again. */
  #steer(): void {
    const most = this.settings.receiveAheadBytes;
    const isFull =
      this.#core.state.kind === 'open' &&
      (this.#core.pendingBytes + this.#inbox.bytes > (this.#isPaused ? most / 2 : most) ||
        this.#writer.bufferedBytes > this.settings.maxBufferedBytes);
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) {
      this.#transport.pause();
    } else {
      this.#transport.resume();
      this.#core.hearsAgain(performance.now());
      this.#arm();
    }
  }

  /** Does what a state other than `open` asks for. */
  #windUp(): void {
    const state = this.#core.state;
    if (state.kind === 'abandoned') {
      this.#transport.destroy();
    } else if (state.kind === 'close-sent') {
      if (this.#hasPeerEnded) this.#transport.destroy();
    } else if (state.kind !== 'ended' && !this.#isWindingUp) {
      this.#isWindingUp = true;
      this.#writer.flushAll();
      this.#finishReceiving((state as { outcome: CloseOutcome }).outcome);
      // The server ends TCP (RFC 6455 §7.1.1); reading goes on, so that no reset overtakes our Close frame.
      if (this.role === 'server' || state.kind === 'failed') this.#transport.end();
    }
    if (this.#isWindingUp && this.#hasPeerEnded) this.#transport.end();
    this.#arm();
  }

  #finishReceiving(outcome: CloseOutcome): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (outcome.error === undefined) receiver?.resolve(undefined);
    else receiver?.reject(outcome.error);
  }

  #hasRoom(bytes: number): boolean {
    if (this.settings.outputPolicy === 'wait') return true;
    return this.#writer.bufferedBytes === 0 || this.#writer.bufferedBytes + bytes <= this.settings.maxBufferedBytes;
  }

  #overflow(): Promise<'dropped'> {
    if (this.settings.outputPolicy === 'drop') return Promise.resolve('dropped');
    const limit = this.settings.maxBufferedBytes;
    const error = new WebSocketError(
      'output-limit',
      `The peer left more than ${limit} bytes unread (maxBufferedBytes)`,
    );
    this.fail(error);
    throw error;
  }

  #arm(): void {
    const at = this.#core.nextDeadline(!this.#isPaused);
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const delay = Math.min(longestTimerMs, Math.max(0, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(onTimer, delay, this);
    // The socket keeps the process alive, not its clock.
    this.#timer.unref();
  }

  timeCame(): void {
    this.#timerAt = never;
    this.#core.onTime(performance.now(), !this.#isPaused);
    this.#settle();
    this.#arm();
  }
}

function pump(driver: Driver): void {
  driver.pump();
}

function readAhead(driver: Driver): void {
  driver.readAhead();
}

function onTimer(driver: Driver): void {
  driver.timeCame();
}

function onData(this: Transport, bytes: Buffer): void {
  this[driverOf]?.arrived(bytes);
}

function onEnd(this: Transport): void {
  this[driverOf]?.peerEnded();
}

function onError(this: Transport, error: Error): void {
  this[driverOf]?.failed(error);
}

function onClose(this: Transport): void {
  this[driverOf]?.transportClosed();
}
