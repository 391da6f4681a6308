// Resuming (RFC 9110, sections 13.1.5, 14, 15.3.7, 15.5.17): what to ask for, and what an answer means for the bytes we have.
// Pure. Bytes are continued only where the origin vouches for them with a strong validator; else from the beginning.
import { LonghaulError } from '@longhaul/agent-protocol';
import type { ByteRange } from './byte-ranges.ts';
import { webErrorOfStatus } from './error-map.ts';
import type { ResponseHead } from './response-head.ts';
import { parseRetryAfter } from './retry.ts';
import { matchesValidator, parseContentLength, parseContentRange, rangeValidator } from './validators.ts';

/** The bytes we have. */
export interface Held {
  /** In one piece from 0. */
  readonly offset: number;
  /** Behind a gap; only with a validator and a total. */
  readonly ranges: readonly ByteRange[];
  /** Strong; `null` when the bytes cannot be continued. */
  readonly validator: string | null;
  /** `null` when unknown. */
  readonly total: number | null;
}

/** Nothing that counts. */
export const nothingHeld: Held = Object.freeze({ offset: 0, ranges: [], validator: null, total: null });

export interface RangeAsk {
  readonly from: number;
  /** Behind the last byte; `undefined`: to the end of the file. */
  readonly to?: number | undefined;
  readonly ifRange: string;
}

/** What the answer tells about the whole file. */
export interface FileFacts {
  readonly total: number | null;
  readonly validator: string | null;
  readonly isResumable: boolean;
  /** Body bytes that this answer must bring; `null` when only its framing tells. */
  readonly bodyBytes: number | null;
}

export type Verdict =
  /** The body continues at `held.offset`. */
  | { readonly kind: 'continue'; readonly facts: FileFacts }
  /** The body is the file from 0; what we have is void. */
  | { readonly kind: 'from-zero'; readonly facts: FileFacts }
  /** We have everything already. */
  | { readonly kind: 'complete'; readonly total: number }
  /** Nothing of this answer can be used: ask again without a range. */
  | { readonly kind: 'ask-again'; readonly why: string }
  | {
      readonly kind: 'fail';
      readonly error: LonghaulError;
      readonly isRetryable: boolean;
      readonly retryAfterMs: number | null;
    };

/** The range to ask for; `null` asks for everything. */
export function planRange(held: Held): RangeAsk | null {
  const { offset, ranges, validator } = held;
  const hasBytes = offset > 0 || ranges.length > 0;
  return hasBytes && validator !== null ? { from: offset, to: ranges[0]?.[0], ifRange: validator } : null;
}

/** True when no request is needed: every byte is here and the origin vouched for them. */
export function isAllHere(held: Held): boolean {
  return held.total !== null && held.offset === held.total && held.validator !== null;
}

/** What `head` means for `held`, given that `asked` was asked for. `now` in milliseconds since the epoch. */
export function judge(head: ResponseHead, held: Held, asked: RangeAsk | null, now: number): Verdict {
  switch (head.status) {
    case 200:
    case 203:
      return fromZero(head);
    case 206:
      return asked === null ? wrongPartial() : partial(head, held, asked);
    case 416:
      return asked === null ? refused(head, now) : unsatisfied(head, held, asked);
    default:
      return refused(head, now);
  }
}

function fromZero(head: ResponseHead): Verdict {
  const length = parseContentLength(head.get('content-length'));
  if (length === null) return badAnswer('The Content-Length is not a length.');
  // RFC 9112, 6.3: a transfer coding overrides Content-Length; the framing itself then tells where the end is.
  const total = head.get('transfer-encoding') === undefined ? (length ?? null) : null;
  return { kind: 'from-zero', facts: { ...vouched(head), total, bodyBytes: total } };
}

function partial(head: ResponseHead, held: Held, asked: RangeAsk): Verdict {
  const range = parseContentRange(head.get('content-range'));
  if (range === undefined || range === null)
    return { kind: 'ask-again', why: '206 without one readable Content-Range' };
  if (range.first !== asked.from)
    return { kind: 'ask-again', why: `206 starts at ${range.first}, not at ${asked.from}` };
  if (matchesValidator(head, asked.ifRange) === false) return { kind: 'ask-again', why: '206 of a changed file' };
  const differs = held.total !== null && range.size !== null && range.size !== held.total;
  if (differs) return { kind: 'ask-again', why: `206 of a file of ${range.size} bytes, not ${held.total}` };
  const bodyBytes = range.last! - range.first + 1;
  const length = parseContentLength(head.get('content-length'));
  const isChunked = head.get('transfer-encoding') !== undefined;
  if (!isChunked && length !== undefined && length !== bodyBytes) {
    return { kind: 'ask-again', why: `206 of ${bodyBytes} bytes with Content-Length ${length}` };
  }
  const total = range.size ?? held.total;
  return { kind: 'continue', facts: { total, validator: asked.ifRange, isResumable: true, bodyBytes } };
}

function unsatisfied(head: ResponseHead, held: Held, asked: RangeAsk): Verdict {
  const size = parseContentRange(head.get('content-range'))?.size;
  const isUnchanged = matchesValidator(head, asked.ifRange) === true;
  const isWhole = held.ranges.length === 0;
  if (isUnchanged && isWhole && size === asked.from) return { kind: 'complete', total: size };
  return { kind: 'ask-again', why: `416 of a file of ${size ?? 'unknown'} bytes` };
}

/** Can a later request continue the bytes of this answer? */
function vouched(head: ResponseHead): Pick<FileFacts, 'validator' | 'isResumable'> {
  const refusesRanges = head.get('accept-ranges')?.toLowerCase() === 'none';
  const validator = refusesRanges ? null : rangeValidator(head);
  return { validator, isResumable: validator !== null };
}

function wrongPartial(): Verdict {
  return badAnswer('The server sent a part of the file although all of it was asked for.');
}

function badAnswer(message: string): Verdict {
  const error = new LonghaulError('web-error', message, {
    data: { webErrorStatus: 'error-http-invalid-server-response' },
  });
  return { kind: 'fail', error, isRetryable: true, retryAfterMs: null };
}

/** Statuses after which the same request may succeed: RFC 9110 says so, or their meaning does. */
const retryableStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

function refused(head: ResponseHead, now: number): Verdict {
  const webErrorStatus = webErrorOfStatus(head.status);
  const asksForTime = head.status === 429 || head.status === 503;
  return {
    kind: 'fail',
    error: new LonghaulError('web-error', `The server answered ${head.status}.`, { data: { webErrorStatus } }),
    isRetryable: retryableStatuses.has(head.status),
    retryAfterMs: asksForTime ? parseRetryAfter(head.get('retry-after'), now) : null,
  };
}

/** Answers that were used up bring no file together. */
export const invalidAnswers = (): LonghaulError =>
  new LonghaulError('web-error', 'The server answers ranges in a way that no file can be made of.', {
    data: { webErrorStatus: 'error-http-invalid-server-response' },
  });
