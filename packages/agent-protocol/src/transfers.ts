// Transfers as they cross the wire between the agent and its clients (rows BT-01..BT-141): the record everybody reads
// and the requests the agent parses at its door. Runs in browsers.
import * as v from 'valibot';
import { isBytesPerSecond, isUuid } from './checks.ts';
import { collisionOptions } from './words.ts';

/** BackgroundTransferStatus (section 3.5), in kebab-case. */
export const transferStatuses = [
  'idle',
  'running',
  'paused-by-application',
  'paused-costed-network',
  'paused-no-network',
  'paused-system-policy',
  'paused-recoverable-web-error',
  'completed',
  'canceled',
  'error',
] as const;
export type TransferStatus = (typeof transferStatuses)[number];

/** WebErrorStatus (BT-141) in kebab-case; an HTTP status of the table is given as `http-404`. */
export type WebErrorStatus =
  | 'unknown'
  | 'certificate-common-name-is-incorrect'
  | 'certificate-expired'
  | 'certificate-contains-errors'
  | 'certificate-revoked'
  | 'certificate-is-invalid'
  | 'server-unreachable'
  | 'timeout'
  | 'error-http-invalid-server-response'
  | 'connection-aborted'
  | 'connection-reset'
  | 'disconnected'
  | 'http-to-https-on-redirection'
  | 'https-to-http-on-redirection'
  | 'cannot-connect'
  | 'host-name-not-resolved'
  | 'operation-canceled'
  | 'redirect-failed'
  | 'unexpected-status-code'
  | 'unexpected-redirection'
  | 'unexpected-client-error'
  | 'unexpected-server-error'
  | 'insufficient-range-support'
  | 'missing-content-length-support'
  | `http-${number}`;

/** Why a transfer failed or waits, for programs (`code`, `webErrorStatus`) and people (`message`). */
export interface TransferError {
  /** A code of the error table (errors.ts). */
  readonly code: string;
  readonly message: string;
  readonly webErrorStatus: WebErrorStatus | null;
}

/** What happens when the target file exists (BT-32). */
export type CollisionOption = (typeof collisionOptions)[number];

/** Digest algorithms of RFC 9530 that are not broken, by their registered names. */
export const checksumAlgorithms = ['sha-256', 'sha-512'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** What the file's bytes are compared with. A mismatch is the error `integrity-failure`. */
export interface TransferChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Lower-case hexadecimal. */
  readonly expected: string;
  /** `request`: given by the caller; `origin`: the answer's `Repr-Digest` (RFC 9530) or `Digest` (RFC 3230). */
  readonly source: 'request' | 'origin';
  /** True once the whole file was compared and is the same. */
  readonly isVerified: boolean;
}

/** Bytes `[offset, offset + length)` (BT-66). */
export interface TransferRange {
  readonly offset: number;
  readonly length: number;
}

/** One failed attempt. */
export interface TransferAttempt {
  /** When it failed; milliseconds since the epoch. */
  readonly at: number;
  readonly error: TransferError;
}

/** What a record leaves out because few look at it. */
export interface TransferDetails {
  readonly id: string;
  /** What has been received, ascending, adjacent ones joined; at most 1,000. */
  readonly ranges: readonly TransferRange[];
  /** The latest 20 of this agent's life, newest last. */
  readonly attempts: readonly TransferAttempt[];
  /** Bytes of each of the last 60 whole seconds in this agent's life, oldest first; empty when it has not run. */
  readonly rateHistory: readonly number[];
}

/** Limits of the whole agent. */
export interface TransferLimitsRecord {
  /** Bytes a second over all transfers; `null` = none. */
  readonly maxBytesPerSecond: number | null;
  /** Transfers whose bytes flow at the same time, over all apps; the others wait their turn. 16 until it is set. */
  readonly maxActive: number;
}

