// Who fetches which bytes of a file: what is written already, the spans that connections are at, the gaps nobody is at. Pure.
// A span may lose its end to another connection while it is fetched, and gets it back when nothing came of that.
import { type ByteRange, bytesIn, gapsIn, withRange } from './byte-ranges.ts';

/** What one connection is to bring. Changed by `Spans`, and by whoever receives: `at`, `flowsSince`. */
export interface Span {
  readonly from: number;
  /** The next byte to come. */
  at: number;
  /** Behind its last byte; `Infinity` while the length of the file is unknown. */
  to: number;
  /** Behind the last byte that its answer brings: beyond `to` where another connection has the rest. */
  answeredTo: number;
  /** When its first byte came, in milliseconds of any steady clock; `undefined` before. */
  flowsSince: number | undefined;
}

/** A span of which only this much is left is not worth another request. */
export interface SplitRules {
  /** Of either half. Bytes. */
  readonly minSegmentBytes: number;
  /** Time that the rest would take where it is. Milliseconds. */
  readonly minStealMs: number;
  /** Of the fastest connection there has been; 0 while unknown. Bytes a millisecond. */
  readonly bestRate: number;
}

/** A span that has flowed for so long, so many times slower than the best, is no connection's to keep. */
const minTrickleMs = 1_000;
const trickleFactor = 8;

export class Spans {
  #written: readonly ByteRange[];
  readonly #to: number;
  readonly #current = new Set<Span>();

  /** `total`: of the file; `null` while unknown. */
  constructor(written: readonly ByteRange[], total: number | null) {
    this.#written = written;
    this.#to = total ?? Number.POSITIVE_INFINITY;
  }

  /** Of spans that ended, and of earlier attempts. */
  get written(): readonly ByteRange[] {
    return this.#written;
  }

  get current(): ReadonlySet<Span> {
    return this.#current;
  }

  get receivedBytes(): number {
    let bytes = bytesIn(this.#written);
    for (const { from, at } of this.#current) bytes += at - from;
    return bytes;
  }

  /** Everything received: written, or on its way to the disk. */
  get received(): readonly ByteRange[] {
    let ranges = this.#written;
    for (const { from, at } of this.#current) ranges = withRange(ranges, from, at);
    return ranges;
  }

  /** Bytes still to come, of spans and gaps. */
  get restBytes(): number {
    return this.#to - this.receivedBytes;
  }

  /** A connection is to bring `range`. The span whose end that is gives it away. */
  begin([from, to]: ByteRange): Span {
    for (const span of this.#current) if (span.at <= from && from < span.to) span.to = from;
    const span: Span = { from, at: from, to, answeredTo: to, flowsSince: undefined };
    this.#current.add(span);
    return span;
  }

  /** The answer brings the bytes of `span` up to `to`: more or less than was asked for. */
  answered(span: Span, to: number): void {
    span.answeredTo = to;
    span.to = Math.min(span.to, to);
  }

  /** Of `span`, everything below `writtenTo` is written. The rest is a gap, or goes on where it was taken from. */
  end(span: Span, writtenTo: number): void {
    this.#current.delete(span);
    this.#written = withRange(this.#written, span.from, writtenTo);
    if (writtenTo > span.from) return;
    for (const other of this.#current) {
      const wasIts = other !== span && other.to === span.from && other.answeredTo > other.to;
      if (wasIts) other.to = Math.min(other.answeredTo, span.to);
    }
  }

  /**
   * What a connection without work is to fetch next: the first gap, else all that is left of a span that only trickles,
   * else the second half of the one that will take the longest. `undefined`: nothing that is worth a request.
   */
  next(rules: SplitRules, now: number): ByteRange | undefined {
    return this.firstGap ?? this.#trickle(rules, now) ?? this.#half(rules, now);
  }

  /** The first bytes that nobody is at. */
  get firstGap(): ByteRange | undefined {
    return this.#gaps()[0];
  }

  #trickle({ bestRate, minStealMs }: SplitRules, now: number): ByteRange | undefined {
    for (const span of this.#current) {
      const { from, at, to, flowsSince = now } = span;
      const trickles = now - flowsSince >= minTrickleMs && (at - from) * trickleFactor < bestRate * (now - flowsSince);
      if (trickles && to !== Number.POSITIVE_INFINITY && restMs(span, now) >= minStealMs) return [at, to];
    }
    return undefined;
  }

  #half({ minSegmentBytes, minStealMs }: SplitRules, now: number): ByteRange | undefined {
    let slowest: Span | undefined;
    let longestMs = minStealMs;
    for (const span of this.#current) {
      if (span.to - span.at < 2 * minSegmentBytes) continue;
      const ms = restMs(span, now);
      if (ms < longestMs) continue;
      slowest = span;
      longestMs = ms;
    }
    if (slowest === undefined || slowest.to === Number.POSITIVE_INFINITY) return undefined;
    return [Math.ceil((slowest.at + slowest.to) / 2), slowest.to];
  }

  #gaps(): ByteRange[] {
    let taken = this.#written;
    for (const { from, to } of this.#current) taken = withRange(taken, from, to);
    return gapsIn(taken, this.#to);
  }
}

/** As fast as it has surely been: over less time than this a burst would count for more than it brings. Bytes a millisecond. */
export const sureRateOf = ({ from, at, flowsSince = 0 }: Span, now: number): number =>
  (at - from) / Math.max(minTrickleMs / 4, now - flowsSince);

/** All of it that is still its own came; what its answer goes on to bring is another's. */
export const isGivenAway = ({ at, to, answeredTo }: Span): boolean => at >= to && to < answeredTo;

/** Time that the rest of a span takes at its own rate; one that has not begun may take for ever. */
function restMs({ from, at, to, flowsSince }: Span, now: number): number {
  const rate = flowsSince === undefined ? 0 : (at - from) / Math.max(1, now - flowsSince);
  return rate === 0 ? Number.POSITIVE_INFINITY : (to - at) / rate;
}
