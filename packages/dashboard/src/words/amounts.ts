// Bytes and rates in words, in powers of 1024 with the unit that says so. Pure.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `0 B`, `812 B`, `1.4 MiB`, `235 GiB`: one decimal below 100, none above. */
export function bytesInWords(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 1023.95 would be written as 1024.0: go on to the next unit before that.
  while (unit < units.length - 1 && value >= (unit === 0 ? 1024 : 1023.5)) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

export const rateInWords = (bytesPerSecond: number): string => `${bytesInWords(bytesPerSecond)}/s`;

/** `No limit`, `512 KiB/s`, `2 MiB/s`: as rates, but without a decimal that is zero. */
export const limitInWords = (bytesPerSecond: number | null): string =>
  bytesPerSecond === null ? 'No limit' : rateInWords(bytesPerSecond).replace('.0 ', ' ');

/** Whole percent, rounded down: 100 stands only for all of it. */
export const percentOf = (moved: number, total: number): number =>
  moved >= total ? 100 : Math.min(99, Math.max(0, Math.floor((moved / total) * 100)));
