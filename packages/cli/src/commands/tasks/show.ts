// `longhaul tasks show ID`: a task with its newest runs, or one run with why it failed in words and what it wrote.
import { explainRun, isRunOver, orphanedBy, type RunRecord, type TaskRecord } from '@longhaul/agent-protocol';
import type { Agent } from '@longhaul/client';
import type { Command } from 'commander';
import { resolveAmongNewest } from '../../arguments/id-beginning.ts';
import type { CommandContext, Run } from '../../context.ts';
import { factsText } from '../../output/record-text.ts';
import { logText, runFacts, runsText, taskFacts } from '../../output/task-text.ts';
import { words } from '../../words.ts';

/** How many of the newest runs are shown with a task. */
const newestRuns = 20;

export function addTaskShow(tasks: Command, run: Run): void {
  tasks
    .command('show')
    .description(words.tasks.show)
    .argument('<id>', words.tasks.idArgument)
    .action(
      run(async (context, text: string) => {
        await using agent = await context.connect();
        const [known, runs] = await Promise.all([agent.tasks.list(), agent.tasks.listRuns()]);
        const ids = [...known.map(({ taskId }) => taskId), ...runs.map(run => run.id)];
        const id = resolveAmongNewest(text, ids, words.tasks.noun);
        const task = known.find(({ taskId }) => taskId === id);
        if (task === undefined) await showRun(context, agent, id, runs);
        else await showTask(context, agent, task);
        return 0;
      }),
    );
}

async function showTask({ output }: CommandContext, agent: Agent, task: TaskRecord): Promise<void> {
  const [all, sockets] = await Promise.all([agent.tasks.listRuns(task.taskId), agent.sockets.list()]);
  const runs = all.slice(0, newestRuns);
  const last = all.find(({ status }) => isRunOver(status));
  const explanation = last && explainRun(last, orphanedBy(last, all, sockets));
  const now = Date.now();
  const table = runs.length === 0 ? [] : ['', words.tasks.newest, ...runsText(runs, now, output.width, 'one-task')];
  output.data({ ...task, runs }, [...factsText(taskFacts(task, explanation, now)), ...table]);
}

async function showRun(
  { output }: CommandContext,
  agent: Agent,
  id: string,
  runs: readonly RunRecord[],
): Promise<void> {
  const [details, sockets] = await Promise.all([agent.tasks.getRun(id), agent.sockets.list()]);
  const orphaned = orphanedBy(details, runs, sockets);
  output.data({ ...details, orphaned: orphaned ?? null }, [
    ...factsText(runFacts(details, orphaned, Date.now())),
    ...logText(details),
  ]);
}
