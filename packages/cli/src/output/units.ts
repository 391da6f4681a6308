// PURE. Sizes, rates and times as people read them: IEC units (KiB, MiB), because that is what they are.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `0 B`, `999 B`, `1.5 KiB`, `12.3 MiB`, `512 MiB`: three digits. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // Not 1024: 1023.9 KiB would be written as 1024 KiB.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** `8s`, `3m 05s`, `2h 10m`, `4d 03h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${two(Math.floor((seconds % 3600) / 60))}m`;
  return `${Math.floor(seconds / 86_400)}d ${two(Math.floor((seconds % 86_400) / 3600))}h`;
}

/** Milliseconds until the end at this rate; `undefined` when nothing can be said. */
export function timeLeftMs(received: number, total: number, bytesPerSecond: number): number | undefined {
  if (total <= 0 || bytesPerSecond <= 0 || received > total) return undefined;
  return ((total - received) / bytesPerSecond) * 1000;
}

/** 0 to 1, or `undefined` when the total is unknown. */
export function fraction(received: number, total: number): number | undefined {
  return total > 0 ? Math.min(1, Math.max(0, received / total)) : undefined;
}

/** Whole percents, rounded down: 100 % means all of it. */
export function formatPercent(part: number | undefined): string {
  return part === undefined ? '' : `${Math.floor(part * 100)}%`;
}
