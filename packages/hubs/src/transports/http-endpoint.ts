// One hub's path on an HTTP server (§1): negotiate, and opening a connection by a WebSocket. Each refusal is a row of §1.1.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkWebSocketRequest, isWebSocketRequest } from '@longhaul/websockets';
import type { ConnectionIdentity } from '../driver.ts';
import type { HubUser } from '../hub.ts';
import type { HubLogger } from '../log.ts';
import type { Loose } from '../loose.ts';
import { type Authorization, type EndpointOptions, endpointDefaults, type TransportName } from '../options.ts';
import { ConnectionDirectory, type DirectoryEntry } from './connection-directory.ts';
import { chooseNegotiateVersion, writeNegotiateAnswer, writeNegotiateError } from './negotiate.ts';
import { queryValue, type RequestTarget } from './request-target.ts';
import type { Transport } from './transport.ts';
import { acceptWebSocketTransport } from './websocket.ts';

export interface EndpointHost {
  readonly log: HubLogger;
  /** False: too many connections wait to be opened. */
  mayNegotiate(): boolean;
  /** Runs the connection to its end. */
  serve(transport: Transport, identity: ConnectionIdentity): Promise<void>;
}

const notSupported = (transport: string): string => `${transport} transport not supported by this end point type`;

export type AnyHttpEndpoint = HttpEndpoint<Loose>;

export class HttpEndpoint<User extends HubUser> {
  readonly directory = new ConnectionDirectory<User>(() => randomBytes(16).toString('base64url'));
  readonly #host: EndpointHost;
  readonly #options: EndpointOptions<User>;
  readonly #transports: readonly TransportName[];

  constructor(host: EndpointHost, options: EndpointOptions<User>) {
    this.#host = host;
    this.#options = options;
    this.#transports = options.transports ?? endpointDefaults.transports;
  }

  async answerNegotiate(request: IncomingMessage, response: ServerResponse, { query }: RequestTarget): Promise<void> {
    const authorization = await this.#authorize(request, response, 'negotiate', undefined);
    if (authorization === undefined) return;
    if (request.method !== 'POST') return reply(response, 405);
    const minimum = this.#options.minimumProtocolVersion ?? endpointDefaults.minimumProtocolVersion;
    const choice = chooseNegotiateVersion(queryValue(query, 'negotiateVersion'), minimum);
    if ('error' in choice) return replyJson(response, writeNegotiateError(choice.error));
    if (!this.#host.mayNegotiate()) {
      response.setHeader('Retry-After', '1');
      return reply(response, 503);
    }
    const waitMs = this.#options.disconnectTimeoutMs ?? endpointDefaults.disconnectTimeoutMs;
    const entry = this.directory.negotiate(choice.version, authorization.user, performance.now() + waitMs);
    replyJson(response, writeNegotiateAnswer(choice.version, entry, this.#transports));
  }

  async answerConnect(request: IncomingMessage, response: ServerResponse, { query }: RequestTarget): Promise<void> {
    const id = queryValue(query, 'id');
    const known = id === undefined ? undefined : this.directory.find(id);
    const authorization = await this.#authorize(request, response, 'connect', known?.user);
    if (authorization === undefined) return;
    const { method } = request;
    const wantsWebSocket = isWebSocketRequest(request) && checkWebSocketRequest(request) === undefined;
    if (wantsWebSocket && !acceptsEventStream(request)) {
      return await this.#openWebSocket(request, response, id, authorization);
    }
    if (method !== 'GET' && method !== 'POST' && method !== 'DELETE') return reply(response, 405);
    if (!id) return reply(response, 400, 'Connection ID required');
    const entry = this.directory.find(id);
    if (entry === undefined) return reply(response, 404, 'No Connection with that ID');
    if (method === 'GET') {
      return reply(response, 404, notSupported(acceptsEventStream(request) ? 'ServerSentEvents' : 'LongPolling'));
    }
    if (method === 'DELETE') {
      return reply(response, 400, 'Cannot terminate this connection using the DELETE endpoint.');
    }
    if (entry.transport === undefined) return reply(response, 404, notSupported('LongPolling'));
    reply(response, 405, 'POST requests are not allowed for WebSocket connections.');
  }

  async #openWebSocket(
    request: IncomingMessage,
    response: ServerResponse,
    id: string | undefined,
    authorization: Authorization<User> & { readonly allowed: true },
  ): Promise<void> {
    const found = id ? this.directory.find(id) : undefined;
    if (id && found === undefined) return reply(response, 404, 'No Connection with that ID');
    if (!this.#transports.includes('WebSockets')) return reply(response, 404, notSupported('WebSockets'));
    if (found !== undefined && !this.directory.attach(found.connectionToken, 'WebSockets')) return reply(response, 409);
    const entry = found ?? this.directory.open(authorization.user, 'WebSockets');
    try {
      const identity = this.#identify(request, entry, authorization.user ?? entry.user);
      const transport = await acceptWebSocketTransport(request, response, this.#options.webSockets);
      await this.#host.serve(transport, identity);
    } finally {
      this.directory.remove(entry.connectionToken);
    }
  }

  #identify(
    request: IncomingMessage,
    { connectionId }: DirectoryEntry<User>,
    user: User | undefined,
  ): ConnectionIdentity {
    const { userIdProvider } = this.#options;
    const userIdentifier = userIdProvider === undefined ? user?.id : userIdProvider(user, request);
    return { connectionId, user, userIdentifier, request };
  }

  /** `undefined` when the request is refused and answered (empty body: clients show the status, §1.1). */
  async #authorize(
    request: IncomingMessage,
    response: ServerResponse,
    step: 'negotiate' | 'connect',
    negotiated: User | undefined,
  ): Promise<(Authorization<User> & { readonly allowed: true }) | undefined> {
    const authorization = (await this.#options.authorize?.({ request, step, negotiated })) ?? { allowed: true };
    if (authorization.allowed) return authorization;
    reply(response, authorization.status);
    return undefined;
  }
}

/** §1: the Accept list contains exactly this media type. */
function acceptsEventStream({ headers }: IncomingMessage): boolean {
  return (headers.accept ?? '').split(',').some(type => type.trim().toLowerCase() === 'text/event-stream');
}

function reply(response: ServerResponse, status: number, text = ''): void {
  if (response.headersSent) return;
  const contentType = text !== '' || status === 405 ? { 'Content-Type': 'text/plain' } : {};
  response.writeHead(status, { ...contentType, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

function replyJson(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
