// The journal of the story's programs, read while they write it: what each socket's stream was used for, in the order in which
// it happened. A byte that is missing, or comes twice, is a trouble.
import { closeSync, openSync, readSync } from 'node:fs';
import { journalPath } from './take-turn.ts';

export class Journal implements Disposable {
  readonly #file: number;
  readonly #buffer = Buffer.alloc(1 << 16);
  #line = '';
  #used: number[] = [];
  #wakes = 0;
  #emptyWakes = 0;
  #handOvers = 0;
  #bytes = 0;
  readonly troubles: string[] = [];

  constructor(folder: string) {
    this.#file = openSync(journalPath(folder), 'a+', 0o600);
  }

  /** Takes in what was written since. */
  read(): this {
    for (;;) {
      const length = readSync(this.#file, this.#buffer);
      if (length === 0) return this;
      const lines = (this.#line + this.#buffer.toString('latin1', 0, length)).split('\n');
      this.#line = lines.pop()!;
      for (const line of lines) this.#take(line);
    }
  }

  /** Bytes used, by socket. */
  get used(): readonly number[] {
    return this.#used;
  }

  /** Turns of tasks with bytes. */
  get wakes(): number {
    return this.#wakes;
  }

  /** Turns of tasks without. */
  get emptyWakes(): number {
    return this.#emptyWakes;
  }

  /** Turns of the app itself. */
  get handOvers(): number {
    return this.#handOvers;
  }

  get bytes(): number {
    return this.#bytes;
  }

  #take(line: string): void {
    const [number = '', offset = '', used = '', who = ''] = line.split(' ');
    const [socket, from, length] = [Number(number), Number(offset), Number(used)];
    const before = this.#used[socket] ?? 0;
    if (from !== before && this.troubles.length < 20) {
      this.troubles.push(`socket ${socket}: bytes from ${from} on were used by ${who} after the first ${before}`);
    }
    this.#used[socket] = from + length;
    this.#bytes += length;
    if (who === 'app') this.#handOvers += 1;
    else if (who !== 'rest') length > 0 ? this.#wakes++ : this.#emptyWakes++;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
