// A hub for tests of your own: the real dispatcher, protocols and connections, without HTTP, sockets or timers. Time stands
// still unless `advance` moves it.
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type HubClients, LifetimeClients } from '../clients/clients.ts';
import { HubConnection } from '../driver.ts';
import type { HubDefinition, HubUser } from '../hub.ts';
import type { HubFilter } from '../hub-filter.ts';
import { MemoryLifetimeManager } from '../lifetime/memory-lifetime-manager.ts';
import { type HubLogger, silentLogger } from '../log.ts';
import { type HubOptions, resolveHubOptions, serverDefaults } from '../options.ts';
import { RecordReader } from '../protocol/record-reader.ts';
import { createRuntime, groupsOf, type HubRuntime, nameOf } from '../runtime.ts';
import type { HubContext } from '../server.ts';
import { MemoryTransport } from './memory-transport.ts';
import { TestClient } from './test-client.ts';

export interface TestHubOptions<User extends HubUser = HubUser> extends Partial<HubOptions> {
  readonly filters?: readonly HubFilter<User>[];
  readonly log?: HubLogger;
  readonly maximumGroupsPerConnection?: number;
}

export interface TestConnectOptions<User extends HubUser = HubUser> {
  /** What the endpoint's `authorize` would give. */
  readonly user?: User;
  /** Of `call.request`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly protocol?: 'json' | 'messagepack';
}

export interface TestHub<Client extends object, User extends HubUser> extends HubContext<Client>, AsyncDisposable {
  /** A new client after its handshake and the hub's onConnected. Rejects when that failed, with what the client reads. */
  connect(options?: TestConnectOptions<User>): Promise<TestClient>;
  /**
   * Milliseconds of virtual time go by: pings, time-outs and rate limits see them, in steps of a tenth of a second. Only
   * `rateLimit: { exceeded: 'wait' }` holds a call for real milliseconds.
   */
  advance(ms: number): void;
  readonly connectionCount: number;
  /** Ends every connection and waits for their onDisconnected. */
  close(): Promise<void>;
}

const tickMs = 100;

/** Throws `invalid-hub`, `invalid-option`. */
export function createTestHub<Client extends object, User extends HubUser, Methods>(
  hub: HubDefinition<Client, User, Methods>,
  options: TestHubOptions<User> = {},
): TestHub<Client, User> {
  return new MemoryTestHub<Client, User>(hub as HubDefinition<Client, User, unknown>, options);
}

class MemoryTestHub<Client extends object, User extends HubUser> implements TestHub<Client, User> {
  readonly clients: HubClients<Client>;
  readonly groups;
  readonly presence;
  readonly #runtime: HubRuntime;
  readonly #connections = new Map<HubConnection, Promise<void>>();
  /** Connections whose onConnected has not finished. */
  readonly #connecting = new Map<string, () => void>();
  readonly #announceConnected: HubFilter = {
    onConnected: async ({ connectionId }, next) => {
      await next();
      this.#connecting.get(connectionId)?.();
    },
  };
  #now = 0;
  #lastConnection = 0;

  constructor(hub: HubDefinition<Client, User, unknown>, options: TestHubOptions<User>) {
    const { maximumGroupsPerConnection = serverDefaults.maximumGroupsPerConnection, log = silentLogger } = options;
    const lifetime = new MemoryLifetimeManager({ maximumGroupsPerConnection, log });
    this.#runtime = createRuntime({
      hub: { ...hub, name: nameOf(hub) },
      options: resolveHubOptions(options),
      filters: [this.#announceConnected, ...((options.filters ?? []) as readonly HubFilter[])],
      lifetime,
      log,
      now: () => this.#now,
    });
    this.clients = new LifetimeClients<Client>(lifetime);
    this.groups = groupsOf(lifetime);
    this.presence = lifetime.presence;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  async connect({ user, headers = {}, url = '/', protocol: name = 'json' }: TestConnectOptions<User> = {}) {
    const protocol = this.#runtime.protocols.find(known => known.name === name);
    if (protocol === undefined) throw new Error(`This hub does not speak ${name}.`);
    const request = new IncomingMessage(new Socket());
    request.url = url;
    request.method = 'GET';
    for (const [header, value] of Object.entries(headers)) request.headers[header.toLowerCase()] = value;
    const transport = new MemoryTransport();
    this.#lastConnection += 1;
    const connectionId = `test-${this.#lastConnection}`;
    const connection = new HubConnection(this.#runtime, transport, {
      connectionId,
      user,
      userIdentifier: user?.id,
      request,
    });
    const connected = new Promise<undefined>(resolve => this.#connecting.set(connectionId, () => resolve(undefined)));
    const running = connection.run().finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, running);
    transport.client.send(`${JSON.stringify({ protocol: name, version: 1 })}\u001e`);
    const records = new RecordReader(Number.POSITIVE_INFINITY);
    let answer: string | undefined;
    while (answer === undefined) {
      const chunk = await transport.client.receive();
      if (chunk === undefined) throw new Error('The connection ended before its handshake was answered.');
      records.push(chunk);
      answer = records.next();
    }
    const { error } = JSON.parse(answer) as { error?: string };
    if (error !== undefined) throw new Error(error);
    const reader = protocol.createReader(Number.POSITIVE_INFINITY);
    reader.push(records.takeRest());
    const client = new TestClient(transport.client, protocol, reader, connectionId);
    const close = await Promise.race([connected, client.closed]);
    this.#connecting.delete(connectionId);
    if (close !== undefined) throw new Error(close.error ?? 'The connection was closed.');
    return client;
  }

  advance(ms: number): void {
    const until = this.#now + ms;
    while (this.#now < until) {
      this.#now = Math.min(until, this.#now + tickMs);
      for (const connection of this.#connections.keys()) connection.tick(this.#now);
    }
  }

  async close(): Promise<void> {
    const ended = Promise.all(this.#connections.values());
    for (const connection of this.#connections.keys()) connection.end({ kind: 'server-closed' });
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
