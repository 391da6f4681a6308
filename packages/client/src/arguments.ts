// The app's mistakes: every public function looks with these at what it is given, so that a wrong kind of thing is
// `invalid-argument` and named, and not a TypeError from halfway down. Without schemas: tasks wait for nothing of it.
import { LonghaulError } from '@longhaul/agent-protocol/errors';

export const unfit = (what: string, value: unknown): LonghaulError =>
  new LonghaulError('invalid-argument', `${what} cannot be ${named(value)}`);

/** An object with names: options, an agent. @throws LonghaulError `invalid-argument` */
export function mustBeObject(what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit(what, value);
}

/** @throws LonghaulError `invalid-argument` */
export function mustBeText(what: string, value: unknown): void {
  if (typeof value !== 'string') throw unfit(what, value);
}

/** @throws LonghaulError `invalid-argument` */
export function mustBeFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw unfit(what, value);
}

/** One that may be left out. @throws LonghaulError `invalid-argument` */
export function mustBeSignal(value: unknown): void {
  if (value !== undefined && !(value instanceof AbortSignal)) throw unfit('a signal', value);
}

/** Options that have a signal, or nothing. @throws LonghaulError `invalid-argument` */
export function mustHaveSignal(options: { readonly signal?: unknown }): void {
  mustBeObject('options', options);
  mustBeSignal(options.signal);
}

/** What is inside an object may be a secret, so it is not repeated. */
export function named(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
