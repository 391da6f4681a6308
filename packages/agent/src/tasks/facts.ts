// What happened to registrations and runs, on its way out: after the turn in which it happened, and at the pace of those who watch.
import type { RunRecord, TaskRecord } from '@longhaul/agent-protocol';
import type { Pace } from '../pace/fact-pace.ts';
import { LateFeed } from '../pace/late-feed.ts';

/** A fact in the past tense. At most 10 a second for one task or run that is not over; the last state is never left out. */
export type TaskFact =
  | { readonly type: 'task-changed'; readonly record: TaskRecord }
  | { readonly type: 'task-removed'; readonly taskId: string; readonly app: string }
  | { readonly type: 'run-changed'; readonly record: RunRecord };

export interface TaskFactsOptions {
  readonly pace: Pace;
  readonly publish: (fact: TaskFact) => void;
  readonly task: (id: string) => TaskRecord | undefined;
  readonly run: (id: string) => RunRecord | undefined;
}

export class TaskFacts implements Disposable {
  readonly #tasks: LateFeed;
  readonly #runs: LateFeed;
  readonly #publish: (fact: TaskFact) => void;

  constructor({ pace, publish, task, run }: TaskFactsOptions) {
    this.#publish = publish;
    this.#tasks = new LateFeed(pace, id => {
      const record = task(id);
      if (record !== undefined) publish({ type: 'task-changed', record });
    });
    this.#runs = new LateFeed(pace, id => {
      const record = run(id);
      if (record !== undefined) publish({ type: 'run-changed', record });
    });
  }

  /** Before its registration is answered: whoever has the answer and watches has heard of it. */
  taskRegistered(record: TaskRecord): void {
    this.#publish({ type: 'task-changed', record });
  }

  taskChanged(id: string): void {
    this.#tasks.changed(id);
  }

  runChanged(id: string, isOver: boolean): void {
    if (isOver) this.#runs.ended(id);
    else this.#runs.changed(id);
  }

  taskRemoved(taskId: string, app: string): void {
    this.#tasks.forget(taskId);
    this.#publish({ type: 'task-removed', taskId, app });
  }

  /** Tells what is still due. */
  [Symbol.dispose](): void {
    this.#tasks[Symbol.dispose]();
    this.#runs[Symbol.dispose]();
  }
}
