// Where the body of an answer ends, told by its head (RFC 9112, 6.3), and whether its connection may be used again. Pure.
// A head whose two ways of telling could disagree is refused: that is how one message hides in another.
import type { ResponseHead } from '../response-head.ts';
import { invalidAnswer } from './invalid-answer.ts';

export type BodyFraming =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' }
  /** A transfer coding beside chunked: not ours to decode. */
  | { readonly kind: 'coded' };

/** The answer to a GET. Throws `error-http-invalid-server-response`. */
export function framingOf(head: ResponseHead, minorVersion: number): BodyFraming {
  const lengths = valuesOf(head, 'content-length');
  const codings = valuesOf(head, 'transfer-encoding');
  if (head.status === 204 || head.status === 304) return { kind: 'length', bytes: 0 };
  if (codings.length > 0) {
    if (lengths.length > 0) throw invalidAnswer('it has both Transfer-Encoding and Content-Length');
    if (minorVersion === 0) throw invalidAnswer('it has Transfer-Encoding in HTTP/1.0');
    return transferCoded(codings.join(',').toLowerCase());
  }
  if (lengths.length === 0) return { kind: 'close' };
  if (new Set(lengths).size > 1) throw invalidAnswer('it has several Content-Length that differ');
  // 15 digits: every such number is exact in a double.
  if (!/^\d{1,15}$/.test(lengths[0]!)) throw invalidAnswer('its Content-Length is no length');
  return { kind: 'length', bytes: Number(lengths[0]) };
}

function transferCoded(codings: string): BodyFraming {
  const names = codings.split(',').map(name => name.trim());
  if (names.length === 1 && names[0] === 'chunked') return { kind: 'chunked' };
  const chunked = names.filter(name => name === 'chunked').length;
  // RFC 9112, 6.1: chunked at most once, and last.
  if (chunked > 1 || (chunked === 1 && names.at(-1) !== 'chunked'))
    throw invalidAnswer('chunked is not its last transfer coding');
  return { kind: 'coded' };
}

/** May another request follow on the connection, and how long does the server say it waits? */
export function persistenceOf(
  head: ResponseHead,
  minorVersion: number,
): { readonly isKept: boolean; readonly idleMs: number | null } {
  const options = valuesOf(head, 'connection')
    .join(',')
    .toLowerCase()
    .split(',')
    .map(option => option.trim());
  const hint = /(?:^|[\s,;])timeout=(\d{1,6})(?:$|[\s,;])/i.exec(head.get('keep-alive') ?? '');
  return {
    isKept: minorVersion >= 1 && !options.includes('close'),
    idleMs: hint === null ? null : Number(hint[1]) * 1_000,
  };
}

const valuesOf = (head: ResponseHead, name: string): string[] =>
  head.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
