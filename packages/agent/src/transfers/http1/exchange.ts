// One request and its answer on a connection: time-outs, the head, then the body poured from the kernel's hands into slabs.
// In: a wire and bytes. Out: an answer as every source gives it; the wire, when it may be used again, goes back by `release`.
import { LonghaulError } from '@longhaul/agent-protocol';
import { toWebError } from '../error-map.ts';
import type { ResponseHead } from '../response-head.ts';
import type { BodySink } from '../sink.ts';
import type { Framing, SourceLimits, SourceResponse } from '../source.ts';
import { canceled, cut, type Draining, type Held, looksStale, type Phase, type Pouring } from './exchange-phases.ts';
import type { ConnectionOptions } from './options.ts';
import type { ResponseParser } from './response-parser.ts';
import type { Wire, WireReader } from './wire.ts';

export interface ExchangeOptions {
  readonly head: string;
  readonly signal: AbortSignal;
  readonly parser: ResponseParser;
  readonly limits: SourceLimits & Pick<ConnectionOptions, 'maxDrainBytes' | 'maxDrainMs'>;
  /** The answer was read to its end and the connection may be used again. */
  readonly release: (wire: Wire, idleMs: number | null) => void;
  /** Nothing more happens here. */
  readonly over: (exchange: Exchange) => void;
}

/** `undefined`: a kept connection turned out to be closed before anything was answered. */
export type Answer = ExchangeResponse | undefined;

/** `coded`: only its head was read, and its body can only be given up. */
export type ExchangeResponse = SourceResponse & { readonly isCoded: boolean };

export class Exchange implements WireReader {
  readonly #options: ExchangeOptions;
  readonly #answer = Promise.withResolvers<Answer>();
  readonly #isReused: boolean;
  readonly #abort = () => this.giveUp();
  #wire: Wire | undefined;
  #phase: Phase;
  #hasHeard = false;

  /** On a new connection: `attach` it. On a kept one: pass it. */
  constructor(options: ExchangeOptions, kept?: Wire) {
    this.#options = options;
    this.#isReused = kept !== undefined;
    this.#phase = {
      name: 'connecting',
      timer: this.#timer(options.limits.connectTimeoutMs, 'There was no connection'),
    };
    options.signal.addEventListener('abort', this.#abort, { once: true });
    if (kept !== undefined) {
      kept.reader = this;
      this.attach(kept);
    }
    if (options.signal.aborted) this.giveUp();
    else if (kept !== undefined) this.connected();
  }

  /** Settles with the head of the final answer. */
  get answer(): Promise<Answer> {
    return this.#answer.promise;
  }

