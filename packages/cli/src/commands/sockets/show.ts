// `longhaul sockets show [--app APP] ID`: every fact of one socket, and the last runs it has caused.
import type { Command } from 'commander';
import { findSocket } from '../../arguments/socket-name.ts';
import type { Run } from '../../context.ts';
import { factsText } from '../../output/record-text.ts';
import { socketFacts } from '../../output/socket-text.ts';
import { runsText } from '../../output/task-text.ts';
import { words } from '../../words.ts';

/** How many of the newest runs are shown. */
const newestRuns = 10;

export function addSocketShow(sockets: Command, run: Run): void {
  sockets
    .command('show')
    .description(words.sockets.show)
    .argument('<id>', words.sockets.idArgument)
    .option('--app <app>', words.sockets.app)
    .action(
      run(async (context, id: string, { app }: { app?: string }) => {
        await using agent = await context.connect();
        const socket = findSocket(await agent.sockets.list(), id, app);
        const [tasks, ofTask] = await Promise.all([agent.tasks.list(), agent.tasks.listRuns(socket.taskId)]);
        const task = tasks.find(({ taskId }) => taskId === socket.taskId);
        const runs = ofTask.filter(({ trigger }) => trigger.socketId === socket.id).slice(0, newestRuns);
        const now = Date.now();
        const table = runs.length === 0 ? [] : runsText(runs, now, context.output.width, 'one-task');
        context.output.data({ ...socket, task: task ?? null, runs }, [
          ...factsText(socketFacts(socket, task, now)),
          ...(runs.length === 0 ? [] : ['', words.sockets.runs, ...table]),
        ]);
        return 0;
      }),
    );
}
