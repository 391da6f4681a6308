// Every choice of one mapped path that is about HTTP: who may connect, over which transports, with which limits. Given to
// `map`, with the hub's own options (options.ts) beside them.
import type { AnyRequest } from '@longhaul/websockets';
import { HubServerError } from './errors.ts';
import type { HubUser } from './hub.ts';
import type { HubFilter } from './hub-filter.ts';
import type { HubOptions } from './options.ts';

/** A request of node:http, or of node:http2 (whose compatibility layer looks the same). */
export type HubRequest = AnyRequest;

export type TransportName = 'WebSockets' | 'ServerSentEvents' | 'LongPolling';

/** What `authorize` says. 401, 403 and 421 are answered with an empty body. */
export type Authorization<User extends HubUser = HubUser> = Allowed<User> | Refused;

export interface Allowed<User extends HubUser = HubUser> {
  readonly allowed: true;
  readonly user?: User | undefined;
  /** When the credentials expire, in milliseconds of `Date.now()`. For `closeOnAuthenticationExpiration` and `/refresh`. */
  readonly expiresAt?: number | undefined;
}

export interface Refused {
  readonly allowed: false;
  readonly status: 401 | 403 | 421;
}

export interface AuthorizationContext<User extends HubUser = HubUser> {
  readonly request: HubRequest;
  /** `negotiate`, `refresh`, or any other request that carries (or should carry) a connection token. */
  readonly step: 'negotiate' | 'connect' | 'refresh';
  /**
   * The bearer token of the Authorization header; where a browser cannot set one (WebSockets, Server-Sent Events) else
   * `access_token` of the query (§15.4). Keep it out of logs.
   */
  readonly accessToken: string | undefined;
  /**
   * The user of the negotiate whose connection token this `connect` carries; `undefined` when that had none, without a
   * token (`skipNegotiation`), and for a token nobody knows.
   */
  readonly negotiated: User | undefined;
}

/** Where a client shall negotiate instead (§2). */
export interface NegotiateRedirect {
  /** Absolute; its query is kept. */
  readonly url: string;
  /** Replaces the client's own token for all that follows. */
  readonly accessToken?: string | undefined;
}

export interface NegotiateContext<User extends HubUser = HubUser> {
  readonly request: HubRequest;
  readonly user: User | undefined;
}

export interface AuthenticationRefreshContext<User extends HubUser = HubUser> {
  readonly request: HubRequest;
  readonly connectionId: string;
  /** Whose connection it is. */
  readonly user: User | undefined;
  /** Whom the new credentials name. */
  readonly refreshedUser: User | undefined;
}

export interface EndpointOptions<User extends HubUser = HubUser> extends Partial<HubOptions> {
  /** Asked on every request of this endpoint, before anything else. Default: everybody is allowed. Throwing answers 500. */
  readonly authorize?: (context: AuthorizationContext<User>) => Authorization<User> | Promise<Authorization<User>>;
  /** Around the calls of this hub, inside the server's. */
  readonly filters?: readonly HubFilter<User>[];
  /** What `call.userIdentifier` and `clients.user(id)` go by. Default: `user.id`. */
  readonly userIdProvider?: (user: User | undefined, request: HubRequest) => string | undefined;
  /** Sends a client that negotiates to another address; `undefined`: it stays here. Default: all stay (§2). */
  readonly onNegotiate?: (
    context: NegotiateContext<User>,
  ) => NegotiateRedirect | undefined | Promise<NegotiateRedirect | undefined>;
  /** Transports offered, in the order of preference. Default: all there are. */
  readonly transports?: readonly TransportName[];
  /** Lowest `negotiateVersion` that is answered. Default 0 (§2). */
  readonly minimumProtocolVersion?: number;
  /**
   * Milliseconds a negotiated connection waits to be opened, and one that polls waits for the next poll. Default 15,000
   * (§2, DisconnectTimeout).
   */
  readonly disconnectTimeoutMs?: number;
  /** Bytes POSTed by a client that wait for the hub; then its POSTs wait. Default 65,536 (§3, TransportMaxBufferSize). */
  readonly transportMaxBufferSize?: number;
  /**
   * Milliseconds the client may leave what was sent to it unread, so that the kernel does not take one send; then it is
   * cut off. Default 10,000 (§3, TransportSendTimeout).
   */
  readonly transportSendTimeoutMs?: number;
  /** Bytes of one POST, which may hold many messages; more are answered 413. Default 30,000,000 (Kestrel's limit). */
  readonly maxPostBytes?: number;
  /** True: a client that asks for it may come back after its WebSocket was cut, and loses nothing (§9). Default false. */
  readonly allowStatefulReconnects?: boolean;
  /** True: a connection is closed, reconnect allowed, when what `authorize` said in `expiresAt` has come. Default false (§10). */
  readonly closeOnAuthenticationExpiration?: boolean;
  /** True: `POST {path}/refresh` gives an open connection new credentials (§13). Default false: there is no such path. */
  readonly enableAuthenticationRefresh?: boolean;
  /** May this refresh happen? Asked after `authorize`. Default: when the user identifier stays the same. */
  readonly onAuthenticationRefresh?: (context: AuthenticationRefreshContext<User>) => boolean | Promise<boolean>;
  readonly webSockets?: WebSocketTransportOptions;
  readonly longPolling?: LongPollingOptions;
}

