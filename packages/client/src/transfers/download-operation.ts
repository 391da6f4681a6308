// DownloadOperation (rows BT-50 to BT-62): one download of the agent in this process's hands. It holds the latest record
// that this process has seen; the download itself lives in the agent and does not need this object.
import type {
  TransferDetails,
  TransferRange,
  TransferRecord,
  TransferStatus,
  WebErrorStatus,
} from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/plain';
import { parseRateLimit } from './download-arguments.ts';
import { type FollowOptions, followToEnd } from './follow-to-end.ts';
import { type DownloadProgress, progressOf } from './progress.ts';
import type { TransfersDoor } from './transfers-door.ts';

/** GetResponseInformation() (BT-61). */
export interface ResponseInformation {
  /** After redirects. */
  readonly actualUri: string;
  readonly statusCode: number;
  /** Whether the server allows to continue after an interruption. */
  readonly isResumable: boolean;
}

export class DownloadOperation {
  readonly #door: TransfersDoor;
  #record: TransferRecord;
  #previous: TransferRecord | undefined;

  /** Made by `BackgroundDownloader`; an app never calls it. */
  constructor(door: TransfersDoor, record: TransferRecord) {
    this.#door = door;
    this.#record = Object.freeze(record);
  }

  /** UUID, stable for the life of the operation, across restarts of app and agent (BT-53). */
  get id(): string {
    return this.#record.id;
  }

  /** The same as `id`, by its Windows name. */
  get guid(): string {
    return this.#record.id;
  }

  /** As it was asked for (BT-58). */
  get url(): string {
    return this.#record.url;
  }

  /** The same as `url`, by its Windows name. */
  get requestedUri(): string {
    return this.#record.url;
  }

  /** Absolute path; with collision `unique-name` the path that was really chosen, once completed. */
  get file(): string {
    return this.#record.file;
  }

  /** The same as `file`, by its Windows name. */
  get resultFile(): string {
    return this.#record.file;
  }

  /** The latest record this object has seen, frozen. Live while `start()` or `attach()` is pending; else see `refresh()`. */
  get record(): TransferRecord {
    return this.#record;
  }

  get status(): TransferStatus {
    return this.#record.status;
  }

  /** Of the latest record (BT-70 to BT-74), frozen. */
  get progress(): DownloadProgress {
    return progressOf(this.#record, this.#previous);
  }

  /** The error of now, or of the latest attempt while it retries or waits (BT-62). */
  get currentWebErrorStatus(): WebErrorStatus | null {
    return this.#record.error?.webErrorStatus ?? null;
  }

  /** `null` before the first answer of the server (BT-61). */
  getResponseInformation(): ResponseInformation | null {
    const { actualUrl, statusCode, isResumable, url } = this.#record;
    if (statusCode === null) return null;
    return Object.freeze({ actualUri: actualUrl ?? url, statusCode, isResumable: isResumable ?? false });
  }

  /**
   * Starts the download and follows it to its end (BT-50). Starting one that is started follows it only. The pending
   * promise keeps this process alive; dispose the agent's connection to leave the download to the agent.
   *
   * Resolves with the completed record.
   * @throws LonghaulError `operation-canceled` (by `signal`, `cancel()` or somebody else), the code of the transfer's
   * error, `not-found` (removed), `agent-not-reachable`, `detached` (the connection was disposed; the download goes on).
   */
  start(options: FollowOptions = {}): Promise<TransferRecord> {
    return quietWhenDetached(this.#start(options));
  }

  /** As `start()`, for a download of an earlier session or another process (BT-51): follows, starts nothing. */
  attach(options: FollowOptions = {}): Promise<TransferRecord> {
    return quietWhenDetached(this.#attach(options));
  }

  /** Pauses; what was received stays (BT-54). @throws LonghaulError `illegal-state` */
  async pause(): Promise<TransferRecord> {
    return this.#see(await this.#door.pause(this.id));
  }

  /** Goes on where the server allows it, else from zero (BT-55). @throws LonghaulError `illegal-state` */
  async resume(): Promise<TransferRecord> {
    return this.#see(await this.#door.resume(this.id));
  }

  /** Cancels; a second time it does nothing (BT-52). One that comes too late returns the completed record. */
  async cancel(): Promise<TransferRecord> {
    return this.#see(await this.#door.cancel(this.id));
  }

  /**
   * Starts it anew under the same id after it failed or was canceled; `attach()` follows it then.
   * @throws LonghaulError `illegal-state`, `target-exists`, `quota-exceeded`
   */
  async retry(): Promise<TransferRecord> {
    return this.#see(await this.#door.retry(this.id));
  }

  /**
   * Bytes a second from now on, also while it runs; `null` takes the limit away. Durable. At least 1,024.
   * @throws LonghaulError `invalid-argument`
   */
  async setMaxBytesPerSecond(maxBytesPerSecond: number | null): Promise<TransferRecord> {
    return this.#see(await this.#door.setLimit(this.id, parseRateLimit(maxBytesPerSecond)));
  }

  /** Takes the operation out of the agent's list, canceling it first when it is unfinished. A completed file stays. */
  async remove(): Promise<void> {
    await this.#door.remove(this.id);
  }

  /** Asks the agent for the present record. */
  async refresh(): Promise<TransferRecord> {
    return this.#see(await this.#door.get(this.id));
  }

  /** What the record leaves out: ranges, the latest failed attempts, the rates of the last minute. */
  getDetails(): Promise<TransferDetails> {
    return this.#door.getDetails(this.id);
  }

  /** The ranges received up to now, ascending (BT-66). */
  async getDownloadedRanges(): Promise<readonly TransferRange[]> {
    return (await this.getDetails()).ranges;
  }

  async #start(options: FollowOptions): Promise<TransferRecord> {
    assertNotAborted(options.signal);
    this.#see(await this.#door.start(this.id));
    return await this.#follow(options);
  }

  async #attach(options: FollowOptions): Promise<TransferRecord> {
    assertNotAborted(options.signal);
    return await this.#follow(options);
  }

  #follow(options: FollowOptions): Promise<TransferRecord> {
    return followToEnd({ id: this.id, door: this.#door, seen: record => void this.#see(record) }, options);
  }

  #see(record: TransferRecord): TransferRecord {
    if (record.revision <= this.#record.revision) return this.#record;
    this.#previous = this.#record;
    this.#record = Object.freeze(record);
    return this.#record;
  }
}

/** A signal that was aborted before the call: nothing is asked of the agent, the transfer stays as it is. */
function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new LonghaulError('operation-canceled', 'the signal was aborted before the call', { cause: signal.reason });
  }
}

/** Disposing the connection is how a download is left to the agent: it must not end a process that awaits nothing. */
function quietWhenDetached<T>(promise: Promise<T>): Promise<T> {
  const outer = Promise.withResolvers<T>();
  promise.then(outer.resolve, (error: unknown) => {
    if (error instanceof LonghaulError && error.code === 'detached') outer.promise.catch(() => {});
    outer.reject(error);
  });
  return outer.promise;
}
