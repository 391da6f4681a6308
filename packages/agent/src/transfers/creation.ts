// A new transfer: its request checked, its target promised to it alone; the same request twice makes one transfer.
import {
  type CollisionOption,
  LonghaulError,
  type ParsedCreateDownloadRequest,
  type TransferChecksum,
} from '@longhaul/agent-protocol';
import type { Ledger } from './ledger.ts';
import { newRow } from './new-row.ts';
import { checkHeaders, parseTransferUrl } from './request.ts';
import type { TransferRow } from './row.ts';
import type { Runner } from './runner.ts';
import { checkTarget, parseTarget, TargetFolder } from './target.ts';

export class Creation {
  readonly #ledger: Ledger;
  readonly #runner: Runner;

  constructor(ledger: Ledger, runner: Runner) {
    this.#ledger = ledger;
    this.#runner = runner;
  }

  /** Rejects with what `Transfers.create` says. */
  async create(app: string, request: ParsedCreateDownloadRequest): Promise<TransferRow> {
    const { host } = parseTransferUrl(request.url);
    const headers = checkHeaders(request.headers);
    parseTarget(request.file);
    const { table } = this.#ledger;
    const known = table.find(request.id);
    if (known !== undefined) return this.#again(known, app, request, headers);
    const targetKey = await keyOfTarget(request.file, request.collision);
    const row = newRow(app, request, { host, headers, targetKey }, Date.now());
    try {
      await this.#ledger.insert(row, () => {
        if (table.find(row.id) !== undefined) {
          throw new LonghaulError('already-exists', `There is a transfer ${row.id} already.`);
        }
        this.checkClaims(row);
      });
    } catch (error) {
      // The same request twice at once: the first one made it.
      const made = table.find(request.id);
      if (made === undefined) throw error;
      return this.#again(made, app, request, headers);
    }
    if (request.start) this.#runner.enqueue(row);
    return row;
  }

  /** In the transaction that makes it unfinished. BT-20: one target, one unfinished transfer. Throws `target-exists`. */
  checkClaims(row: TransferRow): void {
    if (row.collision !== 'unique-name' && this.#ledger.table.isClaimed(row.targetKey, row.id)) {
      throw new LonghaulError('target-exists', `Another unfinished transfer writes to ${row.file}.`);
    }
  }

  async #again(
    known: TransferRow,
    app: string,
    request: ParsedCreateDownloadRequest,
    headers: [string, string][],
  ): Promise<TransferRow> {
    const isSame =
      known.app === app &&
      known.url === request.url &&
      known.file === request.file &&
      known.collision === request.collision &&
      isSameChecksum(known.checksum, request.checksum) &&
      JSON.stringify(known.headers) === JSON.stringify(headers);
    if (!isSame) throw new LonghaulError('already-exists', `The id ${request.id} is taken by another transfer.`);
    const isToStart = request.start && known.state.name === 'created';
    return isToStart ? this.#runner.start(known.id) : known;
  }
}

/** Was the transfer made with this checksum, or with none? */
function isSameChecksum(known: TransferChecksum | null, asked: ParsedCreateDownloadRequest['checksum']): boolean {
  const given = known?.source === 'request' ? known : null;
  return given?.algorithm === asked?.algorithm && given?.expected === asked?.expected;
}

/** The target's canonical path, if a file can be made there now. Throws what `create` says of targets. */
export async function keyOfTarget(file: string, collision: CollisionOption): Promise<string> {
  const target = parseTarget(file);
  await using folder = await TargetFolder.open(target.folder);
  await checkTarget(folder, target.name, file, collision);
  await folder.checkWritable(target.folder);
  const canonical = await folder.canonicalPath();
  return canonical === '/' ? `/${target.name}` : `${canonical}/${target.name}`;
}
