// The first thread's end of the hashing thread: one for the agent, started by the first file that is to be compared.
import { Worker } from 'node:worker_threads';
import { type ChecksumAlgorithm, LonghaulError } from '@longhaul/agent-protocol';
import { programFile } from '../platform/source.ts';
import type { HashNews, HashOrder } from './hash-worker.ts';

const nodeNames = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const satisfies Record<ChecksumAlgorithm, string>;

/** One file that is hashed from its beginning as it grows. */
export interface HashJob extends AsyncDisposable {
  /** Bytes below `offset` are written and stay as they are. */
  advance(offset: number): void;
  /** The digest of the file's first `offset` bytes in lower-case hexadecimal. Once, the last call. Rejects with `internal`. */
  digest(offset: number): Promise<string>;
}

interface Waits {
  readonly digest: PromiseWithResolvers<string>;
  readonly dropped: PromiseWithResolvers<void>;
}

export class Hasher implements AsyncDisposable {
  #worker: Worker | undefined;
  readonly #waits = new Map<number, Waits>();
  #count = 0;

  /** `descriptor` stays open until the job is disposed. */
  begin(descriptor: number, algorithm: ChecksumAlgorithm): HashJob {
    const worker = this.#start();
    this.#count += 1;
    const job = this.#count;
    const waits = { digest: Promise.withResolvers<string>(), dropped: Promise.withResolvers<void>() };
    // Whoever does not ask for the digest does not hear that there is none.
    waits.digest.promise.catch(() => {});
    this.#waits.set(job, waits);
    worker.ref();
    const send = (order: HashOrder) => worker.postMessage(order);
    send({ name: 'begin', job, descriptor, algorithm: nodeNames[algorithm] });
    return {
      advance: offset => send({ name: 'advance', job, offset }),
      digest: offset => {
        send({ name: 'finish', job, offset });
        return waits.digest.promise;
      },
      [Symbol.asyncDispose]: () => {
        send({ name: 'drop', job });
        return waits.dropped.promise;
      },
    };
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(programFile('transfers/hash-worker'));
    worker.on('message', (news: HashNews) => this.#hear(news));
    worker.once('error', error => this.#lost(worker, error));
    worker.once('exit', () => this.#lost(worker, undefined));
    this.#worker = worker;
    return worker;
  }

  #hear(news: HashNews): void {
    const waits = this.#waits.get(news.job);
    if (news.name === 'digest') waits?.digest.resolve(news.hex);
    else if (news.name === 'failed') waits?.digest.reject(broken(new Error(news.message)));
    else {
      waits?.dropped.resolve();
      this.#waits.delete(news.job);
      if (this.#waits.size === 0) this.#worker?.unref();
    }
  }

  /** Every job fails; the next one starts another thread. */
  #lost(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { digest, dropped } of this.#waits.values()) {
      digest.reject(broken(cause));
      dropped.resolve();
    }
    this.#waits.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}

function broken(cause: unknown): LonghaulError {
  const why = cause instanceof Error ? cause.message : 'its thread ended';
  return new LonghaulError('internal', `The file could not be hashed: ${why}.`, { cause });
}
