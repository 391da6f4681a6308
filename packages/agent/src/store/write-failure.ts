// What SQLite and the file system say when something could not be written, as codes: a full disk is told apart from everything
// else, and a failure of the store from a refusal of whoever used it.
import { LonghaulError } from '@longhaul/agent-protocol';
import { isFull, isOutOfSpace } from '../platform/free-space.ts';

/** SQLite's primary result codes that we tell apart (sqlite.org/rescode.html). */
const sqliteIoError = 10;
const sqliteFull = 13;
const sqliteCannotOpen = 14;

type SqliteError = Error & { readonly errcode: unknown };

export const isSqliteError = (error: unknown): error is SqliteError => error instanceof Error && 'errcode' in error;

/** The store could not be read or written now: the same may succeed later, and nothing of it has happened. */
export const isStoreFailure = (error: unknown): boolean =>
  isSqliteError(error) || (error instanceof LonghaulError && isSqliteError(error.cause));

/** What `error`, thrown while writing, is for whoever asked: `disk-full` or `internal`. */
export function writeFailure(error: unknown): LonghaulError {
  const why = error instanceof Error ? error.message : String(error);
  const code = resultOf(error) === sqliteFull ? 'disk-full' : 'internal';
  return new LonghaulError(code, `The store could not be written: ${why}.`, { cause: error });
}

/** Whether it was for want of space in `folder` that a file there could not be made, opened or written. */
export function isForWantOfSpace(error: unknown, folder: string): boolean {
  const result = resultOf(error);
  if (isOutOfSpace(error) || result === sqliteFull) return true;
  // SQLite says of some of its files only that they cannot be had.
  return (result === sqliteIoError || result === sqliteCannotOpen) && isFull(folder);
}

const resultOf = (error: unknown): number => (isSqliteError(error) ? Number(error.errcode) & 0xff : 0);
