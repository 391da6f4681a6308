// What the row of a task shows, its opened details, and what the page says about one of its runs. Pure.
import { explainRun, isRunOver, orphanedBy, type RunRecord, type SocketRecord } from '@longhaul/agent-protocol';
import { code, type Fact, said } from '../rows/fact.ts';
import { momentInWords } from '../words/moments.ts';
import { countInWords } from '../words/page-words.ts';
import { plain } from '../words/place-words.ts';
import type { Problem } from '../words/problem-words.ts';
import {
  cancellationWords,
  runStatusWords,
  taskStatusInWords,
  tookInWords,
  triggerInWords,
} from '../words/task-words.ts';
import type { TaskEntry } from './task-list.ts';

export interface TaskRowModel {
  readonly name: string;
  readonly app: string;
  readonly entryPoint: string | null;
  readonly status: string;
  readonly detail: string;
  /** All that are over. */
  readonly runs: string;
  /** `null` where none has. */
  readonly failed: string | null;
  /** Why the newest run failed. */
  readonly problem: Problem | null;
}

export function taskRowOf(entry: TaskEntry, now: number): TaskRowModel {
  const { record, runs } = entry;
  const count = (status: RunRecord['status']) => runs.filter(run => run.status === status).length;
  const [completed, failed] = [record?.completedRuns ?? count('completed'), record?.failedRuns ?? count('failed')];
  const [last] = runs;
  return {
    name: plain(entry.name),
    app: entry.app,
    entryPoint: record === null ? null : plain(record.entryPoint),
    ...taskStatusInWords(entry, now),
    runs: countInWords(completed + failed, 'run'),
    failed: failed === 0 ? null : `${failed} failed`,
    problem: last?.status === 'failed' ? problemOfRun(last, undefined) : null,
  };
}

function problemOfRun(run: RunRecord, orphaned: SocketRecord | undefined): Problem | null {
  const explanation = explainRun(run, orphaned);
  if (explanation === undefined) return null;
  return { message: plain(explanation.what), fix: explanation.fix };
}

export function taskFactsOf({ id, app, record }: TaskEntry, now: number): readonly Fact[] {
  const facts = [code('App', app)];
  if (record === null) return [...facts, code('Id', id, id)];
  return [
    ...facts,
    code('Entry point', plain(record.entryPoint), record.entryPoint),
    said('Started by', 'a parked socket'),
    said('Registered', momentInWords(record.registeredAt, now)),
    code('Id', id, id),
  ];
}

/** The newest runs as marks on a road, oldest first, with the same in words. */
export function stripOfRuns(runs: readonly RunRecord[], most: number) {
  const shown = runs.slice(0, most).reverse();
  const count = (status: RunRecord['status']) => shown.filter(run => run.status === status).length;
  const parts = (['completed', 'failed', 'canceled'] as const)
    .filter(status => count(status) > 0)
    .map(status => `${count(status)} ${status}`);
  const underWay = shown.filter(({ status }) => !isRunOver(status)).length;
  if (underWay > 0) parts.push(`${underWay} under way`);
  return { marks: shown.map(({ id, status }) => ({ id, status })), words: `Last runs: ${parts.join(', ')}` };
}

export interface RunRowModel {
  readonly trigger: string;
  readonly status: string;
  readonly when: string;
  readonly took: string | null;
  readonly problem: Problem | null;
}

/** `runs` and `sockets`: all that are known, to find the socket that this run has orphaned. */
export function runRowOf(
  run: RunRecord,
  runs: readonly RunRecord[],
  sockets: readonly SocketRecord[],
  now: number,
): RunRowModel {
  return {
    trigger: triggerInWords(run),
    status: run.attempt > 1 ? `${runStatusWords[run.status]}, try ${run.attempt}` : runStatusWords[run.status],
    when: momentInWords(run.queuedAt, now),
    took: tookInWords(run, now),
    problem: problemOfRun(run, orphanedBy(run, runs, sockets)),
  };
}

export function runFactsOf(run: RunRecord, now: number): readonly Fact[] {
  const facts: Fact[] = [];
  if (run.startedAt !== null) facts.push(said('Started', momentInWords(run.startedAt, now)));
  if (run.endedAt !== null) facts.push(said('Ended', momentInWords(run.endedAt, now)));
  if (run.cancellationReason !== null) facts.push(said('Canceled', cancellationWords[run.cancellationReason]));
  if (run.error !== null) facts.push(code('Error', run.error.code));
  if (run.progress > 0) facts.push(said('Progress', String(run.progress)));
  if (run.pid !== null) facts.push(said('Process', String(run.pid)));
  facts.push(code('Id', run.id, run.id));
  return facts;
}
