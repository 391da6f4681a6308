// `longhaul cancel ID…|--all`
import { isTerminal } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { assertMeant, forEachTransfer, type Meant } from '../each-transfer.ts';
import { showTransfers } from '../outcome.ts';
import { words } from '../words.ts';

export function addCancel(program: Command, run: Run): void {
  program
    .command('cancel')
    .description(words.cancel.about)
    .argument('[id...]', words.idArgument)
    .option('--all', words.options.all)
    .action(
      run(async (context, ids: string[], options: { all?: true }) => {
        const meant: Meant = { ids, all: options.all && (record => !isTerminal(record.status)) };
        assertMeant(meant);
        await using agent = await context.connect();
        return showTransfers(
          context,
          await forEachTransfer(context, meant, agent, ({ id }) => agent.transfers.cancel(id)),
        );
      }),
    );
}
