// The last bytes of what went through one direction of a connection, in a buffer that slides: the dictionary that makes a
// stateless zlib call continue where the last message ended (decision 105). No zlib memory is held between messages.

/** Room beyond the limit, so that it need not slide with every message. */
const slack = 1.25;

export class History {
  readonly #limit: number;
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** At most the limit; undefined when there is nothing yet. A view that the next `append` may change. */
  get last(): Buffer | undefined {
    return this.#end === 0 ? undefined : this.#buffer.subarray(Math.max(0, this.#end - this.#limit), this.#end);
  }

  append(bytes: Uint8Array): void {
    const added = bytes.length > this.#limit ? bytes.subarray(bytes.length - this.#limit) : bytes;
    if (this.#end + added.length > this.#buffer.length) this.#makeRoom(added.length);
    this.#buffer.set(added, this.#end);
    this.#end += added.length;
  }

  clear(): void {
    this.#buffer = Buffer.alloc(0);
    this.#end = 0;
  }

  #makeRoom(bytes: number): void {
    const kept = this.#buffer.subarray(Math.max(0, this.#end + bytes - this.#limit), this.#end);
    const largest = Math.ceil(this.#limit * slack);
    if (this.#buffer.length < largest) {
      const grown = Buffer.allocUnsafeSlow(Math.min(largest, Math.max(kept.length + bytes, this.#buffer.length * 2)));
      grown.set(kept);
      this.#buffer = grown;
    } else this.#buffer.set(kept);
    this.#end = kept.length;
  }
}
