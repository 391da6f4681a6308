// What apps give, checked without schemas: a task that is started for a socket imports the SDK, and its first line would wait
// until they are built. The agent's schemas stand on the same checks. Whatever they are given they answer. Runs in browsers.

/** The 36-character form of either case. */
export const isUuid = (value: string): boolean =>
  typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);

/** SB-22. Half a surrogate pair is refused: in UTF-8 all such halves are one character, and ids would be the same. */
export const isSocketId = (value: string): boolean => isName(value, 128) && !/\p{Cc}/u.test(value);
export const socketIdRule: string =
  'a socket id has 1 to 128 characters, and no control characters or halves of surrogate pairs';

export const isSettingKey = (value: string): boolean => isName(value, 255);
export const settingKeyRule: string = 'the key of a setting has 1 to 255 characters, and no halves of surrogate pairs';

const isName = (value: string, maxLength: number): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= maxLength && value.isWellFormed();

/** Whole bytes a second, at least 1 KiB. */
export const isBytesPerSecond = (value: number): boolean => Number.isSafeInteger(value) && value >= 1_024;
