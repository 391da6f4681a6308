// ACTS. What --wait shows on stderr: bars on a terminal, plain lines now and then elsewhere.
import type { TransferRecord } from '@longhaul/agent-protocol';
import { createLogUpdate } from 'log-update';
import { barLine, plainLine } from './bar.ts';

export const progressModes = ['auto', 'bar', 'plain', 'none'] as const;
export type ProgressMode = (typeof progressModes)[number];

/** How often bars are painted. Milliseconds. */
const paintMs = 100;
/** How often a plain line is written while the status stays the same. Milliseconds. */
const plainMs = 5_000;

export interface ProgressDisplay extends Disposable {
  show(record: TransferRecord): void;
}

export function progressDisplay(mode: ProgressMode, stderr: NodeJS.WriteStream): ProgressDisplay {
  // A terminal that does not know its size (some containers) has no room for a bar.
  const hasRoom = stderr.isTTY && stderr.columns > 0 && stderr.rows > 0;
  const chosen = mode === 'auto' ? (hasRoom ? 'bar' : 'plain') : mode;
  if (chosen === 'bar') return new Bars(stderr);
  return chosen === 'plain' ? new PlainLines(stderr) : silent;
}

const silent: ProgressDisplay = { show: () => {}, [Symbol.dispose]: () => {} };

class Bars implements ProgressDisplay {
  readonly #stderr: NodeJS.WriteStream;
  readonly #log: ReturnType<typeof createLogUpdate>;
  readonly #records = new Map<string, TransferRecord>();
  #timer: NodeJS.Timeout | undefined;

  constructor(stderr: NodeJS.WriteStream) {
    this.#stderr = stderr;
    this.#log = createLogUpdate(stderr);
  }

  show(record: TransferRecord): void {
    this.#records.set(record.id, record);
    this.#timer ??= setTimeout(() => this.#paint(), paintMs);
  }

  /** As many lines as the terminal has; those that run come first. */
  #paint(): void {
    this.#timer = undefined;
    const columns = this.#stderr.columns || 80;
    const rows = this.#stderr.rows || 24;
    const all = [...this.#records.values()];
    const most = Math.max(1, rows - 2);
    const shown =
      all.length <= most
        ? all
        : all
            .filter(isRunning)
            .concat(all.filter(r => !isRunning(r)))
            .slice(0, most);
    const lines = shown.map(record => barLine(record, columns - 1));
    if (all.length > shown.length) lines.push(`… ${all.length - shown.length} more`);
    this.#log(lines.join('\n'));
  }

  /** The last state stays on the screen. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    if (this.#records.size === 0) return;
    this.#paint();
    this.#log.done();
    this.#records.clear();
  }
}

const isRunning = (record: TransferRecord): boolean => record.status === 'running';

class PlainLines implements ProgressDisplay {
  readonly #stderr: NodeJS.WriteStream;
  readonly #last = new Map<string, { readonly status: string; readonly at: number }>();

  constructor(stderr: NodeJS.WriteStream) {
    this.#stderr = stderr;
  }

  show(record: TransferRecord): void {
    const last = this.#last.get(record.id);
    const at = performance.now();
    if (last?.status === record.status && at - last.at < plainMs) return;
    this.#last.set(record.id, { status: record.status, at });
    this.#stderr.write(`${plainLine(record)}\n`);
  }

  [Symbol.dispose](): void {}
}
