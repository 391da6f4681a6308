// Who gets a message: the seam behind which a backplane fits. One manager serves all connections of one hub; it knows
// connections by id, user and group, and writes to those that are on this server.

import type { HubLogger } from '../log.ts';
import type { HubPresence } from '../presence/presence.ts';
import type { CompletionMessage, InvocationMessage } from '../protocol/messages.ts';
import type { OutgoingMessage } from '../protocol/outgoing-message.ts';

/** A connection on this server, as much of it as a manager may touch. */
export interface LifetimeConnection {
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;
  /**
   * Queues the message behind what was queued before. The promise resolves when the connection takes more without
   * growing (await it for one connection; for many only where `isWaitedFor`); `undefined` when it does so already. Never rejects: writes to
   * a connection that has ended are dropped. Throws only what serialization throws, before anything was queued.
   */
  write(message: OutgoingMessage): Promise<void> | undefined;
  /** Who sends to many waits for this connection too (`slowConsumer: 'wait'`). */
  readonly isWaitedFor?: boolean;
}

export interface HubLifetimeManager {
  /** Who is there, on all servers of this hub. */
  readonly presence: HubPresence;

  /** Before onConnected. */
  connected(connection: LifetimeConnection): Promise<void> | void;
  /** After onDisconnected: out of every group; what was asked of it fails with `connection-not-found`. */
  disconnected(connection: LifetimeConnection): Promise<void> | void;

  /** Sends to many never wait for the slowest, except for connections that are `isWaitedFor`. Ids and names that nobody has are no error. */
  sendAll(message: InvocationMessage, excludedIds?: ReadonlySet<string>): Promise<void>;
  /** Waits until the connection takes more (back-pressure for who sends to one client in a loop). */
  sendConnection(connectionId: string, message: InvocationMessage): Promise<void>;
  sendConnections(connectionIds: readonly string[], message: InvocationMessage): Promise<void>;
  /** A connection in two of the groups gets the message twice (§10). */
  sendGroups(
    groupNames: readonly string[],
    message: InvocationMessage,
    excludedIds?: ReadonlySet<string>,
  ): Promise<void>;
  sendUsers(userIds: readonly string[], message: InvocationMessage): Promise<void>;

  /** Idempotent; an unknown connection is no error; names are case-sensitive; membership dies with the connection. */
  addToGroup(connectionId: string, groupName: string): Promise<void>;
  removeFromGroup(connectionId: string, groupName: string): Promise<void>;

  /**
   * Asks one client and waits for its answer. Rejects with a HubError when the client's handler failed, with
   * `connection-not-found` for an unknown or ended connection, with the signal's reason when that aborts.
   */
  invokeConnection(
    connectionId: string,
    target: string,
    args: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<unknown>;
  /** A Completion that came from `connectionId`. False when it answers nothing asked of that connection. */
  completeInvocation(connectionId: string, completion: CompletionMessage): boolean;
}

/** Makes the manager of one hub. `name` tells hubs apart on a shared backplane. */
export type LifetimeManagerFactory = (hub: {
  readonly name: string;
  readonly maximumGroupsPerConnection: number;
  readonly log: HubLogger;
}) => HubLifetimeManager;
