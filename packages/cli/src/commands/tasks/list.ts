// `longhaul tasks [--app APP]`: one array with --json, oldest first.
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { tasksText } from '../../output/task-text.ts';
import { words } from '../../words.ts';

export function addTaskList(tasks: Command, run: Run): void {
  tasks
    .command('list', { isDefault: true })
    .alias('ls')
    .description(words.tasks.list)
    .option('--app <app>', words.tasks.app)
    .action(
      run(async (context, { app }: { app?: string }) => {
        await using agent = await context.connect();
        const records = (await agent.tasks.list()).filter(task => app === undefined || task.app === app);
        const { output } = context;
        if (records.length === 0) output.notice(words.notices.noTasks);
        output.data(records, records.length > 0 ? tasksText(records, Date.now(), output.width) : []);
        return 0;
      }),
    );
}