export interface WebSocketTransportOptions {
  /** Milliseconds the client has to answer our Close frame. Default 5,000 (§4.1). */
  readonly closeTimeoutMs?: number;
  /** Chooses one of the sub-protocols that the client offers. Default: none (§4.1). */
  readonly subprotocolSelector?: (requested: readonly string[]) => string | undefined;
  /**
   * Bytes of one WebSocket message, which may hold many hub messages: the official client puts everything that was sent
   * in one turn into one. Default 4,194,304. Over it the WebSocket closes with 1009.
   */
  readonly maxMessageBytes?: number;
}

export interface LongPollingOptions {
  /** Milliseconds a poll waits for data before it is answered without. Default 90,000 (§4.3); the official client waits 100,000. */
  readonly pollTimeoutMs?: number;
}

export const endpointDefaults = Object.freeze({
  transports: Object.freeze(['WebSockets', 'ServerSentEvents', 'LongPolling'] as const) as readonly TransportName[],
  minimumProtocolVersion: 0,
  disconnectTimeoutMs: 15_000,
  transportMaxBufferSize: 65_536,
  transportSendTimeoutMs: 10_000,
  maxPostBytes: 30_000_000,
  closeOnAuthenticationExpiration: false,
  enableAuthenticationRefresh: false,
});

export const webSocketDefaults = Object.freeze({ closeTimeoutMs: 5_000, maxMessageBytes: 4_194_304 });

export const longPollingDefaults = Object.freeze({ pollTimeoutMs: 90_000 });

/** Throws `invalid-option`. */
export function checkEndpointOptions(options: Omit<EndpointOptions<never>, 'authorize' | 'userIdProvider'>): void {
  const { transports, minimumProtocolVersion, webSockets, longPolling } = options;
  if (transports?.every(name => endpointDefaults.transports.includes(name)) === false) {
    throw invalid('transports', transports.join(', '));
  }
  if (minimumProtocolVersion !== undefined && !Number.isInteger(minimumProtocolVersion)) {
    throw invalid('minimumProtocolVersion', minimumProtocolVersion);
  }
  const { disconnectTimeoutMs, transportMaxBufferSize, transportSendTimeoutMs, maxPostBytes } = options;
  const numbers = {
    disconnectTimeoutMs,
    transportMaxBufferSize,
    transportSendTimeoutMs,
    maxPostBytes,
    ...longPolling,
    ...webSockets,
    subprotocolSelector: undefined,
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !(typeof value === 'number' && value > 0)) throw invalid(name, value);
  }
}

function invalid(name: string, value: unknown): HubServerError {
  return new HubServerError('invalid-option', `Option ${name} cannot be ${String(value)}.`);
}
