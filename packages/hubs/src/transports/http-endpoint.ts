// One hub's path on an HTTP server (§1): says who may, which request means what, and hands it to its transport. Each refusal
// is a row of §1.1.

import type { AnyRequest, AnyResponse } from '@longhaul/websockets';
import {
  type Allowed,
  type EndpointOptions,
  endpointDefaults,
  longPollingDefaults,
  type TransportName,
} from '../endpoint-options.ts';
import type { HubUser } from '../hub.ts';
import type { HubLogger } from '../log.ts';
import type { Loose } from '../loose.ts';
import type { ConnectionIdentity, ServedConnection } from '../served-connection.ts';
import { isGone, reply, replyBusy, replyJson } from './answers.ts';
import { ClientChannel } from './client-channel.ts';
import type { DirectoryEntry } from './connection-directory.ts';
import { Gate } from './gate.ts';
import { Lobby, type LobbySettings } from './lobby.ts';
import { LongPollingTransport } from './long-polling.ts';
import {
  chooseNegotiateVersion,
  writeNegotiateAnswer,
  writeNegotiateError,
  writeNegotiateRedirect,
} from './negotiate.ts';
import { Posts } from './posts.ts';
import { refreshAnswer, refreshError } from './refresh.ts';
import { acceptsEventStream, wantsWebSocket } from './request-kind.ts';
import { queryValue, type RequestTarget } from './request-target.ts';
import { ServerSentEventsTransport } from './server-sent-events.ts';
import type { Transport } from './transport.ts';
import { acceptWebSocketTransport } from './websocket.ts';

export interface EndpointHost {
  readonly log: HubLogger;
  /** Seconds to come again in, when no new connection is wanted now: too many wait to be opened, or the server drains. */
  busyFor(): number | undefined;
  /** Runs the connection to its end. `undefined` when the server has closed meanwhile. */
  serve(transport: Transport, identity: ConnectionIdentity): ServedConnection | undefined;
}

type Entry<User> = DirectoryEntry<User, ClientChannel>;
interface Ticking {
  tick(now: number): void;
}

const notSupported = (transport: TransportName): string =>
  `${transport} transport not supported by this end point type`;
const unknownConnection = 'No Connection with that ID';

const noCache = Object.freeze({
  'Cache-Control': 'no-cache, no-store',
  Pragma: 'no-cache',
  Expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
});

export type AnyHttpEndpoint = HttpEndpoint<Loose>;

export class HttpEndpoint<User extends HubUser> {
  readonly #host: EndpointHost;
  readonly #options: EndpointOptions<User>;
  readonly #limits: typeof endpointDefaults & typeof longPollingDefaults;
  readonly #lobby: Lobby<User>;
  readonly #gate: Gate<User>;
  readonly #posts: Posts;
  readonly #ticking = new Set<Ticking>();

  constructor(host: EndpointHost, options: EndpointOptions<User>, settings: LobbySettings) {
    this.#host = host;
    this.#options = options;
    this.#lobby = new Lobby(settings);
    const given = Object.entries({ ...options, ...options.longPolling }).filter(([, value]) => value !== undefined);
    this.#limits = { ...endpointDefaults, ...longPollingDefaults, ...Object.fromEntries(given) };
    this.#gate = new Gate(options, this.#limits, host.log);
    this.#posts = new Posts(this.#limits.maxPostBytes);
  }

  get pendingCount(): number {
    return this.#lobby.pendingCount;
  }

  get hasRefresh(): boolean {
    return this.#limits.enableAuthenticationRefresh;
  }

  /** The shortest time that has to be noticed, in milliseconds. */
  get shortestTimeMs(): number {
    const { disconnectTimeoutMs, pollTimeoutMs, transportSendTimeoutMs } = this.#limits;
    return Math.min(disconnectTimeoutMs, pollTimeoutMs, transportSendTimeoutMs);
  }

