// The numbers of the transfers room, each with its unit, default and source. Resolved and frozen once at the door.

export interface TransferLimits {
  /** Transfers whose bytes flow at the same time, over all apps, until `setLimits` says another number. */
  readonly maxActive: number;
  /** Of those, to one host and port. */
  readonly maxActivePerHost: number;
  /**
   * Connections that carry parts of one file at the same time, where several are faster (decision 083); 1 = never more.
   * aria2 and browsers use 4 to 6.
   */
  readonly maxConnectionsPerTransfer: number;
  /** Connections to one host and port, over all transfers, at which none gets a further one. */
  readonly maxConnectionsPerHost: number;
  /** No part of a file is smaller when another connection takes it over. Bytes. */
  readonly minSegmentBytes: number;
  /** A rest that takes less than this at the present rate gets no further connection. Milliseconds. */
  readonly minSplitMs: number;
  /** A transfer that is this fast gets no further connection: a link of 1 Gbit/s is full. Bytes a second. */
  readonly fullLinkBytesPerSecond: number;
  /** Unfinished transfers of one app; one more is `quota-exceeded` (BT-09). */
  readonly maxUnfinishedPerApp: number;
  /** The same for the command's own app, which a person fills by hand or from scripts. */
  readonly maxUnfinishedOfCommand: number;
  /** Records of one app, finished ones included; one more is `quota-exceeded` until some are removed. */
  readonly maxRecordsPerApp: number;
  /** The same for the command's own app. */
  readonly maxRecordsOfCommand: number;
  /** A new connection (name, TCP, TLS) not established in this time is given up (BT-130). Milliseconds. */
  readonly connectTimeoutMs: number;
  /** A request without an answer in this time after connecting is given up (BT-131). Milliseconds. */
  readonly responseTimeoutMs: number;
  /** A body of which nothing arrives for this time is given up; time spent waiting for our disk does not count. Milliseconds. */
  readonly stallTimeoutMs: number;
  /** Waits before retry 1, 2, 3; its length is the number of retries (BT-132). Milliseconds. */
  readonly retryDelaysMs: readonly number[];
  /** A `Retry-After` of the server is honoured up to this. Milliseconds. */
  readonly maxRetryAfterMs: number;
  /** Redirects followed in one request; one more is `redirect-failed`. */
  readonly maxRedirects: number;
  /** Bytes of one response head; more is `error-http-invalid-server-response`. */
  readonly maxHeaderBytes: number;
  /** An offset is made durable after this many bytes … */
  readonly checkpointBytes: number;
  /** … or this much time while bytes flow. Milliseconds. */
  readonly checkpointMs: number;
  /** One fact of a transfer in this time in the long run; with the burst, never more than 10 in a second. Milliseconds. */
  readonly factIntervalMs: number;
  /** Facts of a transfer that may follow each other at once. */
  readonly factBurst: number;
  /** How often a missing network is looked for, only while somebody waits for it. Milliseconds. */
  readonly connectivityPollMs: number;
}

export const defaults: TransferLimits = Object.freeze({
  maxActive: 16,
  maxActivePerHost: 6,
  maxConnectionsPerTransfer: 4,
  maxConnectionsPerHost: 4,
  minSegmentBytes: 256 * 1024,
  minSplitMs: 500,
  fullLinkBytesPerSecond: 128 * 1024 * 1024,
  maxUnfinishedPerApp: 200,
  maxUnfinishedOfCommand: 100_000,
  maxRecordsPerApp: 10_000,
  maxRecordsOfCommand: 1_000_000,
  connectTimeoutMs: 300_000,
  responseTimeoutMs: 120_000,
  stallTimeoutMs: 120_000,
  retryDelaysMs: Object.freeze([1_000, 5_000, 30_000]),
  maxRetryAfterMs: 600_000,
  maxRedirects: 20,
  maxHeaderBytes: 16_384,
  checkpointBytes: 64 * 1024 * 1024,
  checkpointMs: 3_000,
  factIntervalMs: 150,
  factBurst: 3,
  connectivityPollMs: 2_000,
});
