// `longhaul tasks show ID`: a task with its newest runs, or one run with why it failed in words and what it wrote.
import { LonghaulError, orphanedBy, type RunRecord, type TaskRecord } from '@longhaul/agent-protocol';
import type { Agent } from '@longhaul/client';
import type { Command } from 'commander';
import { resolveId } from '../../arguments/id-beginning.ts';
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
        const [known, runs] = await Promise.all([agent.listTasks(), agent.listRuns()]);
        const id = idOf(text, known, runs);
        const task = known.find(({ taskId }) => taskId === id);
        if (task === undefined) await showRun(context, agent, id, runs);
        else await showTask(context, agent, task);
        return 0;
      }),
    );
}

/** A whole id may be that of a run too old for the list; then the agent says whether there is one. */
function idOf(text: string, tasks: readonly TaskRecord[], runs: readonly RunRecord[]): string {
  try {
    return resolveId(text, [...tasks.map(({ taskId }) => taskId), ...runs.map(({ id }) => id)], words.tasks.noun);
  } catch (error) {
    const isWhole = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
    if (isWhole && error instanceof LonghaulError && error.code === 'not-found') return text.toLowerCase();
    throw error;
  }
}

async function showTask({ output }: CommandContext, agent: Agent, task: TaskRecord): Promise<void> {
  const runs = (await agent.listRuns(task.taskId)).slice(0, newestRuns);
  const now = Date.now();
  const table = runs.length === 0 ? [] : ['', words.tasks.newest, ...runsText(runs, now, output.width, 'one-task')];
  output.data({ ...task, runs }, [...factsText(taskFacts(task, now)), ...table]);
}

async function showRun(
  { output }: CommandContext,
  agent: Agent,
  id: string,
  runs: readonly RunRecord[],
): Promise<void> {
  const [details, sockets] = await Promise.all([agent.getRun(id), agent.listSockets()]);
  const orphaned = orphanedBy(details, runs, sockets);
  output.data({ ...details, orphaned: orphaned ?? null }, [
    ...factsText(runFacts(details, orphaned, Date.now())),
    ...logText(details),
  ]);
}
