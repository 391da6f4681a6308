// The agent's verbs for transfers, as this process calls them: one line a verb. Commands and operations stand on it.
// Every answer means that its effect is durable.
import type { CreateDownloadRequest, TransferRecord } from '@longhaul/agent-protocol';
import type { AgentConnection } from '../connection/connection.ts';
import type { Follower, TransferFeed } from './transfer-feed.ts';

export class TransfersDoor {
  readonly #connection: AgentConnection;
  readonly #feed: TransferFeed;

  constructor(connection: AgentConnection, feed: TransferFeed) {
    this.#connection = connection;
    this.#feed = feed;
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

  /** Told of every change of one transfer until disposed, across restarts of the agent. Keeps the process alive. */
  follow(id: string, follower: Follower): Disposable {
    return this.#feed.follow(id, follower);
  }
}
