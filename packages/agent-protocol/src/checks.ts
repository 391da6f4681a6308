// What apps give, checked without schemas: a task that is started for a socket imports the SDK, and its first line would wait
// until they are built. The agent's schemas stand on the same checks. Whatever they are given they answer. Runs in browsers.

/** The 36-character form of either case. */
export const isUuid = (value: string): boolean =>
  typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);

/** 1 to 128 characters without control characters (SB-22). */
export const isSocketId = (value: string): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= 128 && !/\p{Cc}/u.test(value);

/** 1 to 255 characters. */
export const isSettingKey = (value: string): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= 255;

/** Whole bytes a second, at least 1 KiB. */
export const isBytesPerSecond = (value: number): boolean => Number.isSafeInteger(value) && value >= 1_024;
