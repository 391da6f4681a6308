// PURE. Tasks and their runs as `longhaul tasks watch` shows them: the tasks above, below them runs, those under way first,
// then the newest.
import { isRunOver } from '@longhaul/agent-protocol';
import type { RunRecord, TaskChange, TaskRecord } from '@longhaul/client';
import { safeText } from '../output/safe-text.ts';
import { shorten } from '../output/table.ts';
import { runsText, startedByText, tasksText } from '../output/task-text.ts';
import { words } from '../words.ts';
import { countsOf, fitted, footOf, framed, type Paint, roomFor, type WatchWindow, widthOf } from './watch-window.ts';
import type { Watched } from './watched.ts';

/** Runs that are over and remembered: no window shows more. */
const maxOver = 500;
const shortIdLength = 8;

export class WatchedTasks implements Watched<TaskChange> {
  readonly #app: string | undefined;
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #runs = new Map<string, RunRecord>();
  /** Ids of runs that are over, oldest end first. */
  readonly #over = new Set<string>();
  /** Ids of tasks of other apps. */
  readonly #others = new Set<string>();
  #isCaughtUp = false;

  /** `app`: only its own. */
  constructor(app?: string) {
    this.#app = app;
  }

  /** That a task is no more is told by its id alone. */
  isOther(change: TaskChange): boolean {
    if (this.#app === undefined) return false;
    if (change.type === 'run') return change.run.app !== this.#app;
    if (change.type === 'removed') return this.#others.delete(change.taskId);
    if (change.record.app === this.#app) return false;
    this.#others.add(change.record.taskId);
    return true;
  }

  changed(change: TaskChange): readonly string[] {
    if (change.type === 'run') return this.#runChanged(change.run);
    if (change.type === 'removed') {
      const task = this.#tasks.get(change.taskId);
      this.#tasks.delete(change.taskId);
      return [`${task === undefined ? change.taskId : subjectOf(task)}: ${words.tasks.unregistered}`];
    }
    const { record } = change;
    const isNew = !this.#tasks.has(record.taskId);
    this.#tasks.set(record.taskId, record);
    return isNew ? [`${subjectOf(record)}: ${words.tasks.registered}`] : [];
  }

  /** What was over before the watching began is no news. */
  #runChanged(run: RunRecord): string[] {
    const before = this.#runs.get(run.id);
    this.#runs.set(run.id, run);
    const isOver = isRunOver(run.status);
    if (isOver) this.#rememberAsOver(run.id);
    const hasChanged = before?.status !== run.status || before.attempt !== run.attempt;
    return hasChanged && (this.#isCaughtUp || !isOver) ? [runLine(run)] : [];
  }

  #rememberAsOver(id: string): void {
    this.#over.add(id);
    if (this.#over.size <= maxOver) return;
    const [oldest] = this.#over;
    this.#over.delete(oldest!);
    this.#runs.delete(oldest!);
  }

  json(change: TaskChange): object {
    if (change.type === 'run') return change.run;
    return change.type === 'removed' ? { taskId: change.taskId, removed: true } : change.record;
  }

  caughtUp(): string | undefined {
    this.#isCaughtUp = true;
    return this.#tasks.size === 0 ? words.notices.noTasks : undefined;
  }

  frame(window: WatchWindow, now: number, paint: Paint): readonly string[] {
    const width = widthOf(window);
    const tasks = [...this.#tasks.values()];
    const runs = [...this.#runs.values()].sort(inOrder);
    const foot = footOf(window, this.#totals(runs), paint);
    const room = roomFor(window, foot);
    // A head each, and a line between them.
    const ofTasks = fitted(tasks, runs.length === 0 ? room - 1 : Math.floor((room - 3) / 3));
    const taskLines = ofTasks.shown.length === 0 ? [] : [...tasksText(ofTasks.shown, now, width), ...ofTasks.more];
    const gap = taskLines.length === 0 ? [] : [''];
    const ofRuns = fitted(runs, room - taskLines.length - gap.length - 1, linesOf);
    const runLines = ofRuns.shown.length === 0 ? [] : [...gap, ...runsText(ofRuns.shown, now, width), ...ofRuns.more];
    return framed(
      window,
      [...taskLines, ...runLines].map(line => shorten(line, width)),
      foot,
    );
  }

  #totals(runs: readonly RunRecord[]): string {
    if (this.#tasks.size === 0 && runs.length === 0) return words.notices.noTasks;
    if (runs.length === 0) return words.notices.noRuns;
    return countsOf(runs.map(({ status }) => words.tasks.statuses[status]));
  }
}

const subjectOf = ({ app, name }: { readonly app: string; readonly name: string }): string =>
  `${app} ${safeText(name)}`;

function runLine(run: RunRecord): string {
  const { id, status, attempt, error } = run;
  const facts = [words.tasks.statuses[status], startedByText(run)];
  if (attempt > 1) facts.push(words.tasks.tried(attempt));
  const why = error === null ? '' : `: ${safeText(error.message.split('\n', 1)[0] ?? '')}`;
  return `${subjectOf(run)} ${id.slice(0, shortIdLength)}: ${facts.join(', ')}${why}`;
}

const linesOf = ({ status, error }: RunRecord): number => (status === 'failed' && error !== null ? 2 : 1);

const inOrder = (a: RunRecord, b: RunRecord): number =>
  Number(isRunOver(a.status)) - Number(isRunOver(b.status)) || b.queuedAt - a.queuedAt;
