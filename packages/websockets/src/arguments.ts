// The caller's mistakes: every public function looks with these at what it is given, so that a wrong kind of thing is
// `invalid-argument` and named, and not a TypeError from halfway down.
import { WebSocketError } from './errors.ts';

export function unfit(what: string, value: unknown): WebSocketError {
  return new WebSocketError('invalid-argument', `${what} cannot be ${named(value)}`);
}

/** An object with names: options, headers. Throws `invalid-argument`. */
export function mustBeObject(what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit(what, value);
}

/** Throws `invalid-argument`. */
export function mustBeMessageType(value: unknown): void {
  if (value !== undefined && value !== 'text' && value !== 'binary') throw unfit('The type of a message', value);
}

/** Throws `invalid-argument`. */
export function mustBeBoolean(what: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw unfit(what, value);
}

/** The bytes of a message that is no string. Throws `invalid-argument`. */
export function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw unfit('A message', data);
}

/** What is inside an object may be a secret, so it is not repeated. */
function named(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return `a ${typeof value}`;
  return String(value);
}
