// The lifetime manager of a single process: three indexes in memory. Every message is encoded once for each protocol.
import { PendingResults } from '../connection/pending-results.ts';
import { HubServerError } from '../errors.ts';
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

  constructor({ maximumGroupsPerConnection }: { readonly maximumGroupsPerConnection: number }) {
    this.#groups = new Membership(maximumGroupsPerConnection);
  }

  connected(connection: LifetimeConnection): void {
    this.#connections.set(connection.connectionId, connection);
    if (connection.userIdentifier !== undefined) this.#users.add(connection.userIdentifier, connection);
  }

  disconnected(connection: LifetimeConnection): void {
    this.#connections.delete(connection.connectionId);
    this.#groups.removeEverywhere(connection);
    this.#users.removeEverywhere(connection);
    this.#results.connectionEnded(connection.connectionId);
  }

  async sendAll(message: InvocationMessage, excludedIds = nobody): Promise<void> {
    writeEach(this.#connections.values(), new OutgoingMessage(message, true), excludedIds);
  }

  async sendConnection(connectionId: string, message: InvocationMessage): Promise<void> {
    await this.#connections.get(connectionId)?.write(new OutgoingMessage(message));
  }

  async sendConnections(connectionIds: readonly string[], message: InvocationMessage): Promise<void> {
    const outgoing = new OutgoingMessage(message, true);
    for (const connectionId of connectionIds) void this.#connections.get(connectionId)?.write(outgoing);
  }

  async sendGroups(groupNames: readonly string[], message: InvocationMessage, excludedIds = nobody): Promise<void> {
    const outgoing = new OutgoingMessage(message, true);
    for (const name of groupNames) writeEach(this.#groups.members(name), outgoing, excludedIds);
  }

  async sendUsers(userIds: readonly string[], message: InvocationMessage): Promise<void> {
    const outgoing = new OutgoingMessage(message, true);
    for (const id of userIds) writeEach(this.#users.members(id), outgoing, nobody);
  }

  async addToGroup(connectionId: string, groupName: string): Promise<void> {
    const connection = this.#connections.get(connectionId);
    if (connection === undefined || this.#groups.add(groupName, connection)) return;
    throw new HubServerError(
      'too-many-groups',
      `Connection '${connectionId}' is in ${this.#groups.limit} groups, the limit, and cannot join '${groupName}'.`,
    );
  }

  async removeFromGroup(connectionId: string, groupName: string): Promise<void> {
    const connection = this.#connections.get(connectionId);
    if (connection !== undefined) this.#groups.remove(groupName, connection);
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

function writeEach(
  connections: Iterable<LifetimeConnection>,
  message: OutgoingMessage,
  excludedIds: ReadonlySet<string>,
): void {
  for (const connection of connections) {
    if (!excludedIds.has(connection.connectionId)) void connection.write(message);
  }
}
