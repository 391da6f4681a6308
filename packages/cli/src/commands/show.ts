// `longhaul show ID`: every fact of one transfer; with --wait once it has ended.
import { isTerminal, LonghaulError, type TransferDetails } from '@longhaul/agent-protocol';
import type { Agent } from '@longhaul/client';
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { findTransfer } from '../each-transfer.ts';
import { type Outcome, showOutcome } from '../outcome.ts';
import { attemptsText, detailsFacts } from '../output/details-text.ts';
import { factsText, recordFacts } from '../output/record-text.ts';
import { formatRate } from '../output/units.ts';
import { addWaitOptions, type WaitOptions, waitForTransfers } from '../wait-for-transfers.ts';
import { words } from '../words.ts';

export function addShow(program: Command, run: Run): void {
  const command = program.command('show').description(words.show.about).argument('<id>', words.idArgument);
  addWaitOptions(command).action(
    run(async (context, id: string, options: WaitOptions) => {
      await using agent = await context.connect();
      const found = findTransfer(await agent.transfers.list(), id);
      const before: Outcome = { isOne: true, results: [{ record: found, code: 0 }] };
      const outcome = options.wait ? await waitForTransfers(context, agent, before, options) : before;
      const [result] = outcome.results;
      const record = result?.record ?? found;
      const [details, limits] = await Promise.all([detailsOf(agent, record.id), agent.transfers.getLimits()]);
      const ofAll = isTerminal(record.status) ? null : limits.maxBytesPerSecond;
      const shown = { ...outcome, results: [{ code: 0, ...result, record: { ...record, ...details } }] };
      return showOutcome(context, shown, () => [
        ...factsText([
          ...recordFacts(record, Date.now()),
          ['Limit of all', ofAll === null ? undefined : formatRate(ofAll)],
          ...detailsFacts(record, details),
        ]),
        ...attemptsText(details.attempts),
      ]);
    }),
  );
}

/** Of one that was removed meanwhile nothing more is known. */
async function detailsOf(agent: Agent, id: string): Promise<TransferDetails> {
  try {
    return await agent.transfers.getDetails(id);
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'not-found') {
      return { id, ranges: [], attempts: [], rateHistory: [] };
    }
    throw error;
  }
}
