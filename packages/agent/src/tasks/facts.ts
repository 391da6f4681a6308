// What happened to registrations and runs, on its way out: after the turn in which it happened, so that a wake never waits for
// those who watch, and at their pace.
import type { RunRecord, TaskRecord } from '@longhaul/agent-protocol';
import { FactFeed } from '../pace/fact-feed.ts';
import type { Pace } from '../pace/fact-pace.ts';

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
  readonly #tasks: FactFeed;
  readonly #runs: FactFeed;
  readonly #publish: (fact: TaskFact) => void;
  readonly #touched = new Map<string, 'task' | 'run' | 'run-ended'>();
  #planned: NodeJS.Immediate | undefined;

  constructor({ pace, publish, task, run }: TaskFactsOptions) {
    this.#publish = publish;
    this.#tasks = new FactFeed(pace, id => {
      const record = task(id);
      if (record !== undefined) publish({ type: 'task-changed', record });
    });
    this.#runs = new FactFeed(pace, id => {
      const record = run(id);
      if (record !== undefined) publish({ type: 'run-changed', record });
    });
  }

  /** Before its registration is answered: whoever has the answer and watches has heard of it. */
  taskRegistered(record: TaskRecord): void {
    this.#publish({ type: 'task-changed', record });
  }

  taskChanged(id: string): void {
    this.#touch(id, 'task');
  }

  runChanged(id: string, isOver: boolean): void {
    this.#touch(id, isOver ? 'run-ended' : 'run');
  }

  taskRemoved(taskId: string, app: string): void {
    this.#touched.delete(taskId);
    this.#tasks.forget(taskId);
    this.#publish({ type: 'task-removed', taskId, app });
  }

  #touch(id: string, what: 'task' | 'run' | 'run-ended'): void {
    this.#touched.set(id, what);
    this.#planned ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#planned = undefined;
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const [id, what] of touched) {
      if (what === 'task') this.#tasks.changed(id);
      else if (what === 'run') this.#runs.changed(id);
      else this.#runs.ended(id);
    }
  }

  /** Tells what is still due. */
  [Symbol.dispose](): void {
    clearImmediate(this.#planned);
    this.#flush();
    this.#tasks[Symbol.dispose]();
    this.#runs[Symbol.dispose]();
  }
}
