// The composition root: hubs on an HTTP server. Joins endpoints, dispatchers, lifetime managers and connections, and
// takes the requests under mapped paths; every other request stays with the server's own listeners.
import { randomBytes } from 'node:crypto';
import { type AnyRequest, type AnyResponse, isWebSocketRequest } from '@longhaul/websockets';
import type { GroupManager } from './call.ts';
import { type HubClients, LifetimeClients } from './clients/clients.ts';
import { type DrainOptions, drainConnections } from './drain.ts';
import { HubConnection } from './driver.ts';
import { checkEndpointOptions, type EndpointOptions } from './endpoint-options.ts';
import { HubServerError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import type { AnyHubDefinition, HubDefinition, HubUser } from './hub.ts';
import type { HubFilter } from './hub-filter.ts';
import type { HubLifetimeManager } from './lifetime/lifetime-manager.ts';
import { MemoryLifetimeManager } from './lifetime/memory-lifetime-manager.ts';
import { silentLogger } from './log.ts';
import {
  checkServerOptions,
  type HubOptions,
  type HubServerOptions,
  resolveHubOptions,
  serverDefaults,
} from './options.ts';
import type { HubPresence } from './presence/presence.ts';
import { createRuntime, groupsOf, type HubRuntime, nameOf } from './runtime.ts';
import type { ConnectionIdentity, ServedConnection } from './served-connection.ts';
import { head, reply } from './transports/answers.ts';
import { ConnectionTokens } from './transports/connection-token.ts';
import { CorsPolicy } from './transports/cors.ts';
import { type AnyHttpEndpoint, HttpEndpoint } from './transports/http-endpoint.ts';
import { type HttpServer, interceptRequests } from './transports/interception.ts';
import { hostOf, normalizePath, parseRequestTarget, type RequestTarget } from './transports/request-target.ts';
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
  /**
   * Before this process ends: no new connections (negotiate answers 503), then each connection is closed, reconnect
   * allowed, once none of its calls runs any more, all of them spread over `spreadMs`, so that not all clients come back to
   * the other servers at once. What still runs after `timeoutMs` is closed anyway. Then as `close()`.
   */
  drain(options?: DrainOptions): Promise<void>;
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

/** `Retry-After` of a server that drains: another one is there, or this one again after its restart. */
const drainRetrySeconds = 5;

/** Hubs on `server` (node:http, node:https or node:http2). Throws `invalid-option`. */
export function createHubServer(server: HttpServer, options: HubServerOptions = {}): HubServer {
  return new HttpHubServer(server, options);
}

type RequestKind = 'negotiate' | 'refresh' | 'connect';

class HttpHubServer implements HubServer {
  readonly #options: HubServerOptions;
  readonly #endpoints = new Map<string, AnyHttpEndpoint>();
  readonly #lifetimes = new Map<AnyHubDefinition, HubLifetimeManager>();
  readonly #connections = new Map<HubConnection, AnyHttpEndpoint>();
  readonly #heartbeat = new Heartbeat();
  /** One listener for all: each would be an entry more in a set. */
  readonly #connectionsListener = {
    tick: (now: number) => {
      for (const connection of this.#connections.keys()) connection.tick(now);
    },
  };
  readonly #interception: Disposable;
  readonly #cors: CorsPolicy;
  readonly #secret: string | Uint8Array;
  #isClosed = false;
  #isDraining = false;

  constructor(server: HttpServer, options: HubServerOptions) {
    checkServerOptions(options);
    this.#options = Object.freeze({ ...options });
    this.#cors = new CorsPolicy(options.allowedOrigins);
    this.#secret = options.connectionTokenSecret ?? randomBytes(32);
    this.#interception = interceptRequests(server, options.allowedOrigins, {
      isOurs: target => this.#find(target) !== undefined,
      answer: (request, response) => this.#answer(request, response),
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
    const endpoint: AnyHttpEndpoint = new HttpEndpoint(
      {
        log: runtime.log,
        busyFor: () => this.#busyFor(),
        serve: (transport, identity) => this.#serve(runtime, endpoint, transport, identity),
      },
      options,
      {
        tokens: new ConnectionTokens(this.#secret, key),
        isSecretShared: this.#options.connectionTokenSecret !== undefined,
      },
    );
    this.#heartbeat.add(endpoint);
    this.#heartbeat.add(this.#connectionsListener);
    this.#heartbeat.heed(endpoint.shortestTimeMs);
    this.#endpoints.set(key, endpoint);
  }

  context<Client extends object, User extends HubUser, Methods>(
    hub: HubDefinition<Client, User, Methods>,
  ): HubContext<Client> {
    const lifetime = this.#lifetimeOf(hub);
    return { clients: new LifetimeClients<Client>(lifetime), groups: groupsOf(lifetime), presence: lifetime.presence };
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    this.#isDraining = true;
    await drainConnections(() => this.#connections.keys(), options);
    await this.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#interception[Symbol.dispose]();
    const ended = Promise.all([...this.#connections.keys()].map(connection => connection.ended));
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
    const { handshakeTimeoutMs, keepAliveIntervalMs, clientTimeoutIntervalMs, slowConsumerTimeoutMs } = options;
    const times = [handshakeTimeoutMs, keepAliveIntervalMs, clientTimeoutIntervalMs, slowConsumerTimeoutMs];
    this.#heartbeat.heed(Math.min(...times));
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

  /** Seconds a client that wants a new connection should stay away. */
  #busyFor(): number | undefined {
    if (this.#isDraining) return drainRetrySeconds;
    let pending = 0;
    for (const endpoint of this.#endpoints.values()) pending += endpoint.pendingCount;
    const limit = this.#options.maximumPendingConnections ?? serverDefaults.maximumPendingConnections;
    return pending < limit ? undefined : 1;
  }

  #serve(
    runtime: HubRuntime,
    endpoint: AnyHttpEndpoint,
    transport: Transport,
    identity: ConnectionIdentity,
  ): ServedConnection | undefined {
    if (this.#isClosed) return undefined;
    const connection = new HubConnection(runtime, transport, identity);
    this.#connections.set(connection, endpoint);
    connection.start(this);
    return connection;
  }

  /** Called by each connection when nothing is left of it. */
  connectionGone(connection: HubConnection): void {
    const endpoint = this.#connections.get(connection);
    this.#connections.delete(connection);
    if (connection.connectionToken !== undefined) endpoint?.forget(connection.connectionToken);
  }

  #find(url: string | undefined): { endpoint: AnyHttpEndpoint; target: RequestTarget; kind: RequestKind } | undefined {
    const target = parseRequestTarget(url);
    if (target === undefined) return undefined;
    const hub = this.#endpoints.get(target.path);
    if (hub !== undefined) return { endpoint: hub, target, kind: 'connect' };
    for (const kind of ['negotiate', 'refresh'] as const) {
      if (!target.path.endsWith(`/${kind}`)) continue;
      const endpoint = this.#endpoints.get(target.path.slice(0, -kind.length - 1));
      if (endpoint !== undefined && (kind === 'negotiate' || endpoint.hasRefresh)) return { endpoint, target, kind };
    }
    return undefined;
  }

  async #answer(request: AnyRequest, response: AnyResponse): Promise<void> {
    const found = this.#find(request.url);
    if (found === undefined) return reply(response, 404);
    const { endpoint, target, kind } = found;
    try {
      if (this.#answerOrigin(request, response)) return;
      if (kind === 'negotiate') await endpoint.answerNegotiate(request, response, target);
      else if (kind === 'refresh') await endpoint.answerRefresh(request, response, target);
      else await endpoint.answerConnect(request, response, target);
    } catch (error) {
      (this.#options.log ?? silentLogger).error({ err: error, path: target.path }, 'hub request failed');
      reply(response, 500);
    }
  }

  /** True when nothing more is to be said to a page of that origin. WebSockets were judged before. */
  #answerOrigin(request: AnyRequest, response: AnyResponse): boolean {
    const { origin } = request.headers;
    if (!this.#cors.isOpen || isWebSocketRequest(request)) return false;
    for (const [name, value] of Object.entries(this.#cors.headers(origin))) response.setHeader(name, value);
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (isPreflight && origin !== undefined) {
      const asked = request.headers['access-control-request-headers'];
      for (const [name, value] of Object.entries(this.#cors.preflightHeaders(origin, asked)))
        response.setHeader(name, value);
      head(response, 204);
      response.end();
      return true;
    }
    if (!this.#cors.refuses(origin, hostOf(request))) return false;
    reply(response, 403);
    return true;
  }
}
