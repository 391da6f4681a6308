// PURE. A time that a person gives: `90`, `1.5`, `90s`, `5m`, `2h`; without a unit, seconds. Milliseconds come out.
import { LonghaulError } from '@longhaul/agent-protocol';

const factors: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
/** The longest that a Node timer can wait. */
const maxMs = 2_147_483_647;

/** @throws LonghaulError `invalid-argument` */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text);
  const ms = match ? Math.round(Number(match[1]) * factors[match[2] || 's']!) : Number.NaN;
  if (ms > 0 && ms <= maxMs) return ms;
  throw new LonghaulError('invalid-argument', `not a time: "${text}"; give seconds, or 90s, 5m, 2h, at most 24 days`);
}
