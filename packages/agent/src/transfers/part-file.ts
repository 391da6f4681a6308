// The part file beside the target: made exclusively, recognised by device, inode and birth, never followed through a link.
// Whoever put something else under its name gets `file-changed` and keeps it unwritten.
import type { BigIntStats } from 'node:fs';
import { constants, type FileHandle, open, unlink } from 'node:fs/promises';
import { LonghaulError } from '@longhaul/agent-protocol';
import { step } from '../steps.ts';
import type { PartIdentity } from './row.ts';
import { partName, statOf, type TargetFolder } from './target.ts';

export interface OpenPart {
  readonly handle: FileHandle;
  readonly identity: PartIdentity;
  /** Size found; 0 when it was made just now. */
  readonly size: number;
  readonly isNew: boolean;
}

/** Closed to others while it grows. */
const partMode = 0o600;

export function identityOf(stats: BigIntStats): PartIdentity {
  return { dev: stats.dev.toString(), ino: stats.ino.toString(), born: stats.birthtimeNs.toString() };
}

/**
 * The same file? An inode number is used again as soon as its file is deleted: the time of birth tells the two apart where
 * the file system knows it. Device numbers may change over a reboot (device mapper, btrfs, network file systems); then the
 * time of birth alone decides.
 */
export function isSameFile(known: PartIdentity, found: PartIdentity): boolean {
  if (known.ino !== found.ino) return false;
  const hasBirth = known.born !== '0' && found.born !== '0';
  return hasBirth ? known.born === found.born : known.dev === found.dev;
}

/**
 * Opens the part file of a transfer, making it when there is none (`known` is `null`, or somebody deleted it).
 * Throws `file-changed` when something else is under its name, or what the file system says.
 */
export async function openPart(
  folder: TargetFolder,
  name: string,
  id: string,
  known: PartIdentity | null,
): Promise<OpenPart> {
  const part = partName(name, id);
  if (known !== null) {
    const found = await openKnown(folder, part, known);
    if (found !== undefined) return found;
  }
  try {
    return await create(folder, part);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const stats = await statOf(folder, part);
  if (stats !== undefined && !isOrphan(stats)) throw changed(part);
  if (stats !== undefined) await unlink(folder.at(part));
  return create(folder, part);
}

/** An agent that died between making the file and recording its inode left it empty. Nothing else is taken for ours. */
function isOrphan(stats: BigIntStats): boolean {
  return stats.isFile() && stats.size === 0n && stats.nlink === 1n && Number(stats.uid) === process.geteuid?.();
}

async function create(folder: TargetFolder, part: string): Promise<OpenPart> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await step('part.create', () => open(folder.at(part), flags, partMode));
  const identity = identityOf(await handle.stat({ bigint: true }));
  return { handle, identity, size: 0, isNew: true };
}

/** `undefined`: there is none, or only what an agent that died made in its place and did not get to record. */
async function openKnown(folder: TargetFolder, part: string, known: PartIdentity): Promise<OpenPart | undefined> {
  // O_NONBLOCK: a FIFO under that name must not hold us up.
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle: FileHandle;
  try {
    handle = await open(folder.at(part), flags);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO') throw changed(part, error);
    throw error;
  }
  try {
    const stats = await handle.stat({ bigint: true });
    const identity = identityOf(stats);
    if (stats.isFile() && isSameFile(known, identity)) {
      return { handle, identity, size: Number(stats.size), isNew: false };
    }
    if (!isOrphan(stats)) throw changed(part);
    await handle.close();
    return undefined;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Deletes the part file if it is ours: `known` as recorded, or an empty one that was not recorded yet. True when it did. */
export async function deletePart(
  folder: TargetFolder,
  name: string,
  id: string,
  known: PartIdentity | null,
): Promise<boolean> {
  const part = partName(name, id);
  const stats = await statOf(folder, part);
  if (stats === undefined) return false;
  const isRecorded = known !== null && stats.isFile() && isSameFile(known, identityOf(stats));
  const isOurs = isRecorded || isOrphan(stats);
  if (isOurs) await unlink(folder.at(part));
  return isOurs;
}

function changed(part: string, cause?: unknown): LonghaulError {
  return new LonghaulError('file-changed', `Something else is under the name of the part file ${part}.`, { cause });
}