  attach(wire: Wire): void {
    this.#wire = wire;
    if (this.#phase.name === 'closing') wire.destroy();
  }

  giveUp(): void {
    this.#fail(canceled());
  }

  connected(): void {
    if (this.#phase.name !== 'connecting') return;
    clearTimeout(this.#phase.timer);
    this.#phase = { name: 'asking', timer: this.#timer(this.#options.limits.responseTimeoutMs, 'There was no answer') };
    this.#wire!.write(this.#options.head);
  }

  room(): Buffer | undefined {
    return this.#phase.name === 'pouring' && !this.#phase.isPaused ? this.#phase.sink.reserve() : undefined;
  }

  take(bytes: Buffer, count: number, isInRoom: boolean): boolean {
    const phase = this.#phase;
    this.#hasHeard = true;
    try {
      switch (phase.name) {
        case 'asking':
          return this.#takeHead(phase.timer, bytes, count);
        case 'held':
          phase.early.push(Buffer.from(bytes.subarray(0, count)));
          return false;
        case 'pouring':
          return this.#takeBody(phase, bytes, count, isInRoom);
        case 'draining':
          return this.#takeUnwanted(phase, bytes, count);
        default:
          return false;
      }
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  ended(): void {
    const phase = this.#phase;
    if (phase.name === 'held') phase.hasEnded = true;
    else if (phase.name === 'pouring' && this.#options.parser.end()) this.#close(phase.timer, phase.resolve);
    else this.#fail(undefined);
  }

  closed(error: Error | undefined): void {
    if (this.#phase.name === 'held') {
      this.#phase.closed = { error };
      return;
    }
    this.#fail(error === undefined ? undefined : toWebError(error));
    const phase = this.#phase;
    if (phase.name !== 'closing') return;
    this.#over();
    phase.settle();
  }

  #takeHead(timer: NodeJS.Timeout, bytes: Buffer, count: number): boolean {
    const { parser } = this.#options;
    let at = 0;
    while (at < count && parser.head === undefined) at = parser.read(bytes, at, count).to;
    const { head } = parser;
    if (head === undefined) return true;
    clearTimeout(timer);
    this.#wire!.keepScratch();
    const early = at < count ? [bytes.subarray(at, count)] : [];
    this.#phase = { name: 'held', early, hasEnded: false };
    this.#answer.resolve(this.#response(head));
    return false;
  }

  #response(head: ResponseHead): ExchangeResponse {
    const { parser } = this.#options;
    const kind = parser.framing!.kind;
    const framing: Framing = kind === 'coded' ? 'close' : kind;
    return {
      head,
      framing,
      isCoded: kind === 'coded',
      pour: sink => this.#pour(sink),
      discard: () => this.#discard(),
    };
  }

  #pour(sink: BodySink): Promise<void> {
    const held = this.#phase;
    if (held.name !== 'held') return Promise.reject(this.#options.signal.aborted ? canceled() : cut());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { stallTimeoutMs } = this.#options.limits;
    const timer = this.#timer(stallTimeoutMs, 'The body stalled: nothing arrived');
    const phase: Pouring = { name: 'pouring', sink, timer, resolve, reject, isPaused: false };
    this.#phase = phase;
    this.#takeEarly(held, phase, resolve);
    if (this.#phase === phase && !phase.isPaused) this.#wire!.resume();
    return promise;
  }

  /** What came between the head and the word what becomes of the body: bytes, then perhaps the end of the connection. */
  #takeEarly(held: Held, phase: Pouring | Draining, settle: () => void): void {
    const early = held.early.length === 1 ? held.early[0]! : Buffer.concat(held.early);
    if (early.byteLength > 0) this.take(early, early.byteLength, false);
    else if (this.#options.parser.isComplete) this.#finish(phase.timer, settle, true);
    if (this.#phase === phase && held.hasEnded) this.ended();
    if (held.closed !== undefined) this.closed(held.closed.error);
  }

  #takeBody(phase: Pouring, bytes: Buffer, count: number, isInRoom: boolean): boolean {
    const { parser } = this.#options;
    const { sink } = phase;
    let at = 0;
    let bodyBytes = 0;
    while (at < count && !parser.isComplete) {
      const { to, isBody } = parser.read(bytes, at, count);
      if (isInRoom && isBody) sink.advance(to - at);
      else if (isInRoom) sink.skip(to - at);
      else if (isBody) bytes.copyWithin(bodyBytes, at, to);
      if (isBody) bodyBytes += to - at;
      at = to;
    }
    if (!isInRoom) sink.write(bytes.subarray(0, bodyBytes));
    if (sink.error !== undefined) throw sink.error;
    if (parser.isComplete) return this.#finish(phase.timer, phase.resolve, at === count);
    // Only body counts: framing without end is a stall too.
    if (bodyBytes > 0 && !phase.isPaused) phase.timer.refresh();
    if (!phase.isPaused && sink.isFull) this.#pause(phase);
    return !phase.isPaused;
  }

  /** Our disk is slow, not the origin: the stall watch rests. */
  #pause(phase: Pouring): void {
    phase.isPaused = true;
    clearTimeout(phase.timer);
    phase.sink.onceDrained(() => {
      phase.isPaused = false;
      if (this.#phase !== phase) return;
      if (phase.sink.error !== undefined) return this.#fail(phase.sink.error);
      phase.timer.refresh();
      this.#wire!.resume();
    });
  }

  #discard(): void {
    const phase = this.#phase;
    if (phase.name !== 'held') {
      this.#fail(cut());
      return;
    }
    const { parser, limits } = this.#options;
    const timer = setTimeout(() => this.#fail(undefined), limits.maxDrainMs);
    const draining: Draining = { name: 'draining', timer, bytesLeft: limits.maxDrainBytes };
    this.#phase = draining;
    if (parser.framing?.kind === 'coded' || (parser.bytesLeft ?? 0) > limits.maxDrainBytes) this.#fail(undefined);
    this.#takeEarly(phase, draining, () => {});
    if (this.#phase === draining) this.#wire!.resume();
  }

  #takeUnwanted(phase: Draining, bytes: Buffer, count: number): boolean {
    const { parser } = this.#options;
    let at = 0;
    while (at < count && !parser.isComplete) at = parser.read(bytes, at, count).to;
    phase.bytesLeft -= count;
    if (parser.isComplete) return this.#finish(phase.timer, () => {}, at === count);
    if (phase.bytesLeft < 0) this.#fail(undefined);
    return phase.bytesLeft >= 0;
  }

  /** Every byte of the answer was taken. `isClean`: and nothing came behind it. */
  #finish(timer: NodeJS.Timeout, settle: () => void, isClean: boolean): boolean {
    const { parser, release } = this.#options;
    const wire = this.#wire!;
    if (!isClean || !parser.isKept || !wire.isOpen) {
      this.#close(timer, settle);
      return false;
    }
    clearTimeout(timer);
    this.#over();
    release(wire, parser.idleMs);
    settle();
    return true;
  }

  #close(timer: NodeJS.Timeout, settle: () => void): void {
    clearTimeout(timer);
    this.#phase = { name: 'closing', settle };
    this.#wire!.destroy();
  }

  /** `undefined`: the connection ended too early. */
  #fail(error: unknown): void {
    const phase = this.#phase;
    if (phase.name === 'closing' || phase.name === 'over') return;
    if ('timer' in phase) clearTimeout(phase.timer);
    const reason = error ?? cut();
    const isStale = this.#isReused && !this.#hasHeard && (error === undefined || looksStale(error));
    if (phase.name === 'asking' && isStale) this.#answer.resolve(undefined);
    else if (phase.name === 'connecting' || phase.name === 'asking') this.#answer.reject(reason);
    this.#phase = { name: 'closing', settle: phase.name === 'pouring' ? () => phase.reject(reason) : () => {} };
    this.#wire?.destroy();
  }

  #over(): void {
    this.#phase = { name: 'over' };
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#options.over(this);
  }

  #timer(ms: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      const data = { webErrorStatus: 'timeout' };
      this.#fail(new LonghaulError('timeout', `${what} for ${ms} ms.`, { data }));
    }, ms);
  }
}
