// The numbers of our HTTP/1.1 client beside the time-outs of the room (SourceLimits), each with its unit, default and reason.

/** Limits on what one answer may make us hold or read. Passing one is `error-http-invalid-server-response`. */
export interface ParserLimits {
  /** Status line and fields of one head, the final one or an interim one. Bytes. Default: the room's `maxHeaderBytes`. */
  readonly maxHeadBytes: number;
  /** One line of a head or trailer. Bytes. A Location of the 8,000 octets of RFC 9110, 4.1 fits. */
  readonly maxLineBytes: number;
  /** Field lines of one head or trailer section. */
  readonly maxFields: number;
  /** Interim answers (1xx) before the final one. */
  readonly maxInterimAnswers: number;
  /** Hexadecimal digits of a chunk size, leading zeros included; its value must be a safe integer besides. */
  readonly maxChunkSizeDigits: number;
  /** Extension of one chunk; each chunk but the last brings at least one byte of body. Bytes. */
  readonly maxChunkExtensionBytes: number;
  /** All trailer lines. Bytes. */
  readonly maxTrailerBytes: number;
}

export const parserLimits: ParserLimits = Object.freeze({
  maxHeadBytes: 16_384,
  maxLineBytes: 8_192,
  maxFields: 200,
  maxInterimAnswers: 16,
  maxChunkSizeDigits: 16,
  maxChunkExtensionBytes: 1_024,
  maxTrailerBytes: 8_192,
});

export interface ConnectionOptions {
  /** Idle connections kept to one scheme, host and port; the oldest gives way. The room's own default of active ones is 6. */
  readonly maxIdlePerOrigin: number;
  /** Idle connections kept in all. */
  readonly maxIdle: number;
  /** An idle connection is closed after this, or a second before the server's `Keep-Alive: timeout=`. Milliseconds. */
  readonly idleMs: number;
  /** Each of a connection's own two buffers: heads, and bytes that come when no slab is at hand. A small file fits. Bytes. */
  readonly scratchBytes: number;
  /** A body that nobody wants is read to its end when it is at most this long, so that the connection can be kept. Bytes. */
  readonly maxDrainBytes: number;
  /** … and ends within this time. Milliseconds. */
  readonly maxDrainMs: number;
  /** TLS sessions remembered, one an origin. */
  readonly maxSessions: number;
  /** Of several addresses, one is given this long before the next is tried. Milliseconds. */
  readonly nextAddressMs: number;
}

export const connectionDefaults: ConnectionOptions = Object.freeze({
  maxIdlePerOrigin: 8,
  maxIdle: 64,
  idleMs: 15_000,
  scratchBytes: 65_536,
  maxDrainBytes: 65_536,
  maxDrainMs: 5_000,
  maxSessions: 100,
  nextAddressMs: 2_000,
});
