// `longhaul tasks watch [--app APP]`: tasks and their runs live, until Ctrl-C.
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { watchChanges } from '../../watch/watch-changes.ts';
import { WatchedTasks } from '../../watch/watched-tasks.ts';
import { words } from '../../words.ts';

export function addTaskWatch(tasks: Command, run: Run): void {
  tasks
    .command('watch')
    .description(words.tasks.watch)
    .option('--app <app>', words.tasks.app)
    .option('--ndjson', words.tasks.ndjson)
    .action(
      run(async (context, { app }: { app?: string }) => {
        await using agent = await context.connect();
        return await watchChanges(context, options => agent.tasks.watch(options), new WatchedTasks(app));
      }),
    );
}
