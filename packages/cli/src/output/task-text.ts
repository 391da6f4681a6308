// PURE. Background tasks and their runs as people read them: tables, all facts of one, and why a run failed in words.
import {
  type Explanation,
  explainRun,
  isRunOver,
  type RunDetails,
  type RunRecord,
  type SocketRecord,
  type TaskRecord,
} from '@longhaul/agent-protocol';
import { words } from '../words.ts';
import { agoText, type Facts, momentText, shortIdLength } from './record-text.ts';
import { safeText } from './safe-text.ts';
import { type Column, formatTable } from './table.ts';
import { formatDuration } from './units.ts';

const taskColumns: readonly Column[] = [
  { title: 'ID' },
  { title: 'APP' },
  { title: 'NAME' },
  { title: 'TRIGGER' },
  { title: 'OK', align: 'right' },
  { title: 'FAILED', align: 'right' },
  { title: 'LAST RUN', align: 'right' },
  { title: 'ENTRY POINT', isFlexible: true },
];

/** One line for each. `now` in milliseconds since the epoch. */
export function tasksText(tasks: readonly TaskRecord[], now: number, width?: number): string[] {
  const idLength = shortIdLength(tasks.map(({ taskId }) => taskId));
  return formatTable(
    taskColumns,
    tasks.map(task => [
      task.taskId.slice(0, idLength),
      task.app,
      safeText(task.name),
      words.tasks.triggers[task.trigger.type],
      String(task.completedRuns),
      String(task.failedRuns),
      task.lastRunAt === null ? words.tasks.never : agoText(task.lastRunAt, now),
      safeText(task.entryPoint),
    ]),
    width,
  );
}

const runColumns: readonly Column[] = [
  { title: 'RUN' },
  { title: 'APP' },
  { title: 'TASK' },
  { title: 'STATUS' },
  { title: 'TRY', align: 'right' },
  { title: 'WHEN', align: 'right' },
  { title: 'TOOK', align: 'right' },
  { title: 'STARTED BY', isFlexible: true },
];

/** One line for each, and one more under those that have failed. */
export function runsText(
  runs: readonly RunRecord[],
  now: number,
  width?: number,
  of: 'all' | 'one-task' = 'all',
): string[] {
  const idLength = shortIdLength(runs.map(({ id }) => id));
  const [head, ...lines] = formatTable(
    runColumns.filter(({ title }) => of === 'all' || (title !== 'APP' && title !== 'TASK')),
    runs.map(run => [
      run.id.slice(0, idLength),
      ...(of === 'all' ? [run.app, safeText(run.name)] : []),
      words.tasks.statuses[run.status],
      String(run.attempt),
      agoText(run.queuedAt, now),
      tookText(run, now) ?? '',
      startedByText(run),
    ]),
    width,
  );
  const indent = ' '.repeat(idLength + 2);
  return [
    head!,
    ...lines.flatMap((line, index) => {
      const { status, error } = runs[index]!;
      return status === 'failed' && error !== null ? [line, `${indent}${safeText(firstLine(error.message))}`] : [line];
    }),
  ];
}

/** `data on chat` */
export const startedByText = ({ trigger }: RunRecord): string =>
  words.tasks.reasons[trigger.reason](safeText(trigger.socketId));

/** Of a run that waits for its next attempt nothing: what it had is over. */
function tookText({ status, startedAt, endedAt }: RunRecord, now: number): string | undefined {
  if (startedAt === null || status === 'queued') return undefined;
  const took = (endedAt ?? now) - startedAt;
  return took < 1_000 ? `${Math.max(0, Math.round(took))}ms` : formatDuration(took);
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Every fact of one task; `last` says why its last run went as it went, where that needs words. */
export const taskFacts = (task: TaskRecord, last: Explanation | undefined, now: number): Facts => [
  ['Id', task.taskId],
  ['App', task.app],
  ['Name', task.name],
  ['Entry point', task.entryPoint],
  ['Trigger', words.tasks.triggers[task.trigger.type]],
  ['Registered', momentText(task.registeredAt, now)],
  ['Last run', task.lastRunAt === null ? words.tasks.never : momentText(task.lastRunAt, now)],
  ['Runs', words.tasks.counts(task.completedRuns, task.failedRuns)],
  ['Its last run', last?.what],
  ['What to do', last?.fix ?? undefined],
];

/** Every fact of one run; `socket` is the one it has orphaned. */
export function runFacts(run: RunRecord, socket: SocketRecord | undefined, now: number): Facts {
  const explanation = explainRun(run, socket);
  return [
    ['Id', run.id],
    ['App', run.app],
    ['Task', `${run.name} (${run.taskId})`],
    ['Status', words.tasks.statuses[run.status]],
    ['Why', explanation?.what],
    ['What to do', explanation?.fix ?? undefined],
    ['Error', run.error?.code],
    ['Started by', startedByText(run)],
    ['Try', run.attempt > 1 ? words.tasks.attempt(run.attempt) : undefined],
    ['Canceled', run.cancellationReason === null ? undefined : words.tasks.cancellations[run.cancellationReason]],
    ['Queued', momentText(run.queuedAt, now)],
    ['Started', run.startedAt === null ? undefined : momentText(run.startedAt, now)],
    ['Ended', run.endedAt === null ? undefined : momentText(run.endedAt, now)],
    [isRunOver(run.status) ? 'Took' : 'For', tookText(run, now)],
    ['Progress', run.progress > 0 ? String(run.progress) : undefined],
    ['Process', run.pid === null ? undefined : String(run.pid)],
  ];
}

/** What the run wrote, a line for a line. */
export function logText({ log, startedAt }: RunDetails): string[] {
  if (log === '') return startedAt === null ? [] : ['', words.tasks.noLog];
  return [
    '',
    words.tasks.log,
    ...log
      .replace(/\n$/, '')
      .split(/\r?\n/)
      .map(line => `  ${safeText(line.replaceAll('\t', '  '))}`),
  ];
}
