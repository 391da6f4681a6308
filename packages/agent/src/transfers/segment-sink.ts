// The end of a connection's bytes, whatever its answer goes on to bring: takes what its span wants, tells the source to stop
// where another connection has the rest, and counts how long the source was held back.
import type { BodySink } from './sink.ts';
import { isGivenAway, type Span } from './spans.ts';

export class SegmentSink implements BodySink {
  readonly #sink: BodySink;
  readonly #span: Span;
  readonly #flows: () => void;
  readonly #end = new Error('The rest of this answer is not wanted.');
  #hasOverflowed = false;
  #heldMs = 0;
  #heldSince: number | undefined;

  /** `flows` is called with the first byte. */
  constructor(sink: BodySink, span: Span, flows: () => void) {
    this.#sink = sink;
    this.#span = span;
    this.#flows = flows;
  }

  /** Everything that was wanted came. Where the source was told to stop, `reason` is what it stopped with. */
  hasEnded(reason: unknown): boolean {
    return reason === this.#end;
  }

  /** The answer brought more than it had announced. */
  get hasOverflowed(): boolean {
    return this.#hasOverflowed;
  }

  /** The source was told to wait, by the disk or by a rate limit. Milliseconds. */
  heldMs(now: number): number {
    return this.#heldMs + (this.#heldSince === undefined ? 0 : now - this.#heldSince);
  }

  get isFull(): boolean {
    return this.#sink.isFull;
  }

  get error(): Error | undefined {
    const isOver = this.#hasOverflowed || isGivenAway(this.#span);
    return this.#sink.error ?? (isOver ? this.#end : undefined);
  }

  reserve(): Buffer | undefined {
    const left = this.#span.to - this.#span.at;
    if (left === 0) return undefined;
    const room = this.#sink.reserve();
    return room === undefined || room.byteLength <= left ? room : room.subarray(0, left);
  }

  advance(bytes: number): void {
    // The span may have lost its end while the kernel was filling the room.
    const wanted = this.#taken(bytes);
    if (wanted > 0) this.#sink.advance(wanted);
    if (wanted < bytes) this.#sink.skip(bytes - wanted);
  }

  skip(bytes: number): void {
    this.#sink.skip(bytes);
  }

  write(chunk: Uint8Array): boolean {
    const wanted = this.#taken(chunk.byteLength);
    const hasRoom = wanted === 0 || this.#sink.write(wanted < chunk.byteLength ? chunk.subarray(0, wanted) : chunk);
    return hasRoom && this.error === undefined;
  }

  onceDrained(callback: () => void): void {
    this.#heldSince ??= performance.now();
    this.#sink.onceDrained(() => {
      this.#heldMs = this.heldMs(performance.now());
      this.#heldSince = undefined;
      callback();
    });
  }

  #taken(bytes: number): number {
    const span = this.#span;
    const wanted = Math.min(bytes, span.to - span.at);
    if (wanted < bytes && span.to === span.answeredTo) this.#hasOverflowed = true;
    const isFirst = span.flowsSince === undefined && bytes > 0;
    if (isFirst) span.flowsSince = performance.now();
    span.at += wanted;
    if (isFirst) this.#flows();
    return wanted;
  }
}
