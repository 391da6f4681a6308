// `longhaul resume ID…|--all`
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { assertMeant, forEachTransfer, type Meant } from '../each-transfer.ts';
import { showTransfers } from '../outcome.ts';
import { addWaitOptions, type WaitOptions, waitForTransfers } from '../wait-for-transfers.ts';
import { words } from '../words.ts';

export function addResume(program: Command, run: Run): void {
  const command = program
    .command('resume')
    .description(words.resume.about)
    .argument('[id...]', words.idArgument)
    .option('--all', words.options.all);
  addWaitOptions(command).action(
    run(async (context, ids: string[], options: { all?: true } & WaitOptions) => {
      const meant: Meant = { ids, all: options.all && (record => record.status === 'paused-by-application') };
      assertMeant(meant);
      await using agent = await context.connect();
      const resumed = await forEachTransfer(context, meant, agent, ({ id }) => agent.transfers.resume(id));
      return showTransfers(context, options.wait ? await waitForTransfers(context, agent, resumed, options) : resumed);
    }),
  );
}
