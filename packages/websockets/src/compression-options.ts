// The options of permessage-deflate, resolved and frozen at the door like all others (see options.ts).
import { mustBeObject, unfit } from './arguments.ts';

/**
 * permessage-deflate (RFC 7692). Off unless given, because compressing a secret together with what an attacker chose
 * tells the secret by the length of the result (CRIME, BREACH): send secrets with `compress: false`.
 */
export interface CompressionOptions {
  /** Window in which the server compresses, as a power of two: 9-15. Default 15; a smaller one the peer asks for is kept. */
  serverMaxWindowBits?: number;
  /** Window in which the client compresses: 9-15. Default 15. A server with less declines clients that cannot keep to it. */
  clientMaxWindowBits?: number;
  /** False: the server compresses every message by itself. Default true. */
  serverContextTakeover?: boolean;
  /** False: the client compresses every message by itself. Default true. */
  clientContextTakeover?: boolean;
  /** Messages with fewer bytes go out uncompressed. Default 64: below it deflate saves next to nothing (decision 106). */
  thresholdBytes?: number;
  /** zlib's level, 1 (fast) to 9 (small). Default 3: near 1 in time, near 6 in size (decision 106). */
  level?: number;
}

export type CompressionSettings = Readonly<Required<CompressionOptions>>;

/** Messages of one server that zlib may work on in threads at the same time: twice the threads of libuv, none idles. */
export const zlibJobsAtOnce = 8;

export const compressionDefaults = Object.freeze({
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
  serverContextTakeover: true,
  clientContextTakeover: true,
  thresholdBytes: 64,
  level: 3,
}) satisfies CompressionSettings;

/** Frozen; undefined for "off". Throws `invalid-argument`. */
export function resolveCompression(options: CompressionOptions | boolean | undefined): CompressionSettings | undefined {
  if (options === undefined || options === false) return undefined;
  if (options === true) return compressionDefaults;
  mustBeObject('Option compression', options);
  const settings: Record<string, unknown> = { ...compressionDefaults };
  for (const name of Object.keys(compressionDefaults) as (keyof CompressionSettings)[]) {
    const value = options[name];
    if (value === undefined) continue;
    const [lowest, highest] = compressionRanges[name] ?? [];
    const isRight =
      lowest === undefined || highest === undefined
        ? typeof value === 'boolean'
        : Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest;
    if (!isRight) throw unfit(`Option compression.${name}`, value);
    settings[name] = value;
  }
  return Object.freeze(settings) as CompressionSettings;
}

const compressionRanges: Partial<Record<keyof CompressionSettings, readonly [lowest: number, highest: number]>> = {
  // zlib has no raw deflate with a window of 8 bits.
  serverMaxWindowBits: [9, 15],
  clientMaxWindowBits: [9, 15],
  thresholdBytes: [0, Number.MAX_SAFE_INTEGER],
  level: [1, 9],
};
