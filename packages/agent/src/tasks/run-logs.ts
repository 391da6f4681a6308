// What the runs that are not over have printed, from one attempt to the next. In memory, and noted in the store each second
// while there is more: what a run had printed outlives its agent. A run that is over before then costs nothing here.
import { RunLog } from './run-log.ts';
import type { RunRow } from './runs-table.ts';

export interface RunLogsOptions {
  /** Of one run. Bytes. */
  readonly maxBytes: number;
  /** How long what was printed may be in memory alone. Milliseconds. */
  readonly noteAfterMs: number;
  /** What an earlier agent has noted. */
  readonly noted: (id: string) => string;
  /** Notes them, by run. May throw; then it is tried again. */
  readonly note: (logs: readonly (readonly [id: string, log: string])[]) => void;
  readonly failed: (error: unknown) => void;
}

export class RunLogs implements Disposable {
  readonly #options: RunLogsOptions;
  readonly #logs = new Map<string, RunLog>();
  /** Those that have more than is noted. */
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunLogsOptions) {
    this.#options = options;
  }

  /** An attempt begins. What is there of those before stays, and why there is one more. */
  begin({ id, attempt, state }: RunRow): void {
    const log = this.#logs.get(id) ?? new RunLog(this.#options.maxBytes);
    if (!this.#logs.has(id) && attempt > 1) log.add(Buffer.from(this.#options.noted(id)));
    this.#logs.set(id, log);
    if (attempt === 1 || !('why' in state) || state.why === null) return;
    log.note(`started again: ${state.why.message}`);
    this.#hasMore(id);
  }

  printed(id: string, bytes: Buffer): void {
    const log = this.#logs.get(id);
    if (log === undefined) return;
    log.add(bytes);
    this.#hasMore(id);
  }

  /** `undefined` for a run that has not begun under this agent, or is over. */
  textOf(id: string): string | undefined {
    return this.#logs.get(id)?.text;
  }

  /** It is over, and what it has printed is recorded with its end. */
  forget(id: string): void {
    this.#logs.delete(id);
    this.#changed.delete(id);
  }

  #hasMore(id: string): void {
    this.#changed.add(id);
    this.#timer ??= setTimeout(() => this.#note(), this.#options.noteAfterMs);
  }

  #note(): void {
    this.#timer = undefined;
    if (this.#changed.size === 0) return;
    try {
      this.#options.note([...this.#changed].map(id => [id, this.textOf(id) ?? '']));
      this.#changed.clear();
    } catch (error) {
      this.#options.failed(error);
      this.#timer = setTimeout(() => this.#note(), this.#options.noteAfterMs);
    }
  }

  /** What is not noted yet is: the next agent goes on with it. */
  [Symbol.dispose](): void {
    this.#note();
    clearTimeout(this.#timer);
  }
}
