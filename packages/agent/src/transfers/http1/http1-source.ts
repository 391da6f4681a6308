// The source for nearly every download: HTTP/1.1 on node:net and node:tls, bytes from the kernel straight into slabs. What it
// is not made for goes to a fallback, decided by the head of an answer: before any byte of a body was taken.

import type { Source, SourceLimits, SourceRequest, SourceResponse } from '../source.ts';
import { connectedEvent, Dialer } from './dialer.ts';
import { Exchange } from './exchange.ts';
import { IdleWires } from './idle-wires.ts';
import { type ConnectionOptions, connectionDefaults, parserLimits } from './options.ts';
import { requestHead } from './request-head.ts';
import { ResponseParser } from './response-parser.ts';
import { Wire } from './wire.ts';

export interface Http1SourceOptions extends Partial<ConnectionOptions> {
  /** Certificate authorities in place of the system's (PEM). */
  readonly ca?: string;
  /** Asked in place of this source where an answer is unusual (transfer codings). Disposed with it. */
  readonly fallback: Source;
}

export class Http1Source implements Source {
  readonly #limits: SourceLimits & ConnectionOptions;
  readonly #fallback: Source;
  readonly #dialer: Dialer;
  readonly #idle: IdleWires;
  readonly #exchanges = new Set<Exchange>();

  constructor(limits: SourceLimits, { fallback, ca, ...connection }: Http1SourceOptions) {
    this.#limits = Object.freeze({ ...connectionDefaults, ...connection, ...limits });
    this.#fallback = fallback;
    this.#dialer = new Dialer({ ...this.#limits, ca });
    this.#idle = new IdleWires(this.#limits);
  }

  async open(request: SourceRequest): Promise<SourceResponse> {
    const { signal } = request;
    const head = requestHead(request);
    const kept = await this.#idle.take(request.url.origin);
    // A server may close a kept connection just as it is used again. Nothing was answered then; a fresh one will tell.
    const answer =
      (kept && (await this.#ask(head, signal, kept).answer)) ?? (await this.#dial(request.url, head, signal).answer)!;
    if (!answer.isCoded) return answer;
    answer.discard();
    return this.#fallback.open(request);
  }

  #dial(url: URL, head: string, signal: AbortSignal): Exchange {
    const exchange = this.#ask(head, signal);
    const { scratchBytes } = this.#limits;
    exchange.attach(
      new Wire(url.origin, onread => this.#dialer.dial(url, onread), connectedEvent(url), scratchBytes, exchange),
    );
    return exchange;
  }

  #ask(head: string, signal: AbortSignal, kept?: Wire): Exchange {
    const parser = new ResponseParser({ ...parserLimits, maxHeadBytes: this.#limits.maxHeaderBytes });
    const release = (wire: Wire, idleMs: number | null) => this.#idle.keep(wire, idleMs);
    const over = (ended: Exchange) => void this.#exchanges.delete(ended);
    const exchange = new Exchange({ head, signal, parser, limits: this.#limits, release, over }, kept);
    this.#exchanges.add(exchange);
    return exchange;
  }

  /** Gives up what is under way. */
  [Symbol.dispose](): void {
    for (const exchange of this.#exchanges) exchange.giveUp();
    this.#idle[Symbol.dispose]();
    this.#fallback[Symbol.dispose]();
  }
}
