// While bytes flow: measures their rate, tells progress, and makes them durable — the data first, then the ranges that name
// it, so that a committed range never lies about the disk.
import type { FileHandle } from 'node:fs/promises';
import { step } from '../steps.ts';
import { type ByteRange, bytesIn } from './byte-ranges.ts';
import type { TransferLimits } from './options.ts';
import { RateMeter } from './progress.ts';

/** Bytes on their way into a file. */
export interface FlowingBytes {
  readonly receivedBytes: number;
  /** Handed to the operating system without an error. */
  readonly written: readonly ByteRange[];
  /** Resolves with what is written then: at least everything received by now. Rejects with the first failed write. */
  flush(): Promise<readonly ByteRange[]>;
}

export interface CheckpointOptions {
  readonly bytes: FlowingBytes;
  readonly file: FileHandle;
  readonly limits: TransferLimits;
  /** False where the bytes could not be continued anyway. */
  readonly isWorthwhile: boolean;
  /** Makes `ranges` durable in the store; their bytes already are. */
  readonly commit: (ranges: readonly ByteRange[]) => Promise<unknown>;
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
    this.#measured = this.#committed = options.bytes.receivedBytes;
    this.#committedAt = now;
    this.#timer = setInterval(() => this.#tick(), options.limits.factIntervalMs);
  }

  #tick(): void {
    const { bytes, limits, isWorthwhile, progress } = this.#options;
    const now = performance.now();
    const { receivedBytes } = bytes;
    this.#rate.add(receivedBytes - this.#measured);
    const rate = Math.round(this.#rate.sample(now));
    // A stalled transfer's rate still falls: that is news until it is 0.
    if (receivedBytes !== this.#measured || rate !== this.#told) progress(rate);
    this.#measured = receivedBytes;
    this.#told = rate;
    const fresh = receivedBytes - this.#committed;
    const isDue = fresh >= limits.checkpointBytes || (fresh > 0 && now - this.#committedAt >= limits.checkpointMs);
    if (isWorthwhile && isDue) this.#running ??= this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    const { bytes, fail } = this.#options;
    try {
      await this.#makeDurable(await bytes.flush());
    } catch (error) {
      this.#failure ??= { error };
      fail();
    } finally {
      this.#running = undefined;
    }
  }

  async #makeDurable(ranges: readonly ByteRange[]): Promise<void> {
    await step('checkpoint.datasync', () => this.#options.file.datasync());
    await this.#options.commit(ranges);
    this.#committed = bytesIn(ranges);
    this.#committedAt = performance.now();
  }

  /**
   * The body ended. Writes what is left and, when `isCut` (more is to come some day) or the disk failed, makes durable what
   * is written. Resolves with that. Rejects with what the file or the store failed with.
   */
  async close(isCut: boolean): Promise<readonly ByteRange[]> {
    const { bytes, isWorthwhile } = this.#options;
    clearInterval(this.#timer);
    await this.#running;
    try {
      await bytes.flush();
    } catch (error) {
      this.#failure ??= { error };
    }
    const { written } = bytes;
    const isSaved = bytesIn(written) <= this.#committed || !isWorthwhile;
    try {
      if (!isSaved && (isCut || this.#failure !== undefined)) await this.#makeDurable(written);
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return written;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
