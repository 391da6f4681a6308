// Every number someone may want to change, its default and the reason for it. Options are resolved and frozen once at
// the door (`useWebSockets`, `acceptWebSocket`, `connectWebSocket`); the rooms below get complete, frozen settings.
import { mustBeObject, unfit } from './arguments.ts';
import { type CompressionOptions, type CompressionSettings, resolveCompression } from './compression-options.ts';
import { isCloseCode } from './protocol/opcodes.ts';

/** What happens to a `send()` that would put more than `maxBufferedBytes` into the output of one connection. */
export type OutputPolicy = 'wait' | 'drop' | 'close';

/** Options of one connection, the same on both ends. */
export interface ConnectionOptions {
  /** permessage-deflate: `true` for all its defaults. Default `false`, because of CRIME and BREACH (see `CompressionOptions`). */
  compression?: CompressionOptions | boolean | undefined;
  /** Pause between keep-alive frames in ms; 0 or Infinity = off. Default 120,000: as ASP.NET Core (signalr-protocol.md §12). */
  keepAliveIntervalMs?: number;
  /**
   * Time in ms for an answer to a keep-alive ping. Unset (default): an unsolicited pong goes out at the interval and
   * nothing is expected. Set: a ping goes out after an interval in which nothing was heard, and the connection is
   * aborted with `keep-alive-timeout` when nothing at all is heard within this time (signalr-protocol.md §12).
   */
  keepAliveTimeoutMs?: number | undefined;
  /** True: abort with `keep-alive-timeout` after twice the interval in which nothing was heard. Default false. */
  abortsWhenSilentForTwiceTheInterval?: boolean;
  /** Largest message in bytes, all fragments together; more closes 1009. Default 1 MiB: what one hostile peer can make us hold. */
  maxMessageBytes?: number;
  /** Most frames in one message; more closes 1008. Default 16,384: 1 MiB in fragments of 64 bytes. */
  maxFragments?: number;
  /** Most control frames a second; more closes 1008. Default 100: each costs an answer, nobody needs 10 ms pings. */
  maxControlFramesPerSecond?: number;
  /** Most bytes that may wait for the kernel in one connection. Default 1 MiB: one message of the default limit. */
  maxBufferedBytes?: number;
  /**
   * At that limit: `wait` (default) queues on and leaves pacing to whoever awaits `send()`, `drop` leaves the message
   * out, `close` ends the connection with 1008. Use `drop` or `close` where sends are not awaited.
   */
  outputPolicy?: OutputPolicy;
  /** Bytes that may arrive ahead of a slow consumer before the socket is paused. Default 65,536: one read of Node. */
  receiveAheadBytes?: number;
  /** Time in ms for the peer's Close frame after ours; then the transport is dropped. Default 5,000: as SignalR's servers wait. */
  closeTimeoutMs?: number;
  /** Code of our answer to the peer's Close frame: a number, or `echo` (default) for the code it sent (RFC 6455 §5.5.1). */
  closeAnswer?: 'echo' | number;
}

/** Complete, frozen settings of one connection. One object is shared by all connections with the same options. */
export type ConnectionSettings = Readonly<Required<Omit<ConnectionOptions, 'keepAliveTimeoutMs' | 'compression'>>> & {
  readonly keepAliveTimeoutMs: number | undefined;
  /** Undefined: permessage-deflate is neither offered nor taken. */
  readonly compression: CompressionSettings | undefined;
};

export const defaults = Object.freeze({
  compression: undefined,
  keepAliveIntervalMs: 120_000,
  keepAliveTimeoutMs: undefined,
  abortsWhenSilentForTwiceTheInterval: false,
  maxMessageBytes: 1_048_576,
  maxFragments: 16_384,
  maxControlFramesPerSecond: 100,
  maxBufferedBytes: 1_048_576,
  outputPolicy: 'wait',
  receiveAheadBytes: 65_536,
  closeTimeoutMs: 5_000,
  closeAnswer: 'echo',
}) satisfies ConnectionSettings;

/** Once both Close frames are through, or we failed the connection, TCP is gone after this time (websocket-conformance.md, clocks). */
export const lingerMs = 900;

const positive = new Set(['maxMessageBytes', 'maxFragments', 'maxControlFramesPerSecond', 'maxBufferedBytes']);

/** Earlier options first. Throws `invalid-argument` for a value that is none. */
export function resolveSettings(...layers: readonly (ConnectionOptions | undefined)[]): ConnectionSettings {
  const settings: Record<string, unknown> = { ...defaults };
  for (const layer of layers) {
    if (layer === undefined) continue;
    mustBeObject('options', layer);
    for (const name of Object.keys(defaults) as (keyof ConnectionOptions)[]) {
      const value = layer[name];
      if (name === 'compression' && value !== undefined) settings[name] = resolveCompression(layer.compression);
      else if (value !== undefined) settings[name] = checked(name, value);
    }
  }
  return Object.freeze(settings) as ConnectionSettings;
}

function checked(name: keyof ConnectionOptions, value: unknown): unknown {
  if (name === 'abortsWhenSilentForTwiceTheInterval' && typeof value === 'boolean') return value;
  if (name === 'outputPolicy' && (value === 'wait' || value === 'drop' || value === 'close')) return value;
  if (name === 'closeAnswer' && (value === 'echo' || (typeof value === 'number' && isCloseCode(value)))) return value;
  const isNumber = typeof value === 'number' && value >= (positive.has(name) ? 1 : 0);
  if (isNumber && typeof defaults[name] !== 'string' && typeof defaults[name] !== 'boolean') return value;
  throw unfit(`Option ${name}`, value);
}
