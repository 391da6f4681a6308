// The body of a file on its way from an answer to the part file, over one connection or several: each carries a span, takes over
// more when it is done, and is added or let go as the ramp advises. What the origin refuses to several goes on with fewer.
import { type ByteRange, prefixOf, withRange } from './byte-ranges.ts';
import { Carrier } from './carrier.ts';
import { toWebError } from './error-map.ts';
import type { HostConnections } from './host-connections.ts';
import type { TransferLimits } from './options.ts';
import { type FileFacts, judge, type RangeAsk } from './resume.ts';
import { SegmentRamp, type Totals } from './segment-ramp.ts';
import type { SourceResponse } from './source.ts';
import { type FlowTools, SpanFlow } from './span-flow.ts';
import { isGivenAway, type Span, type Spans, sureRateOf } from './spans.ts';

export interface SegmentsOptions extends FlowTools {
  /** What is here, and the length of the file. */
  readonly spans: Spans;
  readonly limits: TransferLimits;
  readonly hosts: HostConnections;
  /** Of the URL that answered. */
  readonly host: string;
  readonly facts: FileFacts;
  /** Asks that URL for a part. */
  readonly open: (range: RangeAsk, signal: AbortSignal) => Promise<SourceResponse>;
  /** Aborts everything. */
  readonly signal: AbortSignal;
  /** Something a log should know. */
  readonly note: (message: string) => void;
}

/** A rest that would be here sooner than this, or than twice the time an answer takes, stays where it is. Milliseconds. */
const minStealMs = 20;

export class Segments implements Disposable {
  readonly #options: SegmentsOptions;
  readonly #spans: Spans;
  readonly #carriers = new Set<Carrier>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #abortAll = () => this.giveUp();
  #ramp: SegmentRamp | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heldMs = 0;
  /** The file could not be written. */
  #diskError: { readonly error: unknown } | undefined;
  /** How the latest connection broke off. */
  #failure: { readonly error: unknown } | undefined;
  /** The origin did not give a part to one of several connections: nobody takes over from another any more. */
  #isRefused = false;
  #isGivenUp = false;
  /** From the latest request for a part to its answer. Milliseconds. */
  #answerMs = 0;
  /** Of the fastest connection yet. Bytes a millisecond. */
  #bestRate = 0;

