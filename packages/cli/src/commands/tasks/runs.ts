// `longhaul tasks runs [--task ID] [--app APP] [--status …]`: one array with --json, newest first.
import { type RunStatus, runStatuses } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import { choices } from '../../arguments/choices.ts';
import { resolveId } from '../../arguments/id-beginning.ts';
import type { Run } from '../../context.ts';
import { runsText } from '../../output/task-text.ts';
import { words } from '../../words.ts';

interface Options {
  readonly task?: string;
  readonly app?: string;
  readonly status?: readonly RunStatus[];
}

export function addTaskRuns(tasks: Command, run: Run): void {
  tasks
    .command('runs')
    .description(words.tasks.runs)
    .option('--task <id>', words.tasks.task)
    .option('--app <app>', words.tasks.app)
    .option('--status <status,...>', `${words.tasks.status} (${runStatuses.join(', ')})`, choices(runStatuses))
    .action(
      run(async (context, { task, app, status: statuses }: Options) => {
        await using agent = await context.connect();
        const ids = task === undefined ? [] : (await agent.tasks.list()).map(({ taskId }) => taskId);
        const taskId = task === undefined ? null : resolveId(task, ids, ['task', 'tasks', 'task']);
        const all = await agent.tasks.listRuns(taskId);
        const runs = all.filter(
          one => (app === undefined || one.app === app) && (statuses?.includes(one.status) ?? true),
        );
        const { output } = context;
        const { noRuns, noSuchRuns } = words.notices;
        if (runs.length === 0) output.notice(all.length === 0 ? noRuns : noSuchRuns);
        output.data(runs, runs.length > 0 ? runsText(runs, Date.now(), output.width) : []);
        return 0;
      }),
    );
}
