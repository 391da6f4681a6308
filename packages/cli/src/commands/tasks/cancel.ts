// `longhaul tasks cancel RUN…|--all`
import { isRunOver } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import { resolveAmongNewest } from '../../arguments/id-beginning.ts';
import type { Run } from '../../context.ts';
import { assertMeant } from '../../each-transfer.ts';
import { forEach, showOutcome } from '../../outcome.ts';
import { runsText } from '../../output/task-text.ts';
import { words } from '../../words.ts';

export function addTaskCancel(tasks: Command, run: Run): void {
  tasks
    .command('cancel')
    .description(words.tasks.cancel)
    .argument('[run...]', words.tasks.runArgument)
    .option('--all', words.tasks.all)
    .action(
      run(async (context, ids: string[], { all = false }: { all?: boolean }) => {
        assertMeant({ ids, all });
        await using agent = await context.connect();
        const runs = await agent.tasks.listRuns();
        const known = runs.map(({ id }) => id);
        const canceled = all
          ? await forEach(
              context,
              runs.filter(({ status }) => !isRunOver(status)).map(({ id }) => id),
              false,
              id => id,
              id => agent.tasks.cancelRun(id),
            )
          : await forEach(
              context,
              [...new Set(ids)],
              ids.length === 1,
              id => id,
              async id => agent.tasks.cancelRun(resolveAmongNewest(id, known, words.tasks.runNoun)),
            );
        const { output } = context;
        return showOutcome(
          context,
          canceled,
          records => runsText(records, Date.now(), output.width),
          words.notices.noSuchRuns,
        );
      }),
    );
}
