// The registered tasks and their runs as the page knows them: a snapshot of both, then changes. Pure.
import {
  isOlderRun,
  isOlderTask,
  isRunOver,
  type RunRecord,
  type TaskChange,
  type TaskRecord,
} from '@longhaul/agent-protocol';
import { plain } from '../words/place-words.ts';

/** One task with what is known of its runs. */
export interface TaskEntry {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  /** `null` where it is no longer registered and only its runs are left. */
  readonly record: TaskRecord | null;
  /** Newest first. */
  readonly runs: readonly RunRecord[];
  readonly searchText: string;
}

export interface TaskList {
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly runs: ReadonlyMap<string, RunRecord>;
  /** By task: what is registered in its order, then what only has runs. */
  readonly entries: ReadonlyMap<string, TaskEntry>;
}

/** The agent's whole truth; `runs` at most as many as it lists. */
export function tasksFromSnapshot(records: readonly TaskRecord[], runs: readonly RunRecord[]): TaskList {
  return listOf(new Map(records.map(record => [record.taskId, record])), new Map(runs.map(run => [run.id, run])), null);
}

/**
 * The list after changes in the order they were heard. Those from `before-snapshot` may be older than it and then do not count.
 * At most `maxRuns` are kept, the newest.
 */
export function withTaskChanges(
  known: TaskList,
  changes: readonly TaskChange[],
  maxRuns: number,
  heard: 'before-snapshot' | 'after-snapshot' = 'after-snapshot',
): TaskList {
  const [records, runs] = [new Map(known.records), new Map(known.runs)];
  const isOld = (change: TaskChange): boolean => {
    if (heard === 'after-snapshot' || change.type === 'removed') return false;
    if (change.type === 'changed') {
      const before = records.get(change.record.taskId);
      return before !== undefined && isOlderTask(change.record, before);
    }
    const before = runs.get(change.run.id);
    return before !== undefined && isOlderRun(change.run, before);
  };
  for (const change of changes) {
    if (isOld(change)) continue;
    if (change.type === 'removed') records.delete(change.taskId);
    else if (change.type === 'changed') records.set(change.record.taskId, change.record);
    else runs.set(change.run.id, change.run);
  }
  return listOf(records, newest(runs, maxRuns), known);
}

const byAge = (a: RunRecord, b: RunRecord): number => b.queuedAt - a.queuedAt || (a.id < b.id ? 1 : -1);

/** What is not over stays, however old. */
function newest(runs: ReadonlyMap<string, RunRecord>, most: number): ReadonlyMap<string, RunRecord> {
  if (runs.size <= most) return runs;
  const [over, underWay] = [[...runs.values()].filter(isOver), [...runs.values()].filter(run => !isOver(run))];
  const kept = [...underWay, ...over.sort(byAge).slice(0, Math.max(0, most - underWay.length))];
  return new Map(kept.map(run => [run.id, run]));
}

const isOver = ({ status }: RunRecord): boolean => isRunOver(status);

/** Entries that nothing has happened to stay the same objects, so that their rows are not drawn again. */
function listOf(
  records: ReadonlyMap<string, TaskRecord>,
  runs: ReadonlyMap<string, RunRecord>,
  before: TaskList | null,
): TaskList {
  const byTask = new Map<string, RunRecord[]>([...records.keys()].map(taskId => [taskId, []]));
  for (const run of runs.values()) {
    const ofTask = byTask.get(run.taskId);
    if (ofTask === undefined) byTask.set(run.taskId, [run]);
    else ofTask.push(run);
  }
  const entries = new Map<string, TaskEntry>();
  for (const [id, ofTask] of byTask) {
    const entry = entryOf(id, records.get(id) ?? null, ofTask.sort(byAge));
    const was = before?.entries.get(id);
    entries.set(id, was !== undefined && isSame(was, entry) ? was : entry);
  }
  return { records, runs, entries };
}

function entryOf(id: string, record: TaskRecord | null, runs: readonly RunRecord[]): TaskEntry {
  const { app, name } = record ?? runs[0]!;
  const sockets = new Set(runs.map(run => run.trigger.socketId));
  const searchText = plain([name, app, record?.entryPoint ?? '', id, ...sockets].join(' ')).toLowerCase();
  return { id, app, name, record, runs, searchText };
}

const isSame = (a: TaskEntry, b: TaskEntry): boolean =>
  a.record === b.record && a.runs.length === b.runs.length && a.runs.every((run, index) => run === b.runs[index]);
