// `longhaul retry ID…|--failed`: starts what failed or was canceled anew, under the same id.
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { assertMeant, forEachTransfer, type Meant } from '../each-transfer.ts';
import { showTransfers } from '../outcome.ts';
import { words } from '../words.ts';

export function addRetry(program: Command, run: Run): void {
  program
    .command('retry')
    .description(words.retry.about)
    .argument('[id...]', words.idArgument)
    .option('--failed', words.retry.failed)
    .action(
      run(async (context, ids: string[], options: { failed?: true }) => {
        const meant: Meant = { ids, all: options.failed && (record => record.status === 'error') };
        assertMeant(meant, '--failed');
        await using agent = await context.connect();
        return showTransfers(
          context,
          await forEachTransfer(context, meant, agent, ({ id }) => agent.transfers.retry(id)),
        );
      }),
    );
}
