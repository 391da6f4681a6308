// What a run has printed, within a bound: the beginning and the end are kept, and how much was left out between them.

const nothing = Buffer.alloc(0);

export class RunLog {
  readonly #half: number;
  #head: Buffer = nothing;
  #tail: Buffer = nothing;
  #leftOut = 0;

  constructor(maxBytes: number) {
    this.#half = Math.floor(maxBytes / 2);
  }

  add(bytes: Buffer): void {
    const room = this.#half - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, bytes.subarray(0, room)]);
    if (bytes.length <= room) return;
    const rest = room > 0 ? bytes.subarray(room) : bytes;
    const both = Buffer.concat([this.#tail, rest]);
    const tooMany = Math.max(0, both.length - this.#half);
    this.#leftOut += tooMany;
    // A copy, so that what was left out is really gone.
    this.#tail = tooMany > 0 ? Buffer.from(both.subarray(tooMany)) : both;
  }

  /** A line of ours between what was printed. */
  note(line: string): void {
    this.add(Buffer.from(`${this.text === '' || this.text.endsWith('\n') ? '' : '\n'}[longhaul] ${line}\n`));
  }

  get text(): string {
    const gap = this.#leftOut > 0 ? `\n[longhaul] ${this.#leftOut} bytes are left out here\n` : '';
    return `${this.#head.toString()}${gap}${this.#tail.toString()}`;
  }
}
