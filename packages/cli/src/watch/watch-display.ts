// ACTS. The three ways in which `longhaul watch` shows transfers on stdout: a picture on a terminal, lines of text
// elsewhere, lines of JSON for programs.
import type { TransferRecord } from '@longhaul/agent-protocol';
import { plainLine } from '../output/bar.ts';
import type { Output } from '../output/output.ts';
import { safeText } from '../output/safe-text.ts';
import { words } from '../words.ts';
import { Picture } from './picture.ts';
import { watchFrame } from './watch-frame.ts';
import type { WatchedTransfers } from './watched-transfers.ts';

export interface WatchDisplay extends Disposable {
  changed(record: TransferRecord): void;
  removed(id: string): void;
  /** Everything that is there has been shown; after `lost`: the agent is back. */
  caughtUp(): void;
  lost(): void;
}

/** How often a line is written of one that runs. Milliseconds. */
const plainMs = 5_000;

export function watchDisplay(output: Output, watched: WatchedTransfers): WatchDisplay {
  const { stdout } = output;
  if (output.options.json) return new RecordLines(stdout);
  if (!Picture.isPossible(output)) return new TextLines(output, watched);
  const paint = output.paint.bind(output);
  return new TransferPicture(output, window => watchFrame(watched.records, window, paint));
}

class TransferPicture extends Picture implements WatchDisplay {
  removed(): void {
    this.changed();
  }
}

/** For logs and people without a terminal. */
class TextLines implements WatchDisplay {
  readonly #output: Output;
  readonly #watched: WatchedTransfers;
  readonly #last = new Map<string, { readonly status: string; readonly file: string; readonly at: number }>();
  #isAway = false;

  constructor(output: Output, watched: WatchedTransfers) {
    this.#output = output;
    this.#watched = watched;
  }

  changed(record: TransferRecord): void {
    const last = this.#last.get(record.id);
    const at = performance.now();
    if (last?.status === record.status && (record.status !== 'running' || at - last.at < plainMs)) return;
    this.#last.set(record.id, { status: record.status, file: record.file, at });
    this.#output.stdout.write(`${plainLine(record)}\n`);
  }

  removed(id: string): void {
    const last = this.#last.get(id);
    if (last) this.#output.stdout.write(`${safeText(last.file)}: ${words.watch.removed}\n`);
    this.#last.delete(id);
  }

  caughtUp(): void {
    if (this.#isAway) this.#output.notice(words.watch.found);
    else if (this.#watched.records.length === 0) this.#output.notice(words.notices.noTransfers);
    this.#isAway = false;
  }

  lost(): void {
    this.#isAway = true;
    this.#output.notice(words.watch.lost);
  }

  [Symbol.dispose](): void {}
}

/** A record a line. A slow reader gets the latest of each transfer, not every one: nothing piles up here. */
class RecordLines implements WatchDisplay {
  readonly #stdout: NodeJS.WriteStream;
  readonly #waiting = new Map<string, object>();

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout;
    stdout.on('drain', this.#flush);
  }

  changed(record: TransferRecord): void {
    this.#write(record.id, record);
  }

  removed(id: string): void {
    this.#write(id, { id, removed: true });
  }

  caughtUp(): void {}

  lost(): void {}

  #write(id: string, line: object): void {
    this.#waiting.set(id, line);
    if (!this.#stdout.writableNeedDrain) this.#flush();
  }

  #flush = (): void => {
    for (const [id, line] of this.#waiting) {
      this.#waiting.delete(id);
      if (!this.#stdout.write(`${JSON.stringify(line)}\n`)) return;
    }
  };

  /** What still waits is the last word on its transfers. */
  [Symbol.dispose](): void {
    this.#stdout.off('drain', this.#flush);
    for (const line of this.#waiting.values()) this.#stdout.write(`${JSON.stringify(line)}\n`);
    this.#waiting.clear();
  }
}
