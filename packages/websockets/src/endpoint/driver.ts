// Between one transport (socket, TLS socket, later an HTTP/2 stream) and one connection core: feeds it bytes, time and
// calls, writes its output, does what its state asks for. Reading is pull: at most one message waits decoded, and the
// socket is paused when bytes pile up behind it. Owns the transport from `new` on and is done when `closed` resolves.
import type { Duplex } from 'node:stream';
import { WebSocketError } from '../errors.ts';
import type { ConnectionSettings } from '../options.ts';
import { ConnectionCore } from '../protocol/connection.ts';
import type { CloseOutcome } from '../protocol/connection-states.ts';
import type { Message } from '../protocol/message-assembler.ts';
import type { Role } from '../protocol/opcodes.ts';
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
  #ready: Message | undefined;
  #receiver: PromiseWithResolvers<Message | undefined> | undefined;
  #closed: PromiseWithResolvers<CloseOutcome> | undefined;
  #isPaused = false;
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
    let message = this.#ready;
    if (message !== undefined) this.#ready = undefined;
    else if (this.#core.pendingBytes > 0 || this.#hasPeerEnded) message = this.#core.next(performance.now());
    else return undefined;
    this.#settle(message === undefined);
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
    this.#core.close(code, reason, performance.now());
    this.#ready = undefined;
    this.pump();
  }

  /** Ends with a Close frame of the error's code and without waiting for the peer. */
  fail(error: WebSocketError): void {
    this.#core.fail(error, performance.now());
    this.#settle(true);
  }

  /** Drops the transport at once. */
  abort(error: WebSocketError): void {
    if (this.#core.state.kind === 'ended') return;
    this.#core.abandon(error);
    this.#settle(true);
  }

  /** A write that had to wait is with the kernel (called by the writer). */
  written(): void {
    this.#writer.flush();
    this.#settle(false);
  }

  /** Looks at what has arrived, as far as there is room for a message. */
  pump(): void {
    let isDry = true;
    if (this.#ready === undefined) {
      const message = this.#core.next(performance.now());
      isDry = message === undefined;
      if (message !== undefined) this.#deliver(message);
    }
    this.#settle(isDry && this.#ready === undefined);
  }

  arrived(bytes: Buffer): void {
    const isAnswer = this.#core.isAwaitingAnswer;
    this.#core.push(bytes, performance.now());
    this.pump();
    // The next ping may be due before the answer would have been.
    if (isAnswer) this.#arm();
  }

  peerEnded(): void {
    this.#hasPeerEnded = true;
    this.pump();
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
    if (receiver === undefined) {
      this.#ready = message;
      return;
    }
    this.#receiver = undefined;
    receiver.resolve(message);
    // The receiver acts first (its answer goes out before we look further), but a slow one must not hold up pings.
    if (this.#core.pendingBytes > 0) setImmediate(pump, this);
  }

  /** After anything the core did. `isDry`: everything that has arrived was looked at. */
  #settle(isDry: boolean): void {
    this.#writer.schedule();
    const kind = this.#core.state.kind;
    if (kind !== 'open') this.#windUp();
    else if (isDry && this.#hasPeerEnded) this.#transport.destroy();
    this.#steer();
  }

  /** Pauses reading when the consumer or the peer's reading is slow, and lets it run again. */
  #steer(): void {
    const isFull =
      this.#core.state.kind === 'open' &&
      (this.#core.pendingBytes > this.settings.receiveAheadBytes ||
        (this.#isPaused && this.#ready !== undefined) ||
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
      this.#ready = undefined;
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
    this.#settle(false);
    this.#arm();
  }
}

function pump(driver: Driver): void {
  driver.pump();
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
