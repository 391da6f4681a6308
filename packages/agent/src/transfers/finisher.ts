// The finish protocol in order, each step durable before the next relies on it; and the same again after a crash.
import { dirname } from 'node:path/posix';
import { LonghaulError } from '@longhaul/agent-protocol';
import { step } from '../steps.ts';
import { toTransferError } from './error-map.ts';
import { fileError, isRepairable } from './file-errors.ts';
import { chooseName, giveName, type LinkFile } from './finish.ts';
import type { Ledger, RowPatch } from './ledger.ts';
import { deletePart } from './part-file.ts';
import { nothingHeld } from './resume.ts';
import type { PartIdentity, TransferRow } from './row.ts';
import { parseTarget, partName, TargetFolder } from './target.ts';

type RowWithPart = TransferRow & { readonly part: PartIdentity };

export class Finisher {
  readonly #ledger: Ledger;
  readonly #linkFile: LinkFile | undefined;

  /** `linkFile`: another way to link, for file systems that cannot. */
  constructor(ledger: Ledger, linkFile?: LinkFile) {
    this.#ledger = ledger;
    this.#linkFile = linkFile;
  }

  /** All bytes of a running transfer are durable in its part file. Returns the row as it is then: completed, or why not. */
  finish(row: TransferRow, patch: RowPatch): Promise<TransferRow> {
    return this.#guarded(row, async (folder, name) => {
      const finalName = await chooseName(folder, row, name, candidate => this.#isClaimed(row, candidate));
      const promised = await this.#ledger.apply(row.id, { name: 'receive-all', finalName }, patch);
      return this.#place(folder, promised as RowWithPart, name, finalName);
    });
  }

  /** An earlier agent died between the promise of the name and the end. */
  resume(row: TransferRow): Promise<TransferRow> {
    return this.#guarded(row, (folder, name) => {
      const finalName = row.state.name === 'finishing' ? row.state.finalName : name;
      return this.#place(folder, row as RowWithPart, name, finalName);
    });
  }

  async #place(folder: TargetFolder, row: RowWithPart, name: string, promisedName: string): Promise<TransferRow> {
    const { id } = row;
    for (let finalName = promisedName; ; ) {
      const naming = await giveName(folder, row, name, finalName, this.#linkFile);
      if (naming === 'named') {
        await step('finish.unlink', () => deletePart(folder, name, id, row.part));
        await step('finish.sync-folder', () => folder.sync());
        return this.#ledger.apply(id, { name: 'finish', at: Date.now() }, { finalName, part: null });
      }
      if (naming === 'lost') {
        const checksum = row.checksum === null ? null : { ...row.checksum, isVerified: false };
        const nothing = { part: null, ...nothingHeld, checksum, hasRestarted: true };
        return this.#ledger.apply(id, { name: 'start-over' }, nothing);
      }
      if (row.collision !== 'unique-name') {
        const kept = `${dirname(row.file)}/${partName(name, id)}`;
        throw new LonghaulError('target-exists', `${row.file} exists already; the received bytes are in ${kept}.`);
      }
      finalName = await chooseName(folder, row, name, candidate => this.#isClaimed(row, candidate));
      await this.#ledger.apply(id, { name: 'choose-name', finalName }, {});
    }
  }

  #isClaimed(row: TransferRow, candidate: string): boolean {
    return this.#ledger.table.isClaimed(`${dirname(row.targetKey)}/${candidate}`, row.id);
  }

  /**
   * What the file system refuses: held when a person can repair it, else an error. The bytes are all there, so the part
   * file stays until the transfer is removed.
   */
  async #guarded(
    row: TransferRow,
    act: (folder: TargetFolder, name: string) => Promise<TransferRow>,
  ): Promise<TransferRow> {
    let failure: LonghaulError;
    try {
      const target = parseTarget(row.file);
      await using folder = await TargetFolder.open(target.folder);
      return await act(folder, target.name);
    } catch (error) {
      failure = fileError(row.file, error);
      if (failure.code === 'illegal-state' || failure.code === 'internal' || failure.code === 'not-found')
        throw failure;
    }
    const error = toTransferError(failure);
    const event = isRepairable(failure)
      ? ({ name: 'hold', error } as const)
      : ({ name: 'fail', error, at: Date.now() } as const);
    return this.#ledger.apply(row.id, event, {});
  }
}
