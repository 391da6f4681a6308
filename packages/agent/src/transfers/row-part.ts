// The part file of a row: opened before it runs, deleted when it will not go on.
import { LonghaulError } from '@longhaul/agent-protocol';
import { step } from '../steps.ts';
import { endOf } from './byte-ranges.ts';
import { deletePart, type OpenPart, openPart } from './part-file.ts';
import type { TransferRow } from './row.ts';
import { parseTarget, TargetFolder } from './target.ts';

/** Opens the part file, or throws why it cannot be trusted (`file-changed`) or reached. */
export async function openPartOf(row: TransferRow): Promise<OpenPart> {
  const { folder: path, name } = parseTarget(row.file);
  await using folder = await TargetFolder.open(path);
  const part = await openPart(folder, name, row.id, row.part);
  const durableTo = Math.max(row.offset, endOf(row.ranges));
  if (part.isNew || part.size >= durableTo) return part;
  await part.handle.close();
  throw new LonghaulError(
    'file-changed',
    `The part file of ${row.file} has ${part.size} bytes; it was written up to ${durableTo}.`,
  );
}

/**
 * Deletes the part file of a transfer that will not go on, before that is said: whoever hears of the end finds nothing
 * left over. Returns what the row is to say then; what cannot be deleted now is tried again at the next opening.
 */
export async function discardPartOf(
  row: TransferRow,
  complain: (error: unknown) => void,
): Promise<Pick<TransferRow, 'discardsPart'> & Partial<Pick<TransferRow, 'part'>>> {
  try {
    const { folder: path, name } = parseTarget(row.file);
    await using folder = await TargetFolder.open(path);
    const isDeleted = await step('discard.unlink', () => deletePart(folder, name, row.id, row.part));
    // What never ran and left nothing is not worth a sync of the disk.
    if (isDeleted || row.part !== null) await step('discard.sync-folder', () => folder.sync());
  } catch (error) {
    const isGone = error instanceof LonghaulError && error.code === 'target-folder-missing';
    if (!isGone) {
      complain(error);
      return { discardsPart: true };
    }
  }
  return { part: null, discardsPart: false };
}
