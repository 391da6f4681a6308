// Giving a file its name, only with all bytes in it, never over somebody else's (DESIGN "Files"). Every function can be run
// again from the start after a crash: it recognises its own device and inode wherever they are.
import { constants, link, open, rename, unlink } from 'node:fs/promises';
import { LonghaulError } from '@longhaul/agent-protocol';
import { step } from '../steps.ts';
import { identityOf, isSameFile } from './part-file.ts';
import type { PartIdentity, TransferRow } from './row.ts';
import { numberedName, partName, statOf, type TargetFolder } from './target.ts';

/** What names a file; a seam for file systems without links. */
export type LinkFile = (existing: string, name: string) => Promise<void>;

/** Names tried for `unique-name`. */
const maxNumber = 10_000;

/** The name to promise. `isClaimed`: is it promised to another transfer? Throws `target-exists` or `unsafe-path`. */
export async function chooseName(
  folder: TargetFolder,
  row: TransferRow,
  name: string,
  isClaimed: (name: string) => boolean,
): Promise<string> {
  if (row.collision !== 'unique-name') return name;
  for (let number = 0; number < maxNumber; number += 1) {
    const candidate = numberedName(name, number);
    if (!isClaimed(candidate) && (await statOf(folder, candidate)) === undefined) return candidate;
  }
  throw new LonghaulError('target-exists', `${row.file} and ${maxNumber - 1} numbered names beside it exist already.`);
}

/** `named`: the file has its name. `taken`: somebody else has it. `lost`: the received bytes are gone. */
export type Naming = 'named' | 'taken' | 'lost';

/**
 * Gives the part file its final name. Throws `file-changed` when something else is under the part's name, `unsafe-path`
 * when a folder, link or device is to be replaced.
 */
export async function giveName(
  folder: TargetFolder,
  row: TransferRow & { readonly part: PartIdentity },
  name: string,
  finalName: string,
  linkFile: LinkFile = link,
): Promise<Naming> {
  const part = partName(name, row.id);
  const target = await statOf(folder, finalName);
  if (target !== undefined && isSameFile(row.part, identityOf(target))) return 'named';
  const found = await statOf(folder, part);
  if (found === undefined) return 'lost';
  if (!isSameFile(row.part, identityOf(found))) {
    throw new LonghaulError('file-changed', `Something else is under the name of the part file ${part}.`);
  }
  if (row.collision === 'replace') {
    if (target !== undefined && !target.isFile())
      throw new LonghaulError('unsafe-path', `${row.file} is no plain file.`);
    await step('finish.link', () => rename(folder.at(part), folder.at(finalName)));
    return 'named';
  }
  return step('finish.link', () => linkOrMove(folder, part, finalName, linkFile));
}

async function linkOrMove(folder: TargetFolder, part: string, finalName: string, linkFile: LinkFile): Promise<Naming> {
  try {
    await linkFile(folder.at(part), folder.at(finalName));
    return 'named';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EEXIST')
      return (await isPlaceholder(folder, part, finalName, linkFile)) ? move(folder, part, finalName) : 'taken';
    if (!noLinks.has(code)) throw error;
  }
  // No links here (FAT, some network file systems): an exclusive empty file holds the name, then the part moves over it.
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const placeholder = await open(folder.at(finalName), flags, 0o600);
    await placeholder.close();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return 'taken';
    throw error;
  }
  return move(folder, part, finalName);
}

async function move(folder: TargetFolder, part: string, finalName: string): Promise<Naming> {
  await rename(folder.at(part), folder.at(finalName));
  return 'named';
}

const noLinks = new Set(['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK']);

/**
 * Where there are no links, an agent that died between placeholder and move left an empty file of ours under the name.
 * Where links work nothing is a placeholder: an existing file, empty or not, is a conflict.
 */
async function isPlaceholder(
  folder: TargetFolder,
  part: string,
  finalName: string,
  linkFile: LinkFile,
): Promise<boolean> {
  const stats = await statOf(folder, finalName);
  const isEmptyOfOurs = stats?.isFile() === true && stats.size === 0n && Number(stats.uid) === process.geteuid?.();
  if (!isEmptyOfOurs) return false;
  const probe = `${part}.probe`;
  try {
    await linkFile(folder.at(part), folder.at(probe));
    await unlink(folder.at(probe));
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && noLinks.has(String(error.code));
  }
}
