// Whether a file could not be made or written because there is no room for it.
import { statfsSync } from 'node:fs';

/** With less than this a store cannot even be opened: SQLite's index of its log alone is 32 KiB. Bytes. */
const leastFreeBytes = 65_536;

/** A system error of a full disk, or of a quota that is used up. */
export function isOutOfSpace(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Whether the file system of `folder` has no room for anything. */
export function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < leastFreeBytes;
  } catch {
    return false;
  }
}
