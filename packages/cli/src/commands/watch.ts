// `longhaul watch [ID…]`: transfers live, until Ctrl-C, or with --until-done until all have ended.
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { findTransfer } from '../each-transfer.ts';
import { watchTransfers } from '../watch/watch-transfers.ts';
import { words } from '../words.ts';

export function addWatch(program: Command, run: Run): void {
  program
    .command('watch')
    .description(words.watch.about)
    .argument('[id...]', words.idArgument)
    .option('--ndjson', words.watch.ndjson)
    .option('--until-done', words.watch.untilDone)
    .addHelpText('after', words.watch.help)
    .action(
      run(async (context, ids: string[], { untilDone = false }: { untilDone?: boolean }) => {
        await using agent = await context.connect();
        const known = ids.length > 0 ? await agent.transfers.list() : [];
        const named = ids.length > 0 ? new Set(ids.map(id => findTransfer(known, id).id)) : undefined;
        return await watchTransfers(context, agent, { named, untilDone });
      }),
    );
}
