// ACTS. A picture on a terminal: lines that are repainted where they differ, in one synchronized write.
import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import type { Output } from '../output/output.ts';
import { words } from '../words.ts';
import type { WatchWindow } from './watch-window.ts';

/** Shortest time between two pictures. Milliseconds. */
const paintMs = 100;

export class Picture implements Disposable {
  readonly #output: Output;
  readonly #draw: (window: WatchWindow) => readonly string[];
  #log: ReturnType<typeof createLogUpdate>;
  #timer: NodeJS.Timeout | undefined;
  readonly #clock: NodeJS.Timeout | undefined;
  #painted: readonly string[] = [];
  #isAway = false;
  #isDone = false;

  /** `draw` gives lines, none wider and all together not higher than the window. `everyMs`: for one that shows ages. */
  constructor(output: Output, draw: (window: WatchWindow) => readonly string[], everyMs?: number) {
    this.#output = output;
    this.#draw = draw;
    this.#log = createLogUpdate(output.stdout);
    output.stdout.on('resize', this.#resized);
    if (everyMs !== undefined) this.#clock = setInterval(() => this.#paintSoon(), everyMs);
  }

  /** A terminal that does not know its size (some containers) has no room for a picture. */
  static isPossible({ stdout }: Output): boolean {
    return stdout.isTTY && stdout.columns > 0 && stdout.rows > 0;
  }

  changed(): void {
    this.#paintSoon();
  }

  /** The agent is away: what is painted is how it was. */
  lost(): void {
    this.#isAway = true;
    this.#paintSoon();
  }

  caughtUp(): void {
    this.#isAway = false;
    this.#paintSoon();
  }

  /** What comes while a picture is due is in it. */
  #paintSoon(): void {
    this.#timer ??= setTimeout(() => this.#paint(), paintMs);
  }

  #paint(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { columns, rows } = this.#output.stdout;
    this.#painted = this.#draw({ columns, rows, notice: this.#isAway ? words.watch.away : undefined });
    this.#log(this.#painted.join('\n'));
  }

  /** A narrower terminal has broken the lines anew, which log-update cannot know: take away what they have become. */
  #resized = (): void => {
    const { stdout } = this.#output;
    const height = this.#painted.reduce((sum, line) => sum + Math.ceil(stringWidth(line) / stdout.columns || 1), 0);
    if (height > 0) stdout.write(`\u001b[${height}A\r\u001b[J`);
    this.#log = createLogUpdate(stdout);
    this.#paint();
  };

  /** The last picture stays on the screen. */
  [Symbol.dispose](): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearInterval(this.#clock);
    this.#output.stdout.off('resize', this.#resized);
    this.#paint();
    this.#log.done();
  }
}
