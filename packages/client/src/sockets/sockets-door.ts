// The agent's verbs for parked sockets, as this process calls them, and for an app the door that descriptors go through. Apps
// use `transferOwnership` and `SocketActivityInformation`, which stand on it.
import type { OwnSocketRecord, OwnSocketsPage, SocketChange, SocketName, SocketRecord } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/plain';
import { mustHaveSignal } from '../arguments.ts';
import type { AgentConnection } from '../connection/connection.ts';
import type { ChangeFeed, WatchOptions } from '../watching/change-feed.ts';
import type { WatchState } from '../watching/change-queue.ts';
import type { SocketDoor } from './socket-door.ts';

export class SocketsDoor {
  readonly #connection: AgentConnection;
  readonly #feed: ChangeFeed<SocketChange>;
  readonly #openDoor: (() => SocketDoor) | undefined;

  /** `openDoor` gives the door, the same each time; without it this connection speaks for no app. */
  constructor(connection: AgentConnection, feed: ChangeFeed<SocketChange>, openDoor: (() => SocketDoor) | undefined) {
    this.#connection = connection;
    this.#feed = feed;
    this.#openDoor = openDoor;
  }

  /** In this connection's scope, orphaned and closed ones until they are removed, oldest first. */
  list(): Promise<SocketRecord[]> {
    return this.#connection.call('listSockets');
  }

  /** Ends the connection, whoever has it, and forgets the socket. @throws LonghaulError `not-found` */
  remove(name: SocketName): Promise<void> {
    return this.#connection.call('removeSocket', name);
  }

  /**
   * What is there in this connection's scope, oldest first, then every change, across restarts of the agent; a slow reader gets
   * the latest of each socket, not every one. Aborting `signal` ends it. Keeps the process alive.
   *
   * @throws LonghaulError `agent-not-reachable` when the agent stays away, `detached`
   */
  watch(options: WatchOptions = {}): AsyncGenerator<SocketChange | WatchState, void, undefined> {
    mustHaveSignal(options);
    return this.#feed.watch(options.signal);
  }

  /**
   * The app's own, with their contexts, oldest first; asked for a page at a time, so that no answer grows with their number.
   *
   * @throws LonghaulError `access-denied` without an app
   */
  async listOwn(): Promise<OwnSocketRecord[]> {
    // Removed and handed over again between two pages, a socket is in both.
    const records = new Map<string, OwnSocketRecord>();
    using _hold = this.#connection.hold();
    for (let start: number | null = null; ; ) {
      const { sockets, next }: OwnSocketsPage = await this.#connection.call('listOwnSockets', start);
      for (const socket of sockets) records.set(socket.id, socket);
      if (next === null) return [...records.values()];
      start = next;
    }
  }

  /** Where descriptors go through. @throws LonghaulError `access-denied` without an app, `not-supported-here` in a thread */
  get door(): SocketDoor {
    if (this.#openDoor === undefined) {
      throw new LonghaulError('access-denied', 'sockets belong to an app: connect with connectAgent({ app })');
    }
    // koffi ends the process when a thread ends that still waits for a descriptor (seen with 3.3.4).
    if (!process.getBuiltinModule('node:worker_threads').isMainThread) {
      throw new LonghaulError('not-supported-here', 'sockets are handed over by the main thread of a process');
    }
    return this.#openDoor();
  }
}
