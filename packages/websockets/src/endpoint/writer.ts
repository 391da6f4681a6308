// The writing half of a driver: messages are taken here, or not where too much waits already, and pass the deflater in
// order. All frames queued in a tick leave by one write (but for an answer, see `Departures`), and while the kernel is busy
// everything that is queued meanwhile leaves by the next one. Whoever waits for a send waits for the batch it is in.
import type { DeflateSetup } from '../compression/inflater.ts';
import type { Outgoing } from '../compression/outgoing.ts';
import { WebSocketError } from '../errors.ts';
import type { ConnectionSettings } from '../options.ts';
import type { ConnectionCore } from '../protocol/connection.ts';
import type { Role } from '../protocol/opcodes.ts';
import type { OutputBatch } from '../protocol/output-batch.ts';
import { outgoingThrough } from './deflating.ts';
import type { Departures } from './departures.ts';
import type { EncodedMessage } from './encoded-message.ts';
import { isBareSocket, type Transport } from './transport.ts';

const nothing = new Uint8Array(0);
const ignore = () => {};

/** The driver, as its writing half knows it. */
export interface WriterOwner {
  readonly settings: ConnectionSettings;
  readonly role: Role;
  readonly departures: Departures;
  /** A write that had to wait is with the kernel. */
  written(): void;
  settle(): void;
  fail(error: WebSocketError): void;
  abort(error: WebSocketError): void;
}

export class Writer {
  readonly #core: ConnectionCore;
  readonly #output: OutputBatch;
  readonly #transport: Transport;
  readonly #deflate: DeflateSetup | undefined;
  readonly #owner: WriterOwner;
  /** True for a bare socket, where an empty `writableLength` after a write means: the kernel has it. */
  readonly #isBare: boolean;
  /** Exists from the first message that we send where permessage-deflate was agreed on. */
  #outgoing: Outgoing | undefined;
  #isScheduled = false;
  #inFlightBytes = 0;
  /** Batches in flight; more than one only when the last frames were written behind another. */
  #inFlight: PromiseWithResolvers<'sent'>[] | undefined;
  #batch: PromiseWithResolvers<'sent'> | undefined;

  /** `deflate`: permessage-deflate was agreed on. */
  constructor(core: ConnectionCore, transport: Transport, deflate: DeflateSetup | undefined, owner: WriterOwner) {
    this.#core = core;
    this.#output = core.output;
    this.#transport = transport;
    this.#deflate = deflate;
    this.#owner = owner;
    this.#isBare = isBareSocket(transport);
  }

