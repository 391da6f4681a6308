// Small files that only this user may read (tokens, grants, the endpoint, start reports): written whole or not at all, read
// only when owner and mode are right.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { LonghaulError } from '@longhaul/agent-protocol';
import { isOutOfSpace } from './free-space.ts';

/** No file of ours is larger; a longer one is not ours. */
const maxBytes = 64 * 1024;

/** Replaces the file in one step, mode 0600. Durable when it returns. @throws LonghaulError `disk-full`; a system error */
export function writePrivateFile(path: string, text: string): void {
  try {
    replaceFile(path, text);
  } catch (cause) {
    if (!isOutOfSpace(cause)) throw cause;
    throw new LonghaulError('disk-full', `there is no room to write ${path}`, { cause });
  }
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/**
 * The file's text; `undefined` when there is none.
 *
 * @throws LonghaulError `access-denied` when it is a link, belongs to another user, or others may read it.
 */
export function readPrivateFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new LonghaulError('access-denied', `cannot read ${path}: ${code}`, { cause });
  }
  try {
    const stats = fstatSync(file);
    const isOurs = stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
    if (!isOurs || stats.size > maxBytes) {
      throw new LonghaulError('access-denied', `${path} must be a plain file of this user with mode 0600`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
