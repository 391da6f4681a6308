// `longhaul remove ID…|--all|--finished`: shows the records as they last were.
import { isTerminal, LonghaulError } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { assertMeant, forEachTransfer, type Meant } from '../each-transfer.ts';
import { showOutcome } from '../outcome.ts';
import { words } from '../words.ts';

export function addRemove(program: Command, run: Run): void {
  program
    .command('remove')
    .description(words.remove.about)
    .argument('[id...]', words.idArgument)
    .option('--all', words.options.all)
    .option('--finished', words.remove.finished)
    .action(
      run(async (context, ids: string[], options: { all?: true; finished?: true }) => {
        const meant: Meant = { ids, all: meantBy(options) };
        assertMeant(meant);
        await using agent = await context.connect();
        const removed = await forEachTransfer(context, meant, agent, async record => {
          await agent.transfers.remove(record.id);
          return record;
        });
        return showOutcome(context, removed, records => records.map(({ id }) => words.notices.removed(id)));
      }),
    );
}

function meantBy(options: { all?: true; finished?: true }): Meant['all'] {
  if (options.all && options.finished)
    throw new LonghaulError('invalid-argument', 'give --all or --finished, not both');
  if (options.finished) return record => isTerminal(record.status);
  return options.all && (() => true);
}
