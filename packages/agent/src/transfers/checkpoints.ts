// While bytes flow: measures their rate, tells progress, and makes offsets durable — the data first, then the offset that
// names it, so that a committed offset never lies about the disk.
import type { FileHandle } from 'node:fs/promises';
import { step } from '../steps.ts';
import type { TransferLimits } from './options.ts';
import { RateMeter } from './progress.ts';
import type { FileSink } from './sink.ts';

export interface CheckpointOptions {
  readonly sink: FileSink;
  readonly file: FileHandle;
  readonly limits: TransferLimits;
  /** False where the bytes could not be continued anyway. */
  readonly isWorthwhile: boolean;
  /** Makes `offset` durable in the store; its bytes already are. */
  readonly commit: (offset: number) => Promise<unknown>;
  readonly progress: (bytesPerSecond: number) => void;
  /** A checkpoint failed: the body is to be given up; `close` rejects with the reason. */
  readonly fail: () => void;
}

export class Checkpoints implements Disposable {
  readonly #options: CheckpointOptions;
  readonly #rate: RateMeter;
  readonly #timer: NodeJS.Timeout;
  #measured: number;
  #told = 0;
  #committed: number;
  #committedAt: number;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    const now = performance.now();
    this.#rate = new RateMeter(now);
    this.#measured = this.#committed = options.sink.receivedOffset;
    this.#committedAt = now;
    this.#timer = setInterval(() => this.#tick(), options.limits.factIntervalMs);
  }

  #tick(): void {
    const { sink, limits, isWorthwhile, progress } = this.#options;
    const now = performance.now();
    const offset = sink.receivedOffset;
    this.#rate.add(offset - this.#measured);
    const rate = Math.round(this.#rate.sample(now));
    // A stalled transfer's rate still falls: that is news until it is 0.
    if (offset !== this.#measured || rate !== this.#told) progress(rate);
    this.#measured = offset;
    this.#told = rate;
    const fresh = offset - this.#committed;
    const isDue = fresh >= limits.checkpointBytes || (fresh > 0 && now - this.#committedAt >= limits.checkpointMs);
    if (isWorthwhile && isDue) this.#running ??= this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    const { sink, fail } = this.#options;
    try {
      await this.#makeDurable(await sink.flush());
    } catch (error) {
      this.#failure ??= { error };
      fail();
    } finally {
      this.#running = undefined;
    }
  }

  async #makeDurable(offset: number): Promise<void> {
    await step('checkpoint.datasync', () => this.#options.file.datasync());
    await this.#options.commit(offset);
    this.#committed = offset;
    this.#committedAt = performance.now();
  }

  /**
   * The body ended. Writes what is left and, when `isCut` (more is to come some day) or the disk failed, makes durable what
   * is in one piece. Resolves with the offset written. Rejects with what the file or the store failed with.
   */
  async close(isCut: boolean): Promise<number> {
    const { sink, isWorthwhile } = this.#options;
    clearInterval(this.#timer);
    await this.#running;
    try {
      await sink.flush();
    } catch (error) {
      this.#failure ??= { error };
    }
    const offset = sink.writtenOffset;
    const isSaved = offset <= this.#committed || !isWorthwhile;
    try {
      if (!isSaved && (isCut || this.#failure !== undefined)) await this.#makeDurable(offset);
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return offset;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
