// The lifetime manager of a single process: three indexes in memory. Every message is encoded once for each protocol.
import { PendingResults } from '../connection/pending-results.ts';
import { HubServerError } from '../errors.ts';
import { type HubLogger, silentLogger } from '../log.ts';
import { MemoryPresence } from '../presence/memory-presence.ts';
import type { CompletionMessage, InvocationMessage } from '../protocol/messages.ts';
import { OutgoingMessage } from '../protocol/outgoing-message.ts';
import type { HubLifetimeManager, LifetimeConnection } from './lifetime-manager.ts';
import { Membership } from './membership.ts';

const nobody: ReadonlySet<string> = new Set();

export class MemoryLifetimeManager implements HubLifetimeManager {
  readonly #connections = new Map<string, LifetimeConnection>();
  readonly #groups: Membership<LifetimeConnection>;
  readonly #users = new Membership<LifetimeConnection>();
  readonly #results = new PendingResults();
  readonly presence: MemoryPresence<LifetimeConnection>;

  constructor(settings: { readonly maximumGroupsPerConnection: number; readonly log?: HubLogger }) {
    this.#groups = new Membership(settings.maximumGroupsPerConnection);
    const indexes = { connections: this.#connections, groups: this.#groups, users: this.#users };
    this.presence = new MemoryPresence(indexes, settings.log ?? silentLogger);
  }

  connected(connection: LifetimeConnection): void {
    this.#connections.set(connection.connectionId, connection);
    if (connection.userIdentifier !== undefined) this.#users.add(connection.userIdentifier, connection);
    this.presence.connected(connection);
  }

  disconnected(connection: LifetimeConnection): void {
    this.#connections.delete(connection.connectionId);
    const groups = this.#groups.removeEverywhere(connection);
    this.#results.connectionEnded(connection.connectionId);
    for (const name of groups) this.presence.left(name, connection);
    this.#users.removeEverywhere(connection);
    this.presence.disconnected(connection);
  }

  async sendAll(message: InvocationMessage, excludedIds = nobody): Promise<void> {
    await writeEach(this.#connections.values(), new OutgoingMessage(message, true), excludedIds);
  }

  async sendConnection(connectionId: string, message: InvocationMessage): Promise<void> {
    await this.#connections.get(connectionId)?.write(new OutgoingMessage(message));
  }

  async sendConnections(connectionIds: readonly string[], message: InvocationMessage): Promise<void> {
    const outgoing = new OutgoingMessage(message, true);
    const connections = connectionIds.flatMap(id => this.#connections.get(id) ?? []);
    await writeEach(connections, outgoing, nobody);
  }

  async sendGroups(groupNames: readonly string[], message: InvocationMessage, excludedIds = nobody): Promise<void> {
    const outgoing = new OutgoingMessage(message, true);
    await Promise.all(groupNames.map(name => writeEach(this.#groups.members(name), outgoing, excludedIds)));
  }

  async sendUsers(userIds: readonly string[], message: InvocationMessage): Promise<void> {
    const outgoing = new OutgoingMessage(message, true);
    await Promise.all(userIds.map(id => writeEach(this.#users.members(id), outgoing, nobody)));
  }

  async addToGroup(connectionId: string, groupName: string): Promise<void> {
    const connection = this.#connections.get(connectionId);
    if (connection === undefined || this.#groups.names(connection).has(groupName)) return;
    if (this.#groups.add(groupName, connection)) return this.presence.joined(groupName, connection);
    throw new HubServerError(
      'too-many-groups',
      `Connection '${connectionId}' is in ${this.#groups.limit} groups, the limit, and cannot join '${groupName}'.`,
    );
  }

  async removeFromGroup(connectionId: string, groupName: string): Promise<void> {
    const connection = this.#connections.get(connectionId);
    if (connection === undefined || !this.#groups.remove(groupName, connection)) return;
    this.presence.left(groupName, connection);
  }

  async invokeConnection(
    connectionId: string,
    target: string,
    args: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<unknown> {
    const connection = this.#connections.get(connectionId);
    if (connection === undefined) {
      throw new HubServerError('connection-not-found', `Connection '${connectionId}' does not exist.`);
    }
    signal?.throwIfAborted();
    const { invocationId, result } = this.#results.ask(connectionId);
    const giveUp = (): void => this.#results.fail(invocationId, signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      connection.write(new OutgoingMessage({ type: 'invocation', invocationId, target, arguments: args }));
    } catch (unserializable) {
      this.#results.fail(invocationId, unserializable as Error);
    }
    try {
      return await result;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  completeInvocation(connectionId: string, completion: CompletionMessage): boolean {
    return this.#results.complete(connectionId, completion);
  }
}

/** Queued for all of them when it returns; the promise is about those that are waited for. */
function writeEach(
  connections: Iterable<LifetimeConnection>,
  message: OutgoingMessage,
  excludedIds: ReadonlySet<string>,
): Promise<unknown> | undefined {
  const waits: Promise<void>[] = [];
  for (const connection of connections) {
    if (excludedIds.has(connection.connectionId)) continue;
    const wait = connection.write(message);
    if (wait !== undefined && connection.isWaitedFor === true) waits.push(wait);
  }
  return waits.length === 0 ? undefined : Promise.all(waits);
}