  tick(now: number): void {
    this.#lobby.disposeOverdue(now);
    this.#posts.tick(now);
    for (const ticking of this.#ticking) ticking.tick(now);
  }

  async answerNegotiate(request: AnyRequest, response: AnyResponse, { query }: RequestTarget): Promise<void> {
    const authorization = await this.#gate.authorize(request, response, 'negotiate', undefined, query);
    if (authorization === undefined) return;
    if (request.method !== 'POST') return reply(response, 405);
    const choice = chooseNegotiateVersion(queryValue(query, 'negotiateVersion'), this.#limits.minimumProtocolVersion);
    if ('error' in choice) return replyJson(response, 200, writeNegotiateError(choice.error));
    const { user, expiresAt } = authorization;
    const redirect = await this.#options.onNegotiate?.({ request, user });
    if (redirect !== undefined) return replyJson(response, 200, writeNegotiateRedirect(choice.version, redirect));
    const busyFor = this.#host.busyFor();
    if (busyFor !== undefined) return replyBusy(response, busyFor);
    const { disconnectTimeoutMs, transports, enableAuthenticationRefresh } = this.#limits;
    const useStatefulReconnect = this.#wantsStatefulReconnect(query);
    const negotiated = this.#lobby.negotiate(choice.version, user, useStatefulReconnect, disconnectTimeoutMs);
    const lifetimeSeconds = enableAuthenticationRefresh ? secondsUntil(expiresAt) : undefined;
    replyJson(response, 200, writeNegotiateAnswer(choice.version, negotiated, transports, lifetimeSeconds));
  }

  async answerConnect(request: AnyRequest, response: AnyResponse, { query }: RequestTarget): Promise<void> {
    const id = queryValue(query, 'id');
    const known = id === undefined ? undefined : this.#lobby.find(id);
    const authorization = await this.#gate.authorize(request, response, 'connect', known?.user, query);
    if (authorization === undefined || isGone(response)) return;
    const { method } = request;
    if (wantsWebSocket(request) && !acceptsEventStream(request)) {
      return await this.#openWebSocket(request, response, id, authorization);
    }
    if (method !== 'GET' && method !== 'POST' && method !== 'DELETE') return reply(response, 405);
    if (!id) return reply(response, 400, 'Connection ID required');
    const entry = this.#lobby.find(id);
    if (entry === undefined) return reply(response, 404, unknownConnection);
    this.#gate.renew(entry, authorization);
    if (method === 'DELETE') return this.#delete(response, entry);
    if (method === 'POST') return await this.#post(request, response, entry);
    const transport = acceptsEventStream(request) ? 'ServerSentEvents' : 'LongPolling';
    if (!this.#limits.transports.includes(transport)) return reply(response, 404, notSupported(transport));
    if (entry.transport !== undefined && entry.transport !== transport) {
      return reply(response, 400, 'Cannot change transports mid-connection');
    }
    if (transport === 'LongPolling') return await this.#poll(request, response, entry, authorization);
    this.#openEventStream(request, response, entry, authorization);
  }

  /** `POST {path}/refresh` (§13). */
  async answerRefresh(request: AnyRequest, response: AnyResponse, { query }: RequestTarget): Promise<void> {
    const id = queryValue(query, 'id');
    const entry = id ? this.#lobby.find(id) : undefined;
    const authorization = await this.#gate.authorize(request, response, 'refresh', undefined, query);
    if (authorization === undefined) return;
    if (request.method !== 'POST') return reply(response, 405);
    const fail = ({ status, text }: { status: number; text: string }) => replyJson(response, status, text);
    if (!id) return fail(refreshError('missing_connection_token'));
    const connection = entry?.connection;
    if (entry === undefined || connection === undefined) return fail(refreshError('connection_not_found'));
    const { user, expiresAt } = authorization;
    const { connectionId } = entry;
    if (!(await this.#gate.mayRefresh(request, connectionId, connection, user))) {
      return fail(refreshError('identity_changed'));
    }
    connection.authenticated(user, this.#gate.enforced(expiresAt));
    replyJson(response, 200, refreshAnswer(connectionId, Date.now(), secondsUntil(expiresAt)));
  }

  async #openWebSocket(
    request: AnyRequest,
    response: AnyResponse,
    id: string | undefined,
    authorization: Allowed<User>,
  ): Promise<void> {
    const found = id ? (this.#lobby.find(id) ?? this.#lobby.adopt(id, authorization)) : undefined;
    if (id && found === undefined) return reply(response, 404, unknownConnection);
    if (!this.#limits.transports.includes('WebSockets')) return reply(response, 404, notSupported('WebSockets'));
    if (found?.transport !== undefined && found.transport !== 'WebSockets') {
      return reply(response, 400, 'Cannot change transports mid-connection');
    }
    const busyFor = found === undefined ? this.#host.busyFor() : undefined;
    if (busyFor !== undefined) return replyBusy(response, busyFor);
    const entry = found ?? this.#lobby.create(authorization.user);
    if (!this.#lobby.attach(entry, 'WebSockets')) {
      return await this.#resumeWebSocket(request, response, entry);
    }
    try {
      const identity = this.#gate.identify(request, entry, authorization);
      const transport = await this.#acceptWebSocket(request, response);
      // Its end is not awaited: nothing of this request is held as long as the connection lives.
      const connection = this.#serve(entry, transport, { ...identity, connectionToken: entry.connectionToken });
      if (connection === undefined) this.#lobby.forget(entry);
    } catch (error) {
      this.#lobby.forget(entry);
      throw error;
    }
  }

  /** The connection of this token is gone. */
  forget(connectionToken: string): void {
    const entry = this.#lobby.find(connectionToken);
    if (entry !== undefined) this.#lobby.forget(entry);
  }

  #acceptWebSocket(request: AnyRequest, response: AnyResponse): Promise<Transport> {
    const { transportSendTimeoutMs } = this.#limits;
    return acceptWebSocketTransport(request, response, transportSendTimeoutMs, this.#options.webSockets);
  }

  /** §9.5: another WebSocket in the place of the first. */
  async #resumeWebSocket(request: AnyRequest, response: AnyResponse, entry: Entry<User>): Promise<void> {
    const { connection } = entry;
    if (connection?.isResumable !== true) return reply(response, 409);
    const transport = await this.#acceptWebSocket(request, response);
    if (!connection.resume(transport)) await transport.close();
  }

  #openEventStream(request: AnyRequest, response: AnyResponse, entry: Entry<User>, authorization: Allowed<User>): void {
    if (!this.#lobby.attach(entry, 'ServerSentEvents')) {
      reply(response, 409);
      return;
    }
    const { inbox } = this.#channelOf(entry);
    inbox.widen(this.#limits.transportMaxBufferSize);
    const transport = new ServerSentEventsTransport(response, inbox, this.#limits.transportSendTimeoutMs);
    this.#watch(entry, transport);
    this.#serve(entry, transport, this.#gate.identify(request, entry, authorization));
  }

  async #poll(
    request: AnyRequest,
    response: AnyResponse,
    entry: Entry<User>,
    authorization: Allowed<User>,
  ): Promise<void> {
    for (const [name, value] of Object.entries(noCache)) response.setHeader(name, value);
    const channel = this.#channelOf(entry);
    const earlier = channel.longPolling;
    if (earlier !== undefined) return await earlier.poll(response, () => performance.now());
    this.#lobby.attach(entry, 'LongPolling');
    channel.inbox.widen(this.#limits.transportMaxBufferSize);
    const transport = new LongPollingTransport(channel.inbox, this.#limits, performance.now());
    channel.longPolling = transport;
    this.#watch(entry, transport);
    transport.open(response, performance.now());
    this.#serve(entry, transport, this.#gate.identify(request, entry, authorization));
  }

  #delete(response: AnyResponse, entry: Entry<User>): void {
    const polls = entry.channel?.longPolling;
    if (polls === undefined) {
      reply(response, 400, 'Cannot terminate this connection using the DELETE endpoint.');
      return;
    }
    reply(response, 202);
    polls.dispose();
  }

  async #post(request: AnyRequest, response: AnyResponse, entry: Entry<User>): Promise<void> {
    if (entry.transport === 'WebSockets') {
      return reply(response, 405, 'POST requests are not allowed for WebSocket connections.');
    }
    const { transports } = this.#limits;
    if (!transports.includes('ServerSentEvents') && !transports.includes('LongPolling')) {
      return reply(response, 404, notSupported('LongPolling'));
    }
    await this.#posts.receive(request, response, this.#channelOf(entry));
  }

  #serve(entry: Entry<User>, transport: Transport, identity: ConnectionIdentity): ServedConnection | undefined {
    let connection: ServedConnection | undefined;
    try {
      connection = this.#host.serve(transport, identity);
      entry.connection = connection;
      return connection;
    } finally {
      // Also when it threw: nobody else would ever close it.
      if (connection === undefined) void transport.close();
    }
  }

  /** Time is told to the transport until it is gone, and the token with it. */
  #watch(entry: Entry<User>, transport: Transport & Ticking): void {
    this.#ticking.add(transport);
    transport.whenClosed(() => {
      this.#ticking.delete(transport);
      this.#lobby.forget(entry);
    });
  }

  #channelOf(entry: Entry<User>): ClientChannel {
    entry.channel ??= new ClientChannel();
    return entry.channel;
  }

  #wantsStatefulReconnect(query: URLSearchParams): boolean {
    const isAllowed = this.#options.allowStatefulReconnects === true;
    return isAllowed && queryValue(query, 'useStatefulReconnect')?.toLowerCase() === 'true';
  }
}

function secondsUntil(expiresAt: number | undefined): number | undefined {
  return expiresAt === undefined ? undefined : Math.max(0, Math.floor((expiresAt - Date.now()) / 1_000));
}
