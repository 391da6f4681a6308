// `longhaul show ID`: every fact of one transfer; with --wait once it has ended.
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { findTransfer } from '../each-transfer.ts';
import { type Outcome, showOutcome } from '../outcome.ts';
import { recordText } from '../output/record-text.ts';
import { addWaitOptions, type WaitOptions, waitForTransfers } from '../wait-for-transfers.ts';
import { words } from '../words.ts';

export function addShow(program: Command, run: Run): void {
  const command = program.command('show').description(words.show.about).argument('<id>', words.idArgument);
  addWaitOptions(command).action(
    run(async (context, id: string, options: WaitOptions) => {
      await using agent = await context.connect();
      const record = findTransfer(await agent.transfers.list(), id);
      const found: Outcome = { isOne: true, results: [{ record, code: 0 }] };
      const outcome = options.wait ? await waitForTransfers(context, agent, found, options) : found;
      return showOutcome(context, outcome, records => records.flatMap(shown => recordText(shown, Date.now())));
    }),
  );
}
