// One answer on its way into the file: the bytes of one span through rate limits and slabs, and how that ended.
import type { FileHandle } from 'node:fs/promises';
import { invalidAnswers } from './resume.ts';
import { SegmentSink } from './segment-sink.ts';
import { FileSink } from './sink.ts';
import type { SlabPool } from './slab-pool.ts';
import type { SourceResponse } from './source.ts';
import { isGivenAway, type Span } from './spans.ts';
import { ThrottledSink } from './throttled-sink.ts';
import type { Throttle } from './throttles.ts';

export interface FlowTools {
  /** Stays the caller's. */
  readonly file: FileHandle;
  readonly pool: SlabPool;
  readonly throttle: Throttle;
}

export interface FlowEnd {
  /** Of the span, everything below was handed to the operating system. */
  readonly writtenTo: number;
  /** The file could not be written. */
  readonly diskError?: { readonly error: unknown };
  /** The origin's part: it broke off, or gave something else than it had announced. */
  readonly failure?: { readonly error: unknown };
}

export class SpanFlow {
  readonly span: Span;
  readonly #response: SourceResponse;
  readonly #fileSink: FileSink;
  readonly #sink: SegmentSink;

  /** `pour` it: that ends what begins here. `flows` is called with the first byte. */
  constructor(span: Span, response: SourceResponse, { file, pool, throttle }: FlowTools, flows: () => void) {
    this.span = span;
    this.#response = response;
    this.#fileSink = new FileSink(file.fd, span.from, pool);
    this.#sink = new SegmentSink(new ThrottledSink(this.#fileSink, throttle), span, flows);
  }

  get writtenTo(): number {
    return this.#fileSink.writtenOffset;
  }

  /** Resolves with up to where it is written then; rejects with the first failed write. */
  flush(): Promise<number> {
    return this.#fileSink.flush();
  }

  /** The source was told to wait. Milliseconds. */
  heldMs(now: number): number {
    return this.#sink.heldMs(now);
  }

  /** Pours until the span has what it wants. Once; never rejects. */
  async pour(): Promise<FlowEnd> {
    const { span } = this;
    using fileSink = this.#fileSink;
    let failure: FlowEnd['failure'];
    let diskError: FlowEnd['diskError'];
    try {
      await this.#response.pour(this.#sink);
    } catch (error) {
      if (!this.#sink.hasEnded(error) && !isGivenAway(span)) failure = { error };
    }
    try {
      await fileSink.flush();
    } catch (error) {
      diskError = { error };
    }
    const isShort = span.at < span.to && span.to !== Number.POSITIVE_INFINITY;
    if (this.#sink.hasOverflowed || (isShort && failure === undefined)) failure = { error: invalidAnswers() };
    return { writtenTo: this.writtenTo, ...(diskError && { diskError }), ...(failure && { failure }) };
  }

  /** Nothing more is wanted: `pour` settles. */
  stop(): void {
    this.#response.discard();
  }
}