  constructor(options: SegmentsOptions) {
    this.#options = options;
    this.#spans = options.spans;
    options.signal.addEventListener('abort', this.#abortAll, { once: true });
  }

  get receivedBytes(): number {
    return this.#spans.receivedBytes;
  }

  get received(): readonly ByteRange[] {
    return this.#spans.received;
  }

  /** Connections that bring bytes. */
  get connections(): number {
    let count = 0;
    for (const { flow } of this.#carriers) if (flow !== undefined) count += 1;
    return count;
  }

  /** What was handed to the operating system without an error. */
  get written(): readonly ByteRange[] {
    return this.#writtenUpTo(flow => flow.writtenTo);
  }

  /** Up to where that is in one piece. */
  get writtenPrefix(): number {
    return prefixOf(this.written);
  }

  /** Resolves with what is written then, everything received by now at least. Rejects with the first failed write. */
  async flush(): Promise<readonly ByteRange[]> {
    const offsets = new Map<SpanFlow, number>();
    const flows = [...this.#carriers].flatMap(({ flow }) => flow ?? []);
    await Promise.all(flows.map(async flow => offsets.set(flow, await flow.flush())));
    if (this.#diskError !== undefined) throw this.#diskError.error;
    return this.#writtenUpTo(flow => offsets.get(flow) ?? flow.span.from);
  }

  #writtenUpTo(offsetOf: (flow: SpanFlow) => number): readonly ByteRange[] {
    let ranges = this.#spans.written;
    for (const { flow } of this.#carriers)
      if (flow !== undefined) ranges = withRange(ranges, flow.span.from, offsetOf(flow));
    return ranges;
  }

  /**
   * Pours the first answer and whatever else it takes. Resolves when every connection has ended well, which may be before
   * the file is complete; rejects with how the last one broke off. Nothing is written afterwards.
   */
  async run(first: SourceResponse): Promise<void> {
    const { facts, limits } = this.#options;
    const [from, to] = this.#spans.firstGap ?? [0, 0];
    const span = this.#spans.begin([from, to]);
    if (facts.bodyBytes !== null) this.#spans.answered(span, from + facts.bodyBytes);
    else span.answeredTo = Number.POSITIVE_INFINITY;
    void this.#carry(this.#carrier(false), span, first);
    const isWorthAThought = this.#isDivisible && this.#spans.restBytes >= 2 * limits.minSegmentBytes;
    if (isWorthAThought && limits.maxConnectionsPerTransfer > 1) {
      this.#ramp = new SegmentRamp(limits, this.#measure());
      this.#lookLater();
    }
    await this.#ended.promise;
  }

  /** Stops everything; `run` rejects. */
  giveUp(): void {
    this.#isGivenUp = true;
    for (const carrier of this.#carriers) carrier.letGo();
  }

  /** Parts can be asked for, and vouched for. */
  get #isDivisible(): boolean {
    const { isResumable, validator, total } = this.#options.facts;
    return isResumable && validator !== null && total !== null;
  }

  #carrier(isTrial: boolean): Carrier {
    const { hosts, host } = this.#options;
    const carrier = new Carrier(isTrial, hosts.join(host));
    this.#carriers.add(carrier);
    return carrier;
  }

  /** One connection's work: its span, then what else there is to fetch. Never rejects. */
  async #carry(carrier: Carrier, firstSpan: Span, answer?: SourceResponse): Promise<void> {
    let span: Span | undefined = firstSpan;
    let response = answer;
    try {
      while (span !== undefined) {
        response ??= await this.#ask(carrier, span);
        if (response === undefined) break;
        await this.#pour(carrier, span, response);
        response = undefined;
        span = this.#next(carrier);
      }
    } catch (error) {
      if (!carrier.isLetGo) {
        this.#failure = { error };
        this.#ramp?.lost();
      }
    }
    this.#carriers.delete(carrier);
    carrier.leave();
    if (carrier.isTrial) this.#ramp?.unused();
    if (this.#carriers.size === 0) this.#end();
  }

  #end(): void {
    const { signal } = this.#options;
    clearTimeout(this.#timer);
    signal.removeEventListener('abort', this.#abortAll);
    const isShort = this.#spans.firstGap !== undefined;
    const cut = this.#isGivenUp ? { error: canceled() } : this.#failure;
    const failure = this.#diskError ?? (isShort ? cut : undefined);
    if (failure === undefined) this.#ended.resolve();
    else this.#ended.reject(failure.error);
  }

  #next(carrier: Carrier): Span | undefined {
    if (!this.#isDivisible || carrier.isLetGo || this.#isGivenUp) return undefined;
    const range = this.#isRefused ? this.#spans.firstGap : this.#worthwhile();
    return range === undefined ? undefined : this.#begin(range);
  }

  /** Whoever has nothing left to bring then is told so, and does not wait for a byte to find out. */
  #begin(range: ByteRange): Span {
    const begun = this.#spans.begin(range);
    for (const { flow } of this.#carriers) if (flow !== undefined && isGivenAway(flow.span)) flow.stop();
    return begun;
  }

  #worthwhile(): ByteRange | undefined {
    const { minSegmentBytes } = this.#options.limits;
    const now = performance.now();
    for (const span of this.#spans.current) this.#bestRate = Math.max(this.#bestRate, sureRateOf(span, now));
    const rules = { minSegmentBytes, minStealMs: Math.max(minStealMs, 2 * this.#answerMs), bestRate: this.#bestRate };
    return this.#spans.next(rules, now);
  }

  /** `undefined`: nobody gives that part now. Others go on with what they have, and nobody asks for more. */
  async #ask(carrier: Carrier, span: Span): Promise<SourceResponse | undefined> {
    const { open, facts, signal, note } = this.#options;
    const { from } = span;
    // Up to the end of the file it is asked for as a resume asks: some servers know no other ranges.
    const to = span.to === facts.total ? undefined : span.to;
    const ask: RangeAsk = { from, to, ifRange: facts.validator! };
    carrier.abort = new AbortController();
    const askedAt = performance.now();
    let why: string;
    try {
      const response = await open(ask, AbortSignal.any([signal, carrier.abort.signal]));
      const held = { offset: from, ranges: [], validator: facts.validator, total: facts.total };
      const verdict = judge(response.head, held, ask, Date.now());
      if (verdict.kind === 'continue' && !carrier.isLetGo) {
        this.#spans.answered(span, from + verdict.facts.bodyBytes!);
        this.#answerMs = performance.now() - askedAt;
        return response;
      }
      response.discard();
      why = verdict.kind === 'ask-again' ? verdict.why : `status ${response.head.status}`;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    this.#spans.end(span, from);
    if (!carrier.isLetGo) {
      this.#isRefused = true;
      note(`Goes on with the connections it has: ${why}`);
      carrier.isTrial = false;
      this.#ramp?.refused();
    }
    return undefined;
  }

  async #pour(carrier: Carrier, span: Span, response: SourceResponse): Promise<void> {
    const flow = new SpanFlow(span, response, this.#options, () => this.#flows(carrier));
    carrier.flow = flow;
    const { writtenTo, diskError, failure } = await flow.pour();
    carrier.flow = undefined;
    const now = performance.now();
    this.#heldMs += flow.heldMs(now);
    this.#bestRate = Math.max(this.#bestRate, sureRateOf(span, now));
    this.#spans.end(span, writtenTo);
    if (diskError !== undefined) {
      this.#diskError ??= diskError;
      this.giveUp();
    }
    if (failure !== undefined) throw failure.error;
  }

  #flows(carrier: Carrier): void {
    if (!carrier.isTrial) return;
    carrier.isTrial = false;
    this.#ramp?.opened(this.#measure());
  }

  #measure(): Totals {
    const now = performance.now();
    let heldMs = this.#heldMs;
    for (const { flow } of this.#carriers) heldMs += flow?.heldMs(now) ?? 0;
    // Not the loop's own count, which takes the time that other programs had the processor for work of ours.
    const { user, system } = process.threadCpuUsage();
    const busyMs = (user + system) / 1_000;
    return { now, receivedBytes: this.receivedBytes, busyMs, heldMs };
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => this.#look(), this.#ramp!.waitMs(performance.now()));
  }

  #look(): void {
    const { hosts, host } = this.#options;
    const { restBytes } = this.#spans;
    const room = { hasRoom: hosts.hasRoom(host), isCrowded: hosts.isCrowded(host) };
    const advice = this.#ramp!.look({ ...this.#measure(), restBytes, connections: this.#carriers.size, ...room });
    if (advice === 'add') this.#add();
    // The newest; the first one is never let go.
    else if (advice === 'let-go') [...this.#carriers].slice(1).at(-1)?.letGo();
    this.#lookLater();
  }

  #add(): void {
    const range = this.#worthwhile();
    if (range === undefined) this.#ramp!.unused();
    else void this.#carry(this.#carrier(true), this.#begin(range));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#abortAll);
  }
}

const canceled = () => toWebError(new DOMException('The transfer was stopped', 'AbortError'));
