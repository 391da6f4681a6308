// What those hear who watch sockets or tasks, and which of two records of one thing is older: they carry no revision. On one
// connection the order of messages is the order of facts; only what is heard between the watching and its answer may be older
// than the answer, and then counts only where it is not. Runs in browsers.
import type { SocketName, SocketRecord } from './sockets.ts';
import type { RunRecord, RunStatus, TaskRecord } from './tasks.ts';
import { isRunOver } from './words.ts';

export type SocketChange =
  | { readonly type: 'changed'; readonly record: SocketRecord }
  | { readonly type: 'removed'; readonly name: SocketName };

export type TaskChange =
  | { readonly type: 'changed'; readonly record: TaskRecord }
  | { readonly type: 'removed'; readonly taskId: string }
  | { readonly type: 'run'; readonly run: RunRecord };

/** `a` was so before `b`. `since` grows with every status; within one the counts do. */
export const isOlderSocket = (a: SocketRecord, b: SocketRecord): boolean =>
  a.since < b.since || (a.since === b.since && (a.wakes < b.wakes || a.transfers < b.transfers));

/** `a` was so before `b`. */
export const isOlderTask = (a: TaskRecord, b: TaskRecord): boolean => endedRuns(a) < endedRuns(b);

/** `a` was so before `b`. */
export const isOlderRun = (a: RunRecord, b: RunRecord): boolean => stage(a) < stage(b);

const endedRuns = ({ completedRuns, failedRuns }: TaskRecord): number => completedRuns + failedRuns;

const stages: readonly RunStatus[] = ['queued', 'running', 'canceling'];
/** Grows while a run goes on: each attempt has its own stages. */
const stage = ({ attempt, status }: RunRecord): number =>
  isRunOver(status) ? Number.POSITIVE_INFINITY : attempt * stages.length + stages.indexOf(status);
