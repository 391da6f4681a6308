// Which transfers pause, resume, cancel and remove mean (ids, beginnings of ids, --all), and the verb done for each.
import { LonghaulError, type TransferRecord } from '@longhaul/agent-protocol';
import type { Agent } from '@longhaul/client';
import { resolveId } from './arguments/id-beginning.ts';
import type { CommandContext } from './context.ts';
import { forEach, type Outcome } from './outcome.ts';

export interface Meant {
  readonly ids: readonly string[];
  /** Which ones `--all` means; `undefined` when it was not given. */
  readonly all?: ((record: TransferRecord) => boolean) | undefined;
}

/** @throws LonghaulError `invalid-argument` when neither ids nor --all, or both, were given */
export async function forEachTransfer(
  context: CommandContext,
  meant: Meant,
  agent: Agent,
  verb: (record: TransferRecord) => Promise<TransferRecord>,
): Promise<Outcome> {
  const known = await agent.transfers.list();
  if (meant.all) return forEach(context, known.filter(meant.all), false, record => record.id, verb);
  const isOne = meant.ids.length === 1;
  return forEach(
    context,
    [...new Set(meant.ids)],
    isOne,
    id => id,
    async id => verb(findTransfer(known, id)),
  );
}

/** Either ids, or an option that means many. Told before anything is asked of the agent. @throws LonghaulError `invalid-argument` */
export function assertMeant(
  { ids, all }: { readonly ids: readonly string[]; readonly all?: unknown },
  option = '--all',
): void {
  if (all && ids.length > 0) throw new LonghaulError('invalid-argument', `give ids or ${option}, not both`);
  if (!all && ids.length === 0) throw new LonghaulError('invalid-argument', `give at least one id, or ${option}`);
}

/** @throws LonghaulError `not-found`, `invalid-argument` (ambiguous) */
export function findTransfer(records: readonly TransferRecord[], idOrPrefix: string): TransferRecord {
  const id = resolveId(
    idOrPrefix,
    records.map(record => record.id),
    ['transfer', 'transfers', 'transfer'],
  );
  return records.find(record => record.id === id)!;
}
