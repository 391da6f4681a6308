// Validators and ranges of RFC 9110: what may stand in If-Range, what a Content-Range says. Pure.
import type { ResponseHead } from './response-head.ts';

/** `bytes 0-99/1000`, `bytes 0-99/*` (satisfied) or `bytes * /1000` (unsatisfied: no `first`). */
export interface ContentRange {
  readonly first: number | null;
  readonly last: number | null;
  /** `null` for `*`. */
  readonly size: number | null;
}

/** Clocks of origin and cache may differ: a Last-Modified counts as strong only when it is this much older than Date. */
const strongAgeMs = 60_000;

const entityTag = /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/** A strong entity tag as is; `null` when it is weak, absent or no entity tag at all. */
export function strongEtag(value: string | undefined): string | null {
  if (value === undefined) return null;
  const match = entityTag.exec(value);
  return match !== null && match[1] === undefined ? value : null;
}

/**
 * What the next request may put into If-Range: a strong ETag, else a Last-Modified that counts as strong because it is at
 * least a minute older than the answer's Date (RFC 9110, 8.8.2.2). With a weak ETag nothing: the origin said that equal
 * tags may mean different bytes.
 */
export function rangeValidator(head: ResponseHead): string | null {
  const etag = head.get('etag');
  if (etag !== undefined) return strongEtag(etag);
  const modified = head.get('last-modified');
  const date = head.get('date');
  if (modified === undefined || date === undefined) return null;
  const ageMs = Date.parse(date) - Date.parse(modified);
  return ageMs >= strongAgeMs ? modified : null;
}

/** Does a 206 (or 416) speak of the bytes that `validator` names? `undefined` when it does not say. */
export function matchesValidator(head: ResponseHead, validator: string): boolean | undefined {
  const said = head.get(validator.startsWith('"') ? 'etag' : 'last-modified');
  return said === undefined ? undefined : said === validator;
}

/** `undefined` when absent, `null` when it is not one byte range as RFC 9110, 14.4 writes it. */
export function parseContentRange(value: string | undefined): ContentRange | null | undefined {
  if (value === undefined) return undefined;
  const match = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/i.exec(value.trim());
  if (match === null) return null;
  const size = match[3] === '*' ? null : Number(match[3]);
  if (match[1] === undefined) return size === null ? null : { first: null, last: null, size };
  const first = Number(match[1]);
  const last = Number(match[2]);
  if (last < first || (size !== null && last >= size)) return null;
  return { first, last, size };
}

/** `undefined` when absent; `null` when it is no length or several different ones. */
export function parseContentLength(value: string | undefined): number | null | undefined {
  if (value === undefined) return undefined;
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}
