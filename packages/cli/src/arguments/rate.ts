// PURE. A rate that a person gives, as curl writes it: `2M`, `500K`, `1.5m`, `65536`; powers of 1024. Bytes a second come out.
import { BytesPerSecond, LonghaulError } from '@longhaul/agent-protocol';
import { is } from 'valibot';

const factors: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** @throws LonghaulError `invalid-argument` */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text);
  const rate = match ? Math.floor(Number(match[1]) * factors[match[2]!.toLowerCase()]!) : Number.NaN;
  if (is(BytesPerSecond, rate)) return rate;
  throw new LonghaulError(
    'invalid-argument',
    `not a rate: "${text}"; give bytes a second, or 500K, 2M, 1G; at least 1K`,
  );
}
