// What a host prints, taken no faster than the agent has time for: a host that prints more waits in its own `write`.
import type { Readable } from 'node:stream';
import { LogFrames } from './log-frames.ts';

export interface PrintsListener {
  /** Without a run: of something that the host has started, or of the host itself. */
  printed(run: string | undefined, bytes: Buffer): void;
  /** So long it has waited in its own `write`, about. Milliseconds. */
  heldUp(ms: number): void;
}

const windowMs = 100;
/** So much in one piece says that the pipe was full: who wrote to it had to wait. */
const fullPipeBytes = 32_768;

export class Prints {
  readonly #streams: readonly Readable[];
  readonly #maxPerWindow: number;
  #taken = 0;
  #window: NodeJS.Timeout | undefined;
  /** How long nothing was taken, until it is known whether that held somebody up. */
  #rested = 0;
  readonly #listener: PrintsListener;
  /** Resolves when all has been taken. */
  readonly ended: Promise<void>;

  /** `framed`: what the SDK's host says of its runs; `plain`: stdout and stderr themselves. */
  constructor(
    { framed, plain }: { framed: Readable; plain: readonly Readable[] },
    maxBytesPerSecond: number,
    listener: PrintsListener,
  ) {
    this.#streams = [framed, ...plain];
    this.#listener = listener;
    this.#maxPerWindow = (maxBytesPerSecond * windowMs) / 1_000;
    const frames = new LogFrames();
    framed.on('data', (chunk: Buffer) => {
      for (const { run, bytes } of frames.add(chunk)) listener.printed(run, bytes);
      this.#count(chunk.length);
    });
    for (const stream of plain) {
      stream.on('data', (chunk: Buffer) => {
        listener.printed(undefined, chunk);
        this.#count(chunk.length);
      });
    }
    for (const stream of this.#streams) stream.on('error', () => stream.destroy());
    this.ended = Promise.all(
      this.#streams.map(stream => new Promise<void>(resolve => void stream.once('close', resolve))),
    ).then(() => undefined);
  }

  #count(bytes: number): void {
    if (this.#rested > 0 && bytes >= fullPipeBytes) this.#listener.heldUp(this.#rested);
    this.#rested = 0;
    this.#taken += bytes;
    if (this.#taken < this.#maxPerWindow || this.#window !== undefined) return;
    for (const stream of this.#streams) stream.pause();
    // As long as it takes until this much was allowed.
    const restMs = (windowMs * this.#taken) / this.#maxPerWindow;
    this.#window = setTimeout(() => this.#goOn(restMs), restMs);
  }

  #goOn(restedMs: number): void {
    this.#window = undefined;
    this.#rested = restedMs;
    this.#taken = 0;
    for (const stream of this.#streams) stream.resume();
  }

  /** Nobody prints any more: what is still in the pipes is taken at once. */
  drain(): void {
    clearTimeout(this.#window);
    this.#window = undefined;
    this.#taken = Number.NEGATIVE_INFINITY;
    for (const stream of this.#streams) stream.resume();
  }

  close(): void {
    clearTimeout(this.#window);
    for (const stream of this.#streams) stream.destroy();
  }
}
