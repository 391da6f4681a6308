// Which tasks stand together on the page and in which order. Pure.
import { isRunOver } from '@longhaul/agent-protocol';
import { byNumbersToo, groupRows, queryWords, type RowGroups } from '../rows/row-groups.ts';
import type { TaskEntry, TaskList } from './task-list.ts';

/** In the order of the page: what somebody has to look at comes first. */
export const taskGroups = ['failing', 'running', 'ready', 'gone'] as const;
export type TaskGroup = (typeof taskGroups)[number];

/** `failing`: the last run that is over has failed. `gone`: no longer registered. */
export function groupOfTask({ record, runs }: TaskEntry): TaskGroup {
  if (record === null) return 'gone';
  if (runs.some(({ status }) => !isRunOver(status))) return 'running';
  return runs[0]?.status === 'failed' ? 'failing' : 'ready';
}

export type TaskRows = RowGroups<TaskGroup>;

export const noTaskRows: TaskRows = Object.freeze<TaskRows>({
  groups: [],
  found: 0,
  counts: { failing: 0, running: 0, ready: 0, gone: 0 },
});

export const arrangeTasks = (list: TaskList, query: string): TaskRows =>
  groupRows<TaskGroup, TaskEntry>(list.entries.values(), queryWords(query), {
    groups: taskGroups,
    groupOf: groupOfTask,
    searchTextOf: entry => `${entry.searchText} ${groupOfTask(entry)}`,
    idOf: ({ id }) => id,
    compare: (a, b) => byNumbersToo.compare(a.name, b.name) || (a.id < b.id ? -1 : 1),
  });