  /** Bytes that the kernel has not taken, with those that are still to be deflated. */
  get bufferedBytes(): number {
    return this.unwrittenBytes + (this.#outgoing?.waitingBytes ?? 0);
  }

  /** Bytes of frames, queued here or waiting for the kernel. */
  get unwrittenBytes(): number {
    return this.#output.bytes + this.#inFlightBytes;
  }

  /** The end was announced by `whenOut`: no new message is taken. */
  get isEnding(): boolean {
    return this.#outgoing?.isEnding === true;
  }

  get hasOpenMessage(): boolean {
    return this.#outgoing?.hasOpenMessage ?? this.#core.hasOpenMessage;
  }

  /** Queues a message or a part of one; `compress` has a meaning where deflate was agreed on. Throws `connection-closed` and `message-open`. */
  send(
    type: 'text' | 'binary',
    data: string | Uint8Array,
    isFinal: boolean,
    compress: boolean,
  ): Promise<'sent' | 'dropped'> {
    if (!this.#hasRoom(data.length)) return this.#overflow();
    if (this.#deflate !== undefined) return this.#outgoingOf(this.#deflate).send(type, data, isFinal, compress);
    this.#core.send(type, data, isFinal);
    return this.handedOver();
  }

  /** Queues a message that was encoded for many connections. Throws as `send`. */
  sendEncoded(message: EncodedMessage, compress: boolean): Promise<'sent' | 'dropped'> {
    // A client masks what it sends, so it has no use for the frame of a server.
    if (this.#owner.role === 'client') return this.send(message.type, message.payload, true, compress);
    if (!this.#hasRoom(message.frame.length)) return this.#overflow();
    let { frame } = message;
    if (this.#deflate !== undefined) {
      const outgoing = this.#outgoingOf(this.#deflate);
      if (!outgoing.isIdle) return outgoing.send(message.type, message.payload, true, compress);
      const deflated = compress ? outgoing.deflateShared(message) : undefined;
      if (deflated !== undefined) frame = deflated;
    }
    this.#core.sendFrame(frame);
    return this.handedOver();
  }

  /** Queues the frame of such a message where nothing stands in its way and nobody waits for it; false: by `sendEncoded`. */
  tryQueue({ frame, joins }: EncodedMessage): boolean {
    const isPlain = this.#owner.role === 'server' && this.#deflate === undefined && !this.#core.hasOpenMessage;
    if (!isPlain || !this.#hasRoom(frame.length)) return false;
    this.#core.sendFrame(frame, joins);
    this.schedule();
    return true;
  }

  ping(payload: Uint8Array): Promise<'sent' | 'dropped'> {
    if (!this.#hasRoom(payload.length)) return this.#overflow();
    this.#core.ping(payload);
    return this.handedOver();
  }

  /** Calls back when all messages taken so far are on their way. */
  whenOut(callback: () => void): void {
    if (this.#outgoing === undefined) callback();
    else this.#outgoing.whenOut(callback);
  }

  /** Writes what is queued when it is time to leave, or as soon as the write in flight is done. */
  schedule(): void {
    if (this.#isScheduled || this.#inFlightBytes > 0 || this.#output.bytes === 0) return;
    this.#isScheduled = true;
    this.#owner.departures.add(this);
  }

  /**
   * Writes what is queued and resolves when everything queued so far is with the kernel. Ignoring it is fine: a rejection
   * is never "unhandled".
   */
  handedOver(): Promise<'sent'> {
    this.schedule();
    if (this.#batch === undefined) {
      this.#batch = Promise.withResolvers<'sent'>();
    }
    return this.#batch.promise;
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#inFlightBytes === 0) this.flushAll();
  }

  /** Writes everything now, also behind a write in flight: for the last frames before the transport is ended. */
  flushAll(): void {
    const bytes = this.#output.bytes;
    const transport = this.#transport;
    if (bytes === 0 || !transport.writable) return;
    const batch = this.#batch;
    this.#batch = undefined;
    const done = this.#isBare ? undefined : () => this.#written(bytes, batch);
    const whole = this.#output.takeWhole();
    if (whole !== undefined) transport.write(whole, done);
    else writeAll(transport, this.#output.take(), done);
    if (this.#isBare && transport.writableLength === 0 && this.#inFlightBytes === 0) {
      batch?.resolve('sent');
      return;
    }
    this.#inFlightBytes += bytes;
    if (batch !== undefined) this.#inFlight = [...(this.#inFlight ?? []), batch];
    // Behind the data, so its callback comes when the kernel has it; the common case above needs no callback at all.
    if (this.#isBare) transport.write(nothing, () => this.#written(bytes, batch));
  }

  /** Rejects whoever waits. */
  fail(error: Error): void {
    this.#outgoing?.fail(error);
    if (this.#batch !== undefined) reject(this.#batch, error);
    for (const batch of this.#inFlight ?? []) reject(batch, error);
    this.#batch = undefined;
    this.#inFlight = undefined;
  }

  #outgoingOf(setup: DeflateSetup): Outgoing {
    this.#outgoing ??= outgoingThrough(setup, this.#core, this, this.#owner);
    return this.#outgoing;
  }

  #hasRoom(bytes: number): boolean {
    if (this.#owner.settings.outputPolicy === 'wait') return true;
    return this.bufferedBytes === 0 || this.bufferedBytes + bytes <= this.#owner.settings.maxBufferedBytes;
  }

  #overflow(): Promise<'dropped'> {
    if (this.#owner.settings.outputPolicy === 'drop') return Promise.resolve('dropped');
    const limit = this.#owner.settings.maxBufferedBytes;
    const error = new WebSocketError(
      'output-limit',
      `The peer left more than ${limit} bytes unread (maxBufferedBytes)`,
    );
    this.#owner.fail(error);
    throw error;
  }

  #written(bytes: number, batch: PromiseWithResolvers<'sent'> | undefined): void {
    this.#inFlightBytes -= bytes;
    if (this.#transport.destroyed) return;
    batch?.resolve('sent');
    this.#inFlight = this.#inFlight?.filter(other => other !== batch);
    if (this.#inFlight?.length === 0) this.#inFlight = undefined;
    this.#owner.written();
  }
}

/** Nobody has to wait for a batch. Said here and not when it begins, because nearly all of them succeed. */
function reject(batch: PromiseWithResolvers<'sent'>, error: Error): void {
  batch.promise.catch(ignore);
  batch.reject(error);
}

/** Together, in one call of the kernel where it can be one. */
function writeAll(transport: Transport, chunks: readonly Uint8Array[], done: (() => void) | undefined): void {
  const last = chunks.length - 1;
  transport.cork();
  for (let i = 0; i < last; i++) transport.write(chunks[i]!);
  transport.write(chunks[last]!, done);
  transport.uncork();
}
