// Every number and choice of the hub server, with its default and where that comes from. Resolved and frozen once: the
// server's options at createHubServer, the endpoint's (over them) at map.
import type { RateLimit } from './dispatch/rate-gate.ts';
import { HubServerError } from './errors.ts';
import type { HubFilter } from './hub-filter.ts';
import type { LifetimeManagerFactory } from './lifetime/lifetime-manager.ts';
import type { HubLogger } from './log.ts';

/** Behaviour of hubs; SignalR's names (signalr-protocol.md §10). Given to createHubServer, and to map for one endpoint. */
export interface HubOptions {
  /** Milliseconds for a complete handshake request; then `Handshake was canceled.` Default 15,000 (§5). */
  readonly handshakeTimeoutMs: number;
  /** Milliseconds between the server's Pings. Default 15,000 (§7). Clients expect something every 30,000. */
  readonly keepAliveIntervalMs: number;
  /** Milliseconds without a message after which a client that has pinged before is given up. Default 30,000 (§7). */
  readonly clientTimeoutIntervalMs: number;
  /** Bytes of one message from a client, separator included; `null` for no limit. Default 32,768 (§8.5). Over it the connection is closed. */
  readonly maximumReceiveMessageSize: number | null;
  /** Protocols the handshake accepts. Default: `json` and `messagepack` (§5). */
  readonly supportedProtocols: readonly HubProtocolName[];
  /** True: clients read what every exception says. Default false: only what a HubError says (§8.2). */
  readonly enableDetailedErrors: boolean;
  /** Items of an upload stream that wait for the method. Default 10 (§8.6). At the limit nothing more of that client is read. */
  readonly streamBufferCapacity: number;
  /** Ordinary invocations of one client that run at the same time. Default 1 (§8.3). At the limit nothing more of it is read. */
  readonly maximumParallelInvocationsPerClient: number;
  /**
   * What one client may have running beside those: streams from the server, upload streams, calls that wait for the
   * client's own answer. Default 100. More fail with `too-many-calls`.
   */
  readonly maximumConcurrentCallsPerClient: number;
  /**
   * Bytes waiting in one connection from which on `clients.caller`, `clients.client(id)` and streams wait for the client.
   * Default 65,536 (§3, ApplicationMaxBufferSize).
   */
  readonly applicationMaxBufferSize: number;
  /**
   * Bytes that may wait in one connection. What becomes of a client that leaves more unread, `slowConsumer` says. Default
   * 1,048,576.
   */
  readonly maximumBufferedBytes: number;
  /**
   * What is done about a client that reads more slowly than it is written to (issue aspnetcore #43093). Default
   * `disconnect`.
   *
   * - `disconnect`: over `maximumBufferedBytes` the connection is closed with the code `slow-consumer`, reconnect allowed.
   * - `wait`: as `disconnect`, but who sends to many waits for this client too, as in ASP.NET Core: nothing is lost as long
   *   as senders await, and the slowest client sets the pace.
   * - `drop-oldest`: over `maximumBufferedBytes` the oldest waiting sends are dropped.
   * - `latest-by-key`: of the waiting sends with the same `slowConsumerKey` only the latest is kept; then as `drop-oldest`.
   *
   * Only sends that nobody waits an answer for are dropped; when results and stream items alone are over the limit the
   * connection is closed. Dropped messages reach `diagnostics_channel` and the log.
   */
  readonly slowConsumer: SlowConsumerPolicy;
  /**
   * For `wait`: milliseconds after which a client that senders wait for, and that takes nothing meanwhile, is closed with the
   * code `slow-consumer`, reconnect allowed. Default 30,000, as long as a silent client is waited for (§7).
   */
  readonly slowConsumerTimeoutMs: number;
  /** For `latest-by-key`: what a send is the latest of; `undefined`: of nothing. Default: its target. */
  readonly slowConsumerKey: (target: string, args: readonly unknown[]) => string | undefined;
  /**
   * Bytes sent to one client and not acknowledged by it, from which on senders wait for its acknowledgement (§9). Default
   * 100,000. Counts with stateful reconnect only; `maximumBufferedBytes` is the hard limit.
   */
  readonly statefulReconnectBufferSize: number;
  /** Calls and upload items of one client, before anything is looked up. Default `null`: no limit. */
  readonly rateLimit: RateLimit | null;
}

export type HubProtocolName = 'json' | 'messagepack';

export type SlowConsumerPolicy = 'disconnect' | 'wait' | 'drop-oldest' | 'latest-by-key';

