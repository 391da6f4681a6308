// PURE. How many transfers may run at the same time, as a person gives it: a whole number.
import { LonghaulError, MaxActive, mostActive } from '@longhaul/agent-protocol';
import { is } from 'valibot';

/** @throws LonghaulError `invalid-argument` */
export function parseMaxActive(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (is(MaxActive, count)) return count;
  throw new LonghaulError('invalid-argument', `--max-active is a whole number from 1 to ${mostActive}, not "${text}"`);
}
