// The composition root: hubs on an HTTP server. Joins endpoints, dispatchers, lifetime managers and connections, and
// takes the requests under mapped paths; every other request stays with the server's own listeners.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GroupManager } from './call.ts';
import { type HubClients, LifetimeClients } from './clients/clients.ts';
import { type ConnectionIdentity, HubConnection } from './driver.ts';
import { HubServerError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import type { AnyHubDefinition, HubDefinition, HubUser } from './hub.ts';
import type { HubFilter } from './hub-filter.ts';
import type { HubLifetimeManager } from './lifetime/lifetime-manager.ts';
import { MemoryLifetimeManager } from './lifetime/memory-lifetime-manager.ts';
import { silentLogger } from './log.ts';
import {
  checkEndpointOptions,
  checkServerOptions,
  type EndpointOptions,
  endpointDefaults,
  type HubOptions,
  type HubServerOptions,
  resolveHubOptions,
  serverDefaults,
} from './options.ts';
import type { HubPresence } from './presence/presence.ts';
import { createRuntime, groupsOf, type HubRuntime, nameOf } from './runtime.ts';
import { type AnyHttpEndpoint, HttpEndpoint } from './transports/http-endpoint.ts';
import { type HttpServer, interceptRequests } from './transports/interception.ts';
import { normalizePath, parseRequestTarget, type RequestTarget } from './transports/request-target.ts';
import type { Transport } from './transports/transport.ts';

/** Sending to the clients of a hub from outside its methods. */
export interface HubContext<Client extends object> {
  readonly clients: HubClients<Client>;
  readonly groups: GroupManager;
  readonly presence: HubPresence;
}

export interface HubServer extends AsyncDisposable {
  /** Serves the hub at the path (without regard to case). Throws `path-taken`, `invalid-hub`, `invalid-option`, `server-closed`. */
  map<Client extends object, User extends HubUser, Methods>(
    path: string,
    hub: HubDefinition<Client, User, Methods>,
    options?: EndpointOptions<User>,
  ): void;
  /** The same clients and groups for every path this hub is mapped at. */
  context<Client extends object, User extends HubUser, Methods>(
    hub: HubDefinition<Client, User, Methods>,
  ): HubContext<Client>;
  /** Connections that are open now. */
  readonly connectionCount: number;
  /**
   * Closes every connection with a Close message that allows to reconnect, waits for their onDisconnected (5 s at most,
   * §3), and leaves all requests to the server's own listeners. The server itself stays open: it is yours.
   */
  close(): Promise<void>;
}

/** Longest wait of `close()` for the connections to end (§3). */
const shutdownMs = 5_000;

/** Hubs on `server` (node:http or node:https). Throws `invalid-option`. */
export function createHubServer(server: HttpServer, options: HubServerOptions = {}): HubServer {
  return new HttpHubServer(server, options);
}

interface MappedEndpoint {
  readonly endpoint: AnyHttpEndpoint;
  readonly disposeOverdue: { tick(now: number): void };
}

class HttpHubServer implements HubServer {
  readonly #options: HubServerOptions;
  readonly #endpoints = new Map<string, MappedEndpoint>();
  readonly #lifetimes = new Map<AnyHubDefinition, HubLifetimeManager>();
  readonly #connections = new Map<HubConnection, Promise<void>>();
  readonly #heartbeat = new Heartbeat();
  readonly #interception: Disposable;
  #isClosed = false;

  constructor(server: HttpServer, options: HubServerOptions) {
    checkServerOptions(options);
    this.#options = Object.freeze({ ...options });
    this.#interception = interceptRequests(server, options.allowedOrigins, {
      isOurs: request => this.#find(request) !== undefined,
      answer: (request, response) => void this.#answer(request, response),
    });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  map<Client extends object, User extends HubUser, Methods>(
    path: string,
    hub: HubDefinition<Client, User, Methods>,
    options: EndpointOptions<User> = {},
  ): void {
    if (this.#isClosed) throw new HubServerError('server-closed', 'The hub server was closed.');
    const key = normalizePath(path);
    if (!path.startsWith('/'))
      throw new HubServerError('invalid-option', `Path '${path}' does not start with a slash.`);
    if (this.#endpoints.has(key)) throw new HubServerError('path-taken', `A hub is mapped at '${path}' already.`);
    checkEndpointOptions(options);
    const runtime = this.#createRuntime(hub, options, options.filters);
    const endpoint = new HttpEndpoint(
      {
        log: runtime.log,
        mayNegotiate: () => this.#mayNegotiate(),
        serve: (transport, identity) => this.#serve(runtime, transport, identity),
      },
      options,
    );
    const disposeOverdue = { tick: (now: number) => endpoint.directory.disposeOverdue(now) };
    this.#heartbeat.add(disposeOverdue);
    this.#heartbeat.heed(options.disconnectTimeoutMs ?? endpointDefaults.disconnectTimeoutMs);
    this.#endpoints.set(key, { endpoint, disposeOverdue });
  }

  context<Client extends object, User extends HubUser, Methods>(
    hub: HubDefinition<Client, User, Methods>,
  ): HubContext<Client> {
    const lifetime = this.#lifetimeOf(hub);
    return { clients: new LifetimeClients<Client>(lifetime), groups: groupsOf(lifetime), presence: lifetime.presence };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#interception[Symbol.dispose]();
    const ended = Promise.all(this.#connections.values());
    for (const connection of this.#connections.keys()) connection.end({ kind: 'server-closed' });
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, shutdownMs);
    await Promise.race([ended, limit.promise]);
    clearTimeout(timer);
    this.#heartbeat[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #createRuntime(
    hub: AnyHubDefinition,
    endpointOptions: Partial<HubOptions>,
    endpointFilters: readonly HubFilter<never>[] = [],
  ): HubRuntime {
    const options = resolveHubOptions(this.#options, endpointOptions);
    const { handshakeTimeoutMs, keepAliveIntervalMs, clientTimeoutIntervalMs } = options;
    this.#heartbeat.heed(Math.min(handshakeTimeoutMs, keepAliveIntervalMs, clientTimeoutIntervalMs));
    return createRuntime({
      hub,
      options,
      filters: [...(this.#options.filters ?? []), ...(endpointFilters as readonly HubFilter[])],
      lifetime: this.#lifetimeOf(hub),
      log: this.#options.log ?? silentLogger,
      now: () => performance.now(),
    });
  }

  #lifetimeOf(hub: AnyHubDefinition): HubLifetimeManager {
    let lifetime = this.#lifetimes.get(hub);
    if (lifetime === undefined) {
      const { maximumGroupsPerConnection = serverDefaults.maximumGroupsPerConnection } = this.#options;
      const create = this.#options.lifetimeManager ?? (settings => new MemoryLifetimeManager(settings));
      lifetime = create({ name: nameOf(hub), maximumGroupsPerConnection, log: this.#options.log ?? silentLogger });
      this.#lifetimes.set(hub, lifetime);
    }
    return lifetime;
  }

  #mayNegotiate(): boolean {
    let pending = 0;
    for (const { endpoint } of this.#endpoints.values()) pending += endpoint.directory.pendingCount;
    return pending < (this.#options.maximumPendingConnections ?? serverDefaults.maximumPendingConnections);
  }

  async #serve(runtime: HubRuntime, transport: Transport, identity: ConnectionIdentity): Promise<void> {
    if (this.#isClosed) return await transport.close();
    const connection = new HubConnection(runtime, transport, identity);
    const running = connection.run();
    this.#connections.set(connection, running);
    this.#heartbeat.add(connection);
    try {
      await running;
    } finally {
      this.#heartbeat.delete(connection);
      this.#connections.delete(connection);
    }
  }

  #find(
    request: IncomingMessage,
  ): { endpoint: AnyHttpEndpoint; target: RequestTarget; isNegotiate: boolean } | undefined {
    const target = parseRequestTarget(request.url);
    if (target === undefined) return undefined;
    const hub = this.#endpoints.get(target.path);
    if (hub !== undefined) return { endpoint: hub.endpoint, target, isNegotiate: false };
    if (!target.path.endsWith('/negotiate')) return undefined;
    const negotiated = this.#endpoints.get(target.path.slice(0, -'/negotiate'.length));
    return negotiated && { endpoint: negotiated.endpoint, target, isNegotiate: true };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = this.#find(request);
    if (found === undefined) return void response.writeHead(404).end();
    const { endpoint, target, isNegotiate } = found;
    try {
      if (isNegotiate) await endpoint.answerNegotiate(request, response, target);
      else await endpoint.answerConnect(request, response, target);
    } catch (error) {
      (this.#options.log ?? silentLogger).error({ err: error, path: target.path }, 'hub request failed');
      if (!response.headersSent) response.writeHead(500, { 'Content-Length': 0 }).end();
    }
  }
}
