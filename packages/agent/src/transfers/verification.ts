// One attempt's comparison of the file with its checksum: given with the request, else told by the origin.
import type { FileHandle } from 'node:fs/promises';
import { LonghaulError, type TransferChecksum } from '@longhaul/agent-protocol';
import { digestOf } from './digest-fields.ts';
import type { Hasher, HashJob } from './hasher.ts';
import type { ResponseHead } from './response-head.ts';

export class Verification implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #hasher: Hasher;
  #checksum: TransferChecksum | null;
  #job: HashJob | undefined;

  /** `checksum` as the row has it; `file` stays open until this is disposed. */
  constructor(file: FileHandle, hasher: Hasher, checksum: TransferChecksum | null) {
    this.#file = file;
    this.#hasher = hasher;
    this.#checksum = checksum === null ? null : { ...checksum, isVerified: false };
  }

  get checksum(): TransferChecksum | null {
    return this.#checksum;
  }

  /** The file begins anew with this answer. Nothing is written before it resolves. */
  async beginAnew(head: ResponseHead): Promise<void> {
    await this[Symbol.asyncDispose]();
    if (this.#checksum?.source === 'request') return;
    const told = digestOf(head);
    this.#checksum = told === null ? null : { ...told, source: 'origin', isVerified: false };
  }

  /** Bytes below `offset` are written. After a resume the first call has the earlier ones read again. */
  advance(offset: number): void {
    if (this.#checksum === null || offset === 0) return;
    this.#job ??= this.#hasher.begin(this.#file.fd, this.#checksum.algorithm);
    this.#job.advance(offset);
  }

  /**
   * Compares the whole file, which ends at `offset`; resolves with what the record says then. Rejects with
   * `integrity-failure`, or `operation-canceled` when `signal` is aborted before.
   */
  async compare(offset: number, signal: AbortSignal): Promise<TransferChecksum | null> {
    if (this.#checksum === null) return null;
    const { algorithm, expected, source } = this.#checksum;
    this.#job ??= this.#hasher.begin(this.#file.fd, algorithm);
    const actual = await unlessAborted(this.#job.digest(offset), signal);
    if (actual === expected) return { ...this.#checksum, isVerified: true };
    const by = source === 'request' ? 'asked for' : 'that the server named';
    throw new LonghaulError(
      'integrity-failure',
      `The ${algorithm} of the file is ${actual}, not the one ${by}, ${expected}.`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#job?.[Symbol.asyncDispose]();
    this.#job = undefined;
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const canceled = Promise.withResolvers<never>();
  const abort = () => canceled.reject(new LonghaulError('operation-canceled', 'The comparison was given up.'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, canceled.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
