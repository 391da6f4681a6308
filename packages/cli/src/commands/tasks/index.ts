// `longhaul tasks …`; without a verb it lists what is registered.
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { words } from '../../words.ts';
import { addTaskCancel } from './cancel.ts';
import { addTaskList } from './list.ts';
import { addTaskRuns } from './runs.ts';
import { addTaskShow } from './show.ts';
import { addTaskWatch } from './watch.ts';

export function addTaskCommands(program: Command, run: Run): void {
  const tasks = program.command('tasks').description(words.tasks.about).addHelpText('after', words.tasks.help);
  addTaskList(tasks, run);
  addTaskShow(tasks, run);
  addTaskWatch(tasks, run);
  addTaskRuns(tasks, run);
  addTaskCancel(tasks, run);
}
