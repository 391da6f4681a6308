// One hub's path on an HTTP server (§1): says who may, which request means what, and hands it to its transport. Each refusal
// is a row of §1.1.

import type { AnyRequest, AnyResponse } from '@longhaul/websockets';
import { checkWebSocketRequest, isWebSocketRequest } from '@longhaul/websockets';
import type { ConnectionIdentity, ServedConnection } from '../driver.ts';
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
import { reply, replyBusy, replyJson } from './answers.ts';
import { ClientChannel } from './client-channel.ts';
import { ConnectionDirectory, type DirectoryEntry } from './connection-directory.ts';
import type { ConnectionTokens } from './connection-token.ts';
import { LongPollingTransport } from './long-polling.ts';
import {
  chooseNegotiateVersion,
  writeNegotiateAnswer,
  writeNegotiateError,
  writeNegotiateRedirect,
} from './negotiate.ts';
import { PostBody, type PostEnd } from './post-body.ts';
import { refreshAnswer, refreshError } from './refresh.ts';
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

export interface EndpointSettings {
  readonly tokens: ConnectionTokens;
  /** Other servers have the same secret: what they have negotiated may be opened here. */
  readonly isSecretShared: boolean;
}

type Entry<User> = DirectoryEntry<User, ClientChannel>;
type Step = 'negotiate' | 'connect' | 'refresh';
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
  readonly directory = new ConnectionDirectory<User, ClientChannel>();
  readonly #host: EndpointHost;
  readonly #options: EndpointOptions<User>;
  readonly #limits: typeof endpointDefaults & typeof longPollingDefaults;
  readonly #settings: EndpointSettings;
  readonly #ticking = new Set<Ticking>();

  constructor(host: EndpointHost, options: EndpointOptions<User>, settings: EndpointSettings) {
    this.#host = host;
    this.#options = options;
    this.#settings = settings;
    const given = Object.entries({ ...options, ...options.longPolling }).filter(([, value]) => value !== undefined);
    this.#limits = { ...endpointDefaults, ...longPollingDefaults, ...Object.fromEntries(given) };
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
    for (const { channel } of this.directory.disposeOverdue(now)) channel?.inbox.end();
    for (const ticking of this.#ticking) ticking.tick(now);
  }

  async answerNegotiate(request: AnyRequest, response: AnyResponse, { query }: RequestTarget): Promise<void> {
    const authorization = await this.#authorize(request, response, 'negotiate', undefined, query);
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
    const { tokens } = this.#settings;
    const id = tokens.createId();
    const connectionToken = tokens.issue(choice.version, id, Date.now() + disconnectTimeoutMs);
    // Version 0 knows one id only: it is the token too.
    const connectionId = choice.version > 0 ? id : connectionToken;
    const useStatefulReconnect = this.#wantsStatefulReconnect(query);
    const negotiated = { connectionId, connectionToken, user, useStatefulReconnect };
    this.directory.add(negotiated, performance.now() + disconnectTimeoutMs);
    const lifetimeSeconds = enableAuthenticationRefresh ? secondsUntil(expiresAt) : undefined;
    replyJson(response, 200, writeNegotiateAnswer(choice.version, negotiated, transports, lifetimeSeconds));
  }

  async answerConnect(request: AnyRequest, response: AnyResponse, { query }: RequestTarget): Promise<void> {
    const id = queryValue(query, 'id');
    const known = id === undefined ? undefined : this.directory.find(id);
    const authorization = await this.#authorize(request, response, 'connect', known?.user, query);
    if (authorization === undefined) return;
    const { method } = request;
    if (wantsWebSocket(request) && !acceptsEventStream(request)) {
      return await this.#openWebSocket(request, response, id, authorization);
    }
    if (method !== 'GET' && method !== 'POST' && method !== 'DELETE') return reply(response, 405);
    if (!id) return reply(response, 400, 'Connection ID required');
    const entry = this.directory.find(id);
    if (entry === undefined) return reply(response, 404, unknownConnection);
    this.#authenticated(entry, authorization);
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
    const entry = id ? this.directory.find(id) : undefined;
    const authorization = await this.#authorize(request, response, 'refresh', undefined, query);
    if (authorization === undefined) return;
    if (request.method !== 'POST') return reply(response, 405);
    const fail = ({ status, text }: { status: number; text: string }) => replyJson(response, status, text);
    if (!id) return fail(refreshError('missing_connection_token'));
    const connection = entry?.channel?.connection;
    if (entry === undefined || connection === undefined) return fail(refreshError('connection_not_found'));
    const { user, expiresAt } = authorization;
    const owner = connection.user as User | undefined;
    const { connectionId } = entry;
    const mayRefresh =
      this.#options.onAuthenticationRefresh === undefined
        ? this.#userIdentifierOf(user, request) === connection.userIdentifier
        : await this.#options.onAuthenticationRefresh({ request, connectionId, user: owner, refreshedUser: user });
    if (mayRefresh !== true) return fail(refreshError('identity_changed'));
    connection.authenticated(user, this.#enforced(expiresAt));
    replyJson(response, 200, refreshAnswer(connectionId, Date.now(), secondsUntil(expiresAt)));
  }

  async #openWebSocket(
    request: AnyRequest,
    response: AnyResponse,
    id: string | undefined,
    authorization: Allowed<User>,
  ): Promise<void> {
    const found = id ? (this.directory.find(id) ?? this.#adopt(id, authorization)) : undefined;
    if (id && found === undefined) return reply(response, 404, unknownConnection);
    if (!this.#limits.transports.includes('WebSockets')) return reply(response, 404, notSupported('WebSockets'));
    if (found?.transport !== undefined && found.transport !== 'WebSockets') {
      return reply(response, 400, 'Cannot change transports mid-connection');
    }
    const busyFor = found === undefined ? this.#host.busyFor() : undefined;
    if (busyFor !== undefined) return replyBusy(response, busyFor);
    const entry = found ?? this.#create(authorization.user);
    if (!this.directory.attach(entry.connectionToken, 'WebSockets')) {
      return await this.#resumeWebSocket(request, response, entry);
    }
    try {
      const identity = this.#identify(request, entry, authorization);
      const transport = await acceptWebSocketTransport(request, response, this.#options.webSockets);
      // Not awaited: nothing of this request is held as long as the connection lives.
      this.#forgetAfter(this.#serve(entry, transport, identity), entry);
    } catch (error) {
      this.#forget(entry);
      throw error;
    }
  }

  #forgetAfter(connection: ServedConnection | undefined, entry: Entry<User>): void {
    if (connection === undefined) this.#forget(entry);
    else void connection.ended.then(() => this.#forget(entry));
  }

  /** §9.5: another WebSocket in the place of the first. */
  async #resumeWebSocket(request: AnyRequest, response: AnyResponse, entry: Entry<User>): Promise<void> {
    const connection = entry.channel?.connection;
    if (connection?.isResumable !== true) return reply(response, 409);
    const transport = await acceptWebSocketTransport(request, response, this.#options.webSockets);
    if (!connection.resume(transport)) await transport.close();
  }

  #openEventStream(request: AnyRequest, response: AnyResponse, entry: Entry<User>, authorization: Allowed<User>): void {
    if (!this.directory.attach(entry.connectionToken, 'ServerSentEvents')) {
      reply(response, 409);
      return;
    }
    const { inbox } = this.#channelOf(entry);
    inbox.widen(this.#limits.transportMaxBufferSize);
    const transport = new ServerSentEventsTransport(response, inbox, this.#limits.transportSendTimeoutMs);
    this.#watch(entry, transport);
    this.#serve(entry, transport, this.#identify(request, entry, authorization));
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
    this.directory.attach(entry.connectionToken, 'LongPolling');
    channel.inbox.widen(this.#limits.transportMaxBufferSize);
    const transport = new LongPollingTransport(channel.inbox, this.#limits, performance.now());
    channel.longPolling = transport;
    this.#watch(entry, transport);
    transport.open(response, performance.now());
    this.#serve(entry, transport, this.#identify(request, entry, authorization));
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
    const { transports, maxPostBytes } = this.#limits;
    if (!transports.includes('ServerSentEvents') && !transports.includes('LongPolling')) {
      return reply(response, 404, notSupported('LongPolling'));
    }
    const channel = this.#channelOf(entry);
    const end = await channel.inTurn(async (): Promise<PostEnd> => {
      const body = new PostBody(request, channel.inbox, maxPostBytes, performance.now());
      this.#ticking.add(body);
      try {
        return await body.receive();
      } finally {
        this.#ticking.delete(body);
      }
    });
    if (end === undefined) return replyBusy(response, 1);
    if (end === 'received') return reply(response, 200, '', 'text/plain');
    if (end === 'disposed') return reply(response, 404);
    if (end === 'gone') return reply(response, 400);
    // What is left of the body is not read: on HTTP/1.1 nothing else can come over this connection.
    if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
    reply(response, end === 'too-large' ? 413 : 408);
  }

  #serve(entry: Entry<User>, transport: Transport, identity: ConnectionIdentity): ServedConnection | undefined {
    const connection = this.#host.serve(transport, identity);
    this.#channelOf(entry).connection = connection;
    if (connection === undefined) void transport.close();
    return connection;
  }

  /** Time is told to the transport until it is gone, and the token with it. */
  #watch(entry: Entry<User>, transport: Transport & Ticking): void {
    this.#ticking.add(transport);
    void transport.closed.then(() => {
      this.#ticking.delete(transport);
      this.#forget(entry);
    });
  }

  #channelOf(entry: Entry<User>): ClientChannel {
    entry.channel ??= new ClientChannel();
    return entry.channel;
  }

  #create(user: User | undefined): Entry<User> {
    const { tokens } = this.#settings;
    // `skipNegotiation`: the id is the token too; it was told to nobody and opens nothing.
    const connectionToken = tokens.createId();
    const negotiated = { connectionId: connectionToken, connectionToken, user };
    return this.directory.add(negotiated, Number.POSITIVE_INFINITY);
  }

  /** A connection that another server with our secret has negotiated. Who may open it says `authorize` alone. */
  #adopt(token: string, { user }: Allowed<User>): Entry<User> | undefined {
    if (!this.#settings.isSecretShared || this.directory.isSpent(token)) return undefined;
    const content = this.#settings.tokens.read(token, Date.now());
    if (content === undefined) return undefined;
    const negotiated = { connectionId: content.connectionId, connectionToken: token, user };
    return this.directory.add(negotiated, performance.now() + content.expiresAt - Date.now());
  }

  #forget({ connectionToken }: Entry<User>): void {
    this.directory.remove(connectionToken);
    if (!this.#settings.isSecretShared) return;
    const content = this.#settings.tokens.read(connectionToken, Date.now());
    if (content !== undefined) {
      this.directory.spend(connectionToken, performance.now() + content.expiresAt - Date.now());
    }
  }

  #wantsStatefulReconnect(query: URLSearchParams): boolean {
    const isAllowed = this.#options.allowStatefulReconnects === true;
    return isAllowed && queryValue(query, 'useStatefulReconnect')?.toLowerCase() === 'true';
  }

  #identify(request: AnyRequest, entry: Entry<User>, { user, expiresAt }: Allowed<User>): ConnectionIdentity {
    const whoever = user ?? entry.user;
    return {
      connectionId: entry.connectionId,
      user: whoever,
      userIdentifier: this.#userIdentifierOf(whoever, request),
      request,
      authenticationExpiresAt: this.#enforced(expiresAt),
      resumeWithinMs: entry.useStatefulReconnect ? this.#limits.disconnectTimeoutMs : undefined,
    };
  }

  #userIdentifierOf(user: User | undefined, request: AnyRequest): string | undefined {
    const { userIdProvider } = this.#options;
    return userIdProvider === undefined ? user?.id : userIdProvider(user, request);
  }

  #enforced(expiresAt: number | undefined): number | undefined {
    return this.#limits.closeOnAuthenticationExpiration ? expiresAt : undefined;
  }

  /** Later requests of a connection renew its user (§3); another user's are only reported, as in ASP.NET Core. */
  #authenticated({ channel, connectionId }: Entry<User>, { user, expiresAt }: Allowed<User>): void {
    const connection = channel?.connection;
    if (connection === undefined || user === undefined) return;
    if (user.id === connection.user?.id) connection.authenticated(user, this.#enforced(expiresAt));
    else this.#host.log.warn({ connectionId }, 'a request of this connection was made by another user');
  }

  /** `undefined` when the request is refused and answered (empty body: clients show the status, §1.1). */
  async #authorize(
    request: AnyRequest,
    response: AnyResponse,
    step: Step,
    negotiated: User | undefined,
    query: URLSearchParams,
  ): Promise<Allowed<User> | undefined> {
    const { authorize } = this.#options;
    if (authorize === undefined) return { allowed: true };
    const authorization = await authorize({ request, step, negotiated, accessToken: accessTokenOf(request, query) });
    if (authorization.allowed) return authorization;
    if (step !== 'refresh' || authorization.status !== 401) return void reply(response, authorization.status);
    const { status, text } = refreshError('invalid_token');
    return void replyJson(response, status, text);
  }
}

function wantsWebSocket(request: AnyRequest): boolean {
  return isWebSocketRequest(request) && checkWebSocketRequest(request) === undefined;
}

/** §1: the Accept list contains exactly this media type. */
function acceptsEventStream({ headers }: AnyRequest): boolean {
  return (headers.accept ?? '').split(',').some(type => type.trim().toLowerCase() === 'text/event-stream');
}

/** §15.4: in the query only where a browser has no other way. */
function accessTokenOf(request: AnyRequest, query: URLSearchParams): string | undefined {
  const bearer = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer.trim();
  return wantsWebSocket(request) || acceptsEventStream(request) ? queryValue(query, 'access_token') : undefined;
}

function secondsUntil(expiresAt: number | undefined): number | undefined {
  return expiresAt === undefined ? undefined : Math.max(0, Math.floor((expiresAt - Date.now()) / 1_000));
}
