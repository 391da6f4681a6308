// The writing half of a driver: all frames queued in a tick leave by one write (but for an answer, see `Departures`), and while the kernel is busy everything
// that is queued meanwhile leaves by the next one. Whoever waits for a send waits for the batch it is in.
import type { OutputBatch } from '../protocol/output-batch.ts';
import type { Departures } from './departures.ts';
import { isBareSocket, type Transport } from './transport.ts';

const nothing = new Uint8Array(0);
const ignore = () => {};

export class Writer {
  readonly #transport: Transport;
  readonly #output: OutputBatch;
  /** True for a bare socket, where an empty `writableLength` after a write means: the kernel has it. */
  readonly #isBare: boolean;
  readonly #observer: { written(): void; readonly departures: Departures };
  #isScheduled = false;
  #inFlightBytes = 0;
  /** Batches in flight; more than one only when the last frames were written behind another. */
  #inFlight: PromiseWithResolvers<'sent'>[] | undefined;
  #batch: PromiseWithResolvers<'sent'> | undefined;

  /** `observer.written` is called when a write that had to wait is with the kernel. */
  constructor(
    transport: Transport,
    output: OutputBatch,
    observer: { written(): void; readonly departures: Departures },
  ) {
    this.#transport = transport;
    this.#output = output;
    this.#observer = observer;
    this.#isBare = isBareSocket(transport);
  }

  /** Bytes queued here or waiting for the kernel. */
  get bufferedBytes(): number {
    return this.#output.bytes + this.#inFlightBytes;
  }

  /** Writes what is queued when it is time to leave, or as soon as the write in flight is done. */
  schedule(): void {
    if (this.#isScheduled || this.#inFlightBytes > 0 || this.#output.bytes === 0) return;
    this.#isScheduled = true;
    this.#observer.departures.add(this);
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
    if (this.#batch !== undefined) reject(this.#batch, error);
    for (const batch of this.#inFlight ?? []) reject(batch, error);
    this.#batch = undefined;
    this.#inFlight = undefined;
  }

  #written(bytes: number, batch: PromiseWithResolvers<'sent'> | undefined): void {
    this.#inFlightBytes -= bytes;
    if (this.#transport.destroyed) return;
    batch?.resolve('sent');
    this.#inFlight = this.#inFlight?.filter(other => other !== batch);
    if (this.#inFlight?.length === 0) this.#inFlight = undefined;
    this.#observer.written();
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
