// What a client has POSTed and its hub has not read yet (§4.4): one byte stream, whatever requests it came in. Who puts in
// waits while too much waits inside (§3), until half of it is gone. Touches no socket.
import type { Chunk } from './transport.ts';

export class ByteInbox {
  /** Bytes that may wait. */
  limitBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isEnded = false;
  #reader: PromiseWithResolvers<Chunk | undefined> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** A promise when the next chunk should wait. What is pushed after the end is dropped. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#isEnded || chunk.length === 0) return undefined;
    if (this.#reader !== undefined) {
      this.#reader.resolve({ data: chunk });
      this.#reader = undefined;
      return undefined;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= this.limitBytes) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  tryReceive(): Chunk | undefined {
    const data = this.#chunks.shift();
    if (data === undefined) return undefined;
    this.#bytes -= data.length;
    this.#makeRoom();
    return { data };
  }

  /** The next chunk; `undefined` after the end. */
  receive(): Promise<Chunk | undefined> {
    const chunk = this.tryReceive();
    if (chunk !== undefined || this.#isEnded) return Promise.resolve(chunk);
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  /** A transport is there to read: more may wait than before it was. */
  widen(limitBytes: number): void {
    this.limitBytes = limitBytes;
    this.#makeRoom();
  }

  /** Nothing comes any more. What waits can still be read. */
  end(): void {
    this.#isEnded = true;
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #makeRoom(): void {
    if (this.#room === undefined || this.#bytes > this.limitBytes / 2) return;
    this.#room.resolve();
    this.#room = undefined;
  }
}