export interface HubServerOptions extends Partial<HubOptions> {
  /** Around the calls of every hub; the first one is the outermost (§10). */
  readonly filters?: readonly HubFilter[];
  readonly log?: HubLogger;
  /** Where groups, users and sends to many live. Default: in this process's memory. */
  readonly lifetimeManager?: LifetimeManagerFactory;
  /**
   * Origins whose pages may connect, exact, as `https://example.com`; pages of others are answered 403 (§1.1). They also get
   * the CORS headers that the official client needs, with credentials. `['*']`: all, without credentials. Default (and
   * empty): WebSockets from everywhere, as in ASP.NET Core, and no CORS headers, so nothing else from elsewhere.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Signs connection tokens; at least 16 bytes. Servers with the same secret let a client in over WebSockets that has
   * negotiated with another of them, so they need no sticky sessions for those. Default: random, this server's alone.
   */
  readonly connectionTokenSecret?: string | Uint8Array;
  /** Connections negotiated but not opened yet, all hubs together. Default 10,000; more are answered 503. */
  readonly maximumPendingConnections?: number;
  /** Groups one connection may be in. Default 1,000. More are refused with `too-many-groups`. */
  readonly maximumGroupsPerConnection?: number;
}

export const defaults = Object.freeze({
  handshakeTimeoutMs: 15_000,
  keepAliveIntervalMs: 15_000,
  clientTimeoutIntervalMs: 30_000,
  maximumReceiveMessageSize: 32_768,
  supportedProtocols: Object.freeze(['json', 'messagepack'] as const) as readonly HubProtocolName[],
  enableDetailedErrors: false,
  streamBufferCapacity: 10,
  maximumParallelInvocationsPerClient: 1,
  maximumConcurrentCallsPerClient: 100,
  applicationMaxBufferSize: 65_536,
  maximumBufferedBytes: 1_048_576,
  statefulReconnectBufferSize: 100_000,
  slowConsumer: 'disconnect',
  slowConsumerTimeoutMs: 30_000,
  slowConsumerKey: (target: string) => target,
  rateLimit: null,
}) satisfies HubOptions;

export const serverDefaults = Object.freeze({ maximumPendingConnections: 10_000, maximumGroupsPerConnection: 1_000 });

const names = Object.keys(defaults) as (keyof HubOptions)[];

/** Earlier layers first. Throws `invalid-option`. */
export function resolveHubOptions(...layers: readonly Partial<HubOptions>[]): HubOptions {
  const options: Record<string, unknown> = { ...defaults };
  for (const layer of layers) {
    for (const name of names) {
      const value = layer[name];
      if (value !== undefined) options[name] = checked(name, value);
    }
  }
  return Object.freeze(options) as unknown as HubOptions;
}

/** Throws `invalid-option`. */
export function checkServerOptions(options: HubServerOptions): void {
  resolveHubOptions(options);
  const { connectionTokenSecret: secret } = options;
  if (secret !== undefined && Buffer.byteLength(secret) < 16) throw invalid('connectionTokenSecret', 'that short');
  for (const name of ['maximumPendingConnections', 'maximumGroupsPerConnection'] as const) {
    if (options[name] !== undefined && !isPositive(options[name])) throw invalid(name, options[name]);
  }
}

const policies: readonly unknown[] = [
  'disconnect',
  'wait',
  'drop-oldest',
  'latest-by-key',
] satisfies SlowConsumerPolicy[];

function checked(name: keyof HubOptions, value: unknown): unknown {
  if (isValid(name, value)) return value;
  throw invalid(name, typeof value === 'object' ? JSON.stringify(value) : value);
}

function isValid(name: keyof HubOptions, value: unknown): boolean {
  switch (name) {
    case 'enableDetailedErrors':
      return typeof value === 'boolean';
    case 'supportedProtocols':
      return (
        Array.isArray(value) && value.length > 0 && value.every(each => defaults.supportedProtocols.includes(each))
      );
    case 'maximumReceiveMessageSize':
      return value === null || isPositive(value);
    case 'slowConsumer':
      return policies.includes(value);
    case 'slowConsumerKey':
      return typeof value === 'function';
    case 'rateLimit':
      return value === null || isRateLimit(value as Partial<RateLimit>);
    default:
      return isPositive(value);
  }
}

function isRateLimit({ perSecond, burst = 1, exceeded = 'error' }: Partial<RateLimit>): boolean {
  return isPositive(perSecond) && isPositive(burst) && burst >= 1 && ['error', 'wait', 'disconnect'].includes(exceeded);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

function invalid(name: string, value: unknown): HubServerError {
  return new HubServerError('invalid-option', `Option ${name} cannot be ${String(value)}.`);
}
