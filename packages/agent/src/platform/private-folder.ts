// Folders that nobody else may look into: created with mode 0700, and refused when somebody else could have made or could
// change them. Trust in socket, token and database rests on this check.
import { accessSync, constants, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LonghaulError } from '@longhaul/agent-protocol';
import { isOutOfSpace } from './free-space.ts';

/**
 * Creates the folder where it is missing and makes sure that it is ours alone.
 *
 * @throws LonghaulError `unsafe-folder` (a link, another owner, open to others, or replaceable by others),
 * `folder-not-writable` (cannot be created or written).
 */
export function ensurePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    // EEXIST: something that is no folder has the name; the check below says which.
    if (isOutOfSpace(cause)) throw new LonghaulError('disk-full', `there is no room for the folder ${path}`, { cause });
    if (code !== 'EEXIST') {
      throw new LonghaulError('folder-not-writable', `cannot create the folder ${path}: ${code}`, { cause });
    }
  }
  checkPrivateFolder(path);
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new LonghaulError('folder-not-writable', `cannot write to the folder ${path}: ${code}`, { cause });
  }
}

/** The check alone. Returns false when there is nothing at `path`. @throws LonghaulError `unsafe-folder` */
export function checkPrivateFolder(path: string): boolean {
  const stats = lookAt(path);
  if (stats === undefined) return false;
  const ours = process.getuid?.();
  if (!stats.isDirectory()) throw unsafe(path, 'it is not a folder (a link is not followed here)');
  if (stats.uid !== ours) throw unsafe(path, `it belongs to user ${stats.uid}, not to user ${ours}`);
  if ((stats.mode & 0o077) !== 0) throw unsafe(path, `its mode is ${octal(stats.mode)}, not 0700`);
  // Who may write to the parent may put another folder in its place; the sticky bit forbids that.
  const parent = statSync(dirname(path));
  const isReplaceable = (parent.mode & 0o002) !== 0 && (parent.mode & 0o1000) === 0;
  if (isReplaceable) throw unsafe(path, `everybody may write to ${dirname(path)}, mode ${octal(parent.mode)}`);
  return true;
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR') return undefined;
    throw new LonghaulError('folder-not-writable', `cannot look at the folder ${path}: ${code}`, { cause });
  }
}

const octal = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;
const unsafe = (path: string, why: string): LonghaulError =>
  new LonghaulError('unsafe-folder', `the folder ${path} is not safe: ${why}`);
