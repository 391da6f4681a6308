// The agent's verbs for transfers, as this process calls them: one line a verb. Commands and operations stand on it.
// Every answer means that its effect is durable.
import type {
  CreateDownloadRequest,
  TransferDetails,
  TransferLimitsRecord,
  TransferLimitsRequest,
  TransferRecord,
} from '@longhaul/agent-protocol';
import type { AgentConnection } from '../connection/connection.ts';
import type { LimitsFeed, LimitsFollower } from './limits-feed.ts';
import type { AllFollower, Follower, TransferFeed } from './transfer-feed.ts';

export class TransfersDoor {
  readonly #connection: AgentConnection;
  readonly #feed: TransferFeed;
  readonly #limits: LimitsFeed;

  constructor(connection: AgentConnection, feed: TransferFeed, limits: LimitsFeed) {
    this.#connection = connection;
    this.#feed = feed;
    this.#limits = limits;
  }

  /** Asking again with the same id and the same request creates nothing twice. */
  createDownload(request: CreateDownloadRequest): Promise<TransferRecord> {
    return this.#connection.call('createDownload', request);
  }

  start(id: string): Promise<TransferRecord> {
    return this.#connection.call('startTransfer', id);
  }

  /** @throws LonghaulError `not-found` */
  get(id: string): Promise<TransferRecord> {
    return this.#connection.call('getTransfer', id);
  }

  /** What a record leaves out: ranges, failed attempts, rates. @throws LonghaulError `not-found` */
  getDetails(id: string): Promise<TransferDetails> {
    return this.#connection.call('getTransferDetails', id);
  }

  /** Everything in this connection's scope, finished ones until they are removed, oldest first. */
  list(): Promise<TransferRecord[]> {
    return this.#connection.call('listTransfers');
  }

  pause(id: string): Promise<TransferRecord> {
    return this.#connection.call('pauseTransfer', id);
  }

  resume(id: string): Promise<TransferRecord> {
    return this.#connection.call('resumeTransfer', id);
  }

  /** A second cancel is a no-op (BT-52). */
  cancel(id: string): Promise<TransferRecord> {
    return this.#connection.call('cancelTransfer', id);
  }

  /** Cancels first when unfinished; a completed file stays. */
  remove(id: string): Promise<void> {
    return this.#connection.call('removeTransfer', id);
  }

  /** Starts one that failed or was canceled anew, under its id. @throws LonghaulError `illegal-state`, `target-exists` */
  retry(id: string): Promise<TransferRecord> {
    return this.#connection.call('retryTransfer', id);
  }

  /** Everything in this connection's scope that has not ended. Resolves with how many were canceled. */
  cancelAll(): Promise<number> {
    return this.#connection.call('cancelAllTransfers');
  }

  /** Everything in this connection's scope that has ended; completed files stay. Resolves with how many were removed. */
  removeFinished(): Promise<number> {
    return this.#connection.call('removeFinishedTransfers');
  }

  /** Bytes a second from now on, also while it runs; `null` takes the limit away. @throws LonghaulError `invalid-argument` below 1 KiB */
  setLimit(id: string, maxBytesPerSecond: number | null): Promise<TransferRecord> {
    return this.#connection.call('setTransferLimit', id, maxBytesPerSecond);
  }

  /** The limits of the whole agent. */
  getLimits(): Promise<TransferLimitsRecord> {
    return this.#connection.call('getLimits');
  }

  /**
   * Takes effect at once and is kept over restarts of the agent; what is left out stays as it is. Owner only.
   * @throws LonghaulError `invalid-argument` for a rate below 1 KiB, and where `maxActive` is not 1 to 256
   */
  setLimits(limits: TransferLimitsRequest): Promise<TransferLimitsRecord> {
    return this.#connection.call('setLimits', limits);
  }

  /** Told of every change of one transfer until disposed, across restarts of the agent. Keeps the process alive. */
  follow(id: string, follower: Follower): Disposable {
    return this.#feed.follow(id, follower);
  }

  /** Told of everything in scope until disposed, across restarts of the agent. Keeps the process alive. */
  followAll(follower: AllFollower): Disposable {
    return this.#feed.followAll(follower);
  }

  /** Told of the limits that hold and of every change, whoever made it, as `followAll`. Keeps the process alive. */
  followLimits(follower: LimitsFollower): Disposable {
    return this.#limits.follow(follower);
  }
}
