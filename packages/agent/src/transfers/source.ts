// Where bytes come from: one request, one answer, one body poured into a sink. Every HTTP client of ours implements this and
// passes the same suite of odd origins; redirects are followed above it (follow.ts), ranges are judged above it (resume.ts).
import type { ResponseHead } from './response-head.ts';
import type { RangeAsk } from './resume.ts';
import type { BodySink } from './sink.ts';

export interface SourceRequest {
  /** http: or https:. User name and password in it become Authorization unless `headers` has one. */
  readonly url: URL;
  /** Checked by request.ts. */
  readonly headers: readonly (readonly [string, string])[];
  readonly range: RangeAsk | null;
  /** Aborts the request and the body. */
  readonly signal: AbortSignal;
}

/** What tells where the body ends: its length, its chunks, or only the end of the connection. */
export type Framing = 'length' | 'chunked' | 'close';

export interface SourceResponse {
  readonly head: ResponseHead;
  readonly framing: Framing;
  /**
   * Pours the whole body, as sent, into `sink`, and pauses while that is full. Once. Resolves when the framing says that
   * the body is complete; rejects with `web-error` or `timeout` (short body, reset, stall, abort). When the sink fails it
   * gives up and rejects with the sink's error. After it settled nothing more is written.
   */
  pour(sink: BodySink): Promise<void>;
  /** The body is not wanted. The connection is kept when little is left of it. */
  discard(): void;
}

export interface SourceLimits {
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly maxHeaderBytes: number;
}

export interface Source extends Disposable {
  /**
   * Sends GET asking for the identity encoding, resolves with the answer's head. Rejects with `web-error` or `timeout`,
   * each with `webErrorStatus` in its data.
   */
  open(request: SourceRequest): Promise<SourceResponse>;
}
