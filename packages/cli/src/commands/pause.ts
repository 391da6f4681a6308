// `longhaul pause ID…|--all`
import { isTerminal } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { assertMeant, forEachTransfer, type Meant } from '../each-transfer.ts';
import { showTransfers } from '../outcome.ts';
import { words } from '../words.ts';

export function addPause(program: Command, run: Run): void {
  program
    .command('pause')
    .description(words.pause.about)
    .argument('[id...]', words.idArgument)
    .option('--all', words.options.all)
    .action(
      run(async (context, ids: string[], options: { all?: true }) => {
        const meant: Meant = { ids, all: options.all && canPause };
        assertMeant(meant);
        await using agent = await context.connect();
        return showTransfers(
          context,
          await forEachTransfer(context, meant, agent, ({ id }) => agent.transfers.pause(id)),
        );
      }),
    );
}

const canPause: Meant['all'] = record =>
  record.isStarted && record.status !== 'paused-by-application' && !isTerminal(record.status);
