// The file a caller names: is it a name we may give, in a folder we may write to? Looks, changes nothing.
// The folder is opened once and everything is looked up relative to it (/proc/self/fd/N/name), so that nobody can swap it.
import { access, constants, type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path/posix';
import { type CollisionOption, LonghaulError } from '@longhaul/agent-protocol';

/** NAME_MAX of every file system in use. Bytes. */
const maxNameBytes = 255;

export interface TargetName {
  /** As given, without the last component. */
  readonly folder: string;
  readonly name: string;
}

/** Pure. Throws `invalid-argument`. */
export function parseTarget(file: string): TargetName {
  const refuse = (why: string) => new LonghaulError('invalid-argument', `The target ${JSON.stringify(file)} ${why}.`);
  if (!isAbsolute(file)) throw refuse('is no absolute path');
  if (file.includes('\0')) throw refuse('has a NUL character');
  if (!file.isWellFormed()) throw refuse('is not well-formed Unicode');
  if (file.endsWith('/')) throw refuse('names a folder, not a file');
  const name = basename(file);
  if (name === '.' || name === '..') throw refuse('names a folder, not a file');
  const bytes = Buffer.byteLength(name);
  if (bytes > maxNameBytes) throw refuse(`has a name of ${bytes} bytes; the limit is ${maxNameBytes}`);
  return { folder: dirname(file), name };
}

/** `name` of a part file beside the target: hidden, with the transfer's short id, cut to what a name may have. Pure. */
export function partName(name: string, id: string): string {
  const tail = `.${id.slice(0, 8)}${id.slice(-4)}.longhaul.part`;
  let stem = name;
  while (Buffer.byteLength(stem) > maxNameBytes - tail.length - 1) stem = [...stem].slice(0, -1).join('');
  return `.${stem}${tail}`;
}

/** `film.mp4`, `film (1).mp4`, `film (2).mp4` …, each cut to what a name may have. Pure. */
export function numberedName(name: string, number: number): string {
  if (number === 0) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  const tail = ` (${number})${extension}`;
  let stem = extension === '' ? name : name.slice(0, dot);
  while (Buffer.byteLength(stem) + Buffer.byteLength(tail) > maxNameBytes) stem = [...stem].slice(0, -1).join('');
  return `${stem}${tail}`;
}

/** An open folder. Names in it are looked up by `at`, wherever the folder is moved meanwhile. */
export class TargetFolder implements AsyncDisposable {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Throws `target-folder-missing`, `target-not-writable` or `invalid-argument`. */
  static async open(folder: string): Promise<TargetFolder> {
    try {
      return new TargetFolder(await open(folder, constants.O_RDONLY | constants.O_DIRECTORY));
    } catch (error) {
      throw folderError(folder, error);
    }
  }

  at(name: string): string {
    return `/proc/self/fd/${this.#handle.fd}/${name}`;
  }

  /** Throws `target-not-writable` when this user may not make files here, or nobody may. */
  async checkWritable(folder: string): Promise<void> {
    try {
      await access(this.at('.'), constants.W_OK | constants.X_OK);
    } catch (error) {
      throw folderError(folder, error);
    }
  }

  /** The folder's one true path, as the kernel knows it: two spellings give the same. */
  canonicalPath(): Promise<string> {
    return readlink(`/proc/self/fd/${this.#handle.fd}`);
  }

  /** Makes the folder's entries durable. */
  sync(): Promise<void> {
    return this.#handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

function folderError(folder: string, error: unknown): LonghaulError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT')
    return new LonghaulError('target-folder-missing', `The folder ${folder} does not exist.`, { cause: error });
  if (code === 'ENOTDIR')
    return new LonghaulError('target-folder-missing', `${folder} is no folder.`, { cause: error });
  if (code === 'ENAMETOOLONG') return new LonghaulError('invalid-argument', 'The path is too long.', { cause: error });
  if (code === 'ELOOP')
    return new LonghaulError('unsafe-path', `${folder} has too many symbolic links.`, { cause: error });
  return new LonghaulError('target-not-writable', `The folder ${folder} cannot be written to (${String(code)}).`, {
    cause: error,
  });
}

/**
 * Is the name free, or may it be replaced? Throws `unsafe-path` for anything but a plain file (a link, a folder, a device)
 * and `target-exists` for a plain file under `fail`.
 */
export async function checkTarget(
  folder: TargetFolder,
  name: string,
  file: string,
  collision: CollisionOption,
): Promise<void> {
  const stats = await statOf(folder, name);
  if (stats === undefined) return;
  if (stats.isSymbolicLink()) throw new LonghaulError('unsafe-path', `${file} is a symbolic link.`);
  if (!stats.isFile()) throw new LonghaulError('unsafe-path', `${file} is no plain file.`);
  if (collision === 'fail') throw new LonghaulError('target-exists', `${file} exists already.`);
}

/** What is under that name, links not followed; `undefined` when nothing is. */
export async function statOf(folder: TargetFolder, name: string) {
  try {
    return await lstat(folder.at(name), { bigint: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
