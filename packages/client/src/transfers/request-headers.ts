// PURE. Request headers of a transfer (BT-35): every shape a caller may bring them in, checked and made a list of pairs.
import { LonghaulError } from '@longhaul/agent-protocol/plain';

/** An object, a `Headers`, a `Map` or pairs. */
export type HeadersInput = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

export type HeaderPair = [name: string, value: string];

/** RFC 9110, section 5.6.2: token. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, section 5.5: visible characters, blanks and tabs inside; bytes above 0x7f as they are. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * One header, its value trimmed.
 * @throws LonghaulError `invalid-header`; the message names the header, never its value, which may be a secret.
 */
export function headerPair(name: unknown, value: unknown): HeaderPair {
  if (typeof name !== 'string' || !token.test(name)) {
    throw new LonghaulError('invalid-header', `not a header name: ${JSON.stringify(name)}`);
  }
  if (typeof value !== 'string')
    throw new LonghaulError('invalid-header', `the value of header ${name} is not a string`);
  const trimmed = value.replace(/^[\t ]+|[\t ]+$/g, '');
  if (!fieldValue.test(trimmed)) {
    throw new LonghaulError('invalid-header', `the value of header ${name} has characters that no header may have`);
  }
  return [name, trimmed];
}

/** @throws LonghaulError `invalid-header` */
export function headerPairs(input: HeadersInput | undefined): HeaderPair[] {
  if (input === undefined) return [];
  if (input === null || typeof input !== 'object')
    throw new LonghaulError('invalid-header', 'headers must be an object or pairs');
  const entries = Symbol.iterator in input ? [...input] : Object.entries(input);
  return entries.map(entry => {
    if (!Array.isArray(entry) || entry.length !== 2)
      throw new LonghaulError('invalid-header', 'a header must be a pair');
    return headerPair(entry[0], entry[1]);
  });
}

/** Adds one header; a second value for the same name is put behind the first, separated by a comma (BT-35). */
export function withHeader(headers: readonly HeaderPair[], [name, value]: HeaderPair): HeaderPair[] {
  const known = headers.findIndex(([existing]) => existing.toLowerCase() === name.toLowerCase());
  if (known < 0) return [...headers, [name, value]];
  return headers.map(([n, v], index): HeaderPair => (index === known ? [n, `${v}, ${value}`] : [n, v]));
}
