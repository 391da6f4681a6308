// Rate limits as a person gives them: a preset, or a number with its unit. Pure.

export const rateUnits = ['KiB/s', 'MiB/s', 'GiB/s'] as const;
export type RateUnit = (typeof rateUnits)[number];

const bytesOf: { readonly [U in RateUnit]: number } = { 'KiB/s': 1024, 'MiB/s': 1024 ** 2, 'GiB/s': 1024 ** 3 };

const MiB = 1024 ** 2;

/** A call beside a download, half of a slow line, most of one, a house network. Bytes a second; `null` is no limit. */
export const ratePresets: readonly (number | null)[] = [null, MiB / 2, 2 * MiB, 10 * MiB, 50 * MiB];

/** The least the agent takes, bytes a second (`BytesPerSecond` of the agent's protocol). */
export const leastRate = 1024;

export type GivenRate =
  | { readonly type: 'rate'; readonly bytesPerSecond: number }
  | { readonly type: 'refused'; readonly words: string };

/** `1.5`, `1,5` and `20` are numbers; zero, less and anything else are not a limit. */
export function rateFrom(text: string, unit: RateUnit): GivenRate {
  const trimmed = text.trim().replace(',', '.');
  if (!/^\d+(\.\d*)?$|^\.\d+$/.test(trimmed)) return { type: 'refused', words: 'Give a number, such as 1.5.' };
  const bytesPerSecond = Math.round(Number(trimmed) * bytesOf[unit]);
  if (bytesPerSecond < leastRate) return { type: 'refused', words: 'A limit is 1 KiB/s at least.' };
  if (!Number.isSafeInteger(bytesPerSecond)) return { type: 'refused', words: 'That is more than any line carries.' };
  return { type: 'rate', bytesPerSecond };
}

/** The limit as it would be typed, in the largest unit that gives at least 1. */
export function rateAsTyped(bytesPerSecond: number | null): { readonly text: string; readonly unit: RateUnit } {
  if (bytesPerSecond === null) return { text: '', unit: 'MiB/s' };
  const unit = rateUnits.findLast(candidate => bytesPerSecond >= bytesOf[candidate]) ?? 'KiB/s';
  return { text: String(Number((bytesPerSecond / bytesOf[unit]).toFixed(2))), unit };
}