/** One transfer as every client sees it. Numbers of bytes are body bytes; times are milliseconds since the epoch. */
export interface TransferRecord {
  /** UUID, stable for the life of the operation (BT-53). */
  readonly id: string;
  readonly kind: 'download' | 'upload';
  /** App id that owns it; the CLI's own transfers belong to `longhaul`. */
  readonly app: string;
  readonly status: TransferStatus;
  /** In words: why it is not running, or what it waits for. `null` when there is nothing to say. */
  readonly reason: string | null;
  readonly url: string;
  /** After redirects (BT-61); `null` before the first answer. */
  readonly actualUrl: string | null;
  /** Absolute path as given; with `unique-name`, the path that was really chosen once completed. */
  readonly file: string;
  readonly collision: CollisionOption;
  /** True once start was called; a started operation with status `idle` waits for a free slot. */
  readonly isStarted: boolean;
  /** May decrease after a restart (BT-70). */
  readonly bytesReceived: number;
  /** 0 when unknown (BT-71). */
  readonly totalBytesToReceive: number;
  readonly bytesSent: number;
  readonly totalBytesToSend: number;
  /** Smoothed rate; 0 unless running. */
  readonly bytesPerSecond: number;
  /** Bytes a second this transfer may take; `null` = no limit of its own. Changeable while it runs. */
  readonly maxBytesPerSecond: number | null;
  /** Connections that carry its body at this moment; 0 unless running. */
  readonly connections: number;
  /** `null` when nothing is compared. */
  readonly checksum: TransferChecksum | null;
  /** HTTP status of the latest answer (BT-61); `null` before the first. */
  readonly statusCode: number | null;
  /** Whether the server allows to continue (strong validator and ranges); `null` before the first answer. */
  readonly isResumable: boolean | null;
  /** True once the origin's file was started from zero again after bytes had been received (BT-74). */
  readonly hasRestarted: boolean;
  /** False when neither Content-Length nor chunked framing told where the body ends: the length is unverified. `null` before completion. */
  readonly isLengthVerified: boolean | null;
  /** Failed attempts since the last progress (BT-132). */
  readonly failedAttempts: number;
  /** When the next attempt starts; `null` when none is scheduled. */
  readonly retryAt: number | null;
  /** The final error, or, while it retries or waits, the latest one (BT-62). */
  readonly error: TransferError | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Grows with every change of this record; a client drops what is older than what it has. */
  readonly revision: number;
}

const text = (maxLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maxLength));

/** UUID in its 36-character form. */
export const TransferId = v.pipe(v.string(), v.check(isUuid, 'not a UUID'));

/** A rate limit: whole bytes a second, at least 1 KiB. */
export const BytesPerSecond = v.pipe(
  v.number(),
  v.check(isBytesPerSecond, 'a rate limit is a whole number of at least 1,024 bytes a second'),
);

/** The same, or `null` for no limit. */
export const RateLimit = v.nullable(BytesPerSecond);

/** The most that can be active at the same time: each has a connection or more, an open file and room in memory. */
export const mostActive = 256;

/** How many transfers run at the same time. */
export const MaxActive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostActive));

/** What is left out stays as it is. */
export const TransferLimitsRequest = v.pipe(
  v.strictObject({ maxBytesPerSecond: v.optional(RateLimit), maxActive: v.optional(MaxActive) }),
  v.check(
    ({ maxBytesPerSecond, maxActive }) => maxBytesPerSecond !== undefined || maxActive !== undefined,
    'nothing to set: give maxBytesPerSecond, maxActive or both',
  ),
);
export type TransferLimitsRequest = v.InferOutput<typeof TransferLimitsRequest>;

/** A digest as a caller gives it, in hexadecimal of either case. */
export const ChecksumRequest = v.pipe(
  v.strictObject({
    algorithm: v.picklist(checksumAlgorithms),
    expected: v.pipe(v.string(), v.maxLength(128), v.toLowerCase(), v.regex(/^[0-9a-f]*$/, 'not hexadecimal')),
  }),
  v.check(
    ({ algorithm, expected }) => expected.length === (algorithm === 'sha-256' ? 64 : 128),
    'not as long as digests of that algorithm are',
  ),
);
export type ChecksumRequest = v.InferInput<typeof ChecksumRequest>;

export const CreateDownloadRequest = v.strictObject({
  /** Chosen by the caller, so that asking again after a lost answer creates nothing twice. */
  id: TransferId,
  url: text(16_384),
  /** Absolute path of the target file. */
  file: text(4_096),
  collision: v.optional(v.picklist(collisionOptions), 'fail'),
  /** Request headers (BT-35). At most 64. */
  headers: v.optional(
    v.pipe(v.array(v.tuple([text(256), v.pipe(v.string(), v.maxLength(16_384))])), v.maxLength(64)),
    [],
  ),
  /** Bytes a second; at least 1 KiB. Default: no limit of its own. */
  maxBytesPerSecond: v.optional(RateLimit, null),
  /** Compared while streaming; a mismatch is `integrity-failure`. Default: what the origin names, where it does. */
  checksum: v.optional(v.nullable(ChecksumRequest), null),
  /** Start in the same durable step. */
  start: v.optional(v.boolean(), false),
});
/** As the caller writes it; `url` and `file` are checked further behind the agent's door. */
export type CreateDownloadRequest = v.InferInput<typeof CreateDownloadRequest>;
export type ParsedCreateDownloadRequest = v.InferOutput<typeof CreateDownloadRequest>;
