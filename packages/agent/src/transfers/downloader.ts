// One attempt at a download: asks, judges the answer, pours the body into the part file, makes offsets durable behind it.
// In: a row that runs and its open part file. Out: an outcome as a value; the state is not changed here.
import type { FileHandle } from 'node:fs/promises';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { step } from '../steps.ts';
import { type ByteRange, behindPrefix, bytesIn, endOf, fromPrefix, prefixOf } from './byte-ranges.ts';
import { Checkpoints } from './checkpoints.ts';
import { isFinalWebError, toWebError, webErrorOf } from './error-map.ts';
import { fileError } from './file-errors.ts';
import { type Followed, openFollowing } from './follow.ts';
import type { Hasher } from './hasher.ts';
import type { HostConnections } from './host-connections.ts';
import type { RowPatch } from './ledger.ts';
import type { TransferLimits } from './options.ts';
import type { LiveFacts } from './record.ts';
import { publicUrl } from './redact-url.ts';
import { type FileFacts, type Held, invalidAnswers, isAllHere, judge, nothingHeld, planRange } from './resume.ts';
import { durableBytesOf, type TransferRow } from './row.ts';
import { Segments } from './segments.ts';
import type { SlabPool } from './slab-pool.ts';
import type { Source } from './source.ts';
import { Spans } from './spans.ts';
import type { Throttle } from './throttles.ts';
import { Verification } from './verification.ts';

/** `patch` is what the attempt learned and the row does not say yet. */
export type Outcome = { readonly patch: RowPatch } & (
  | /** Every byte is in the part file and durable. */ { readonly kind: 'received' }
  | {
      readonly kind: 'web-failure';
      readonly error: LonghaulError;
      readonly isRetryable: boolean;
      readonly retryAfterMs: number | null;
      readonly hasProgressed: boolean;
    }
  | { readonly kind: 'file-failure'; readonly error: LonghaulError }
  | /** Aborted; what was received is checkpointed. */ { readonly kind: 'stopped' }
);

export interface DownloadTools {
  readonly source: Source;
  readonly pool: SlabPool;
  readonly throttle: Throttle;
  readonly hasher: Hasher;
  readonly limits: TransferLimits;
  readonly hosts: HostConnections;
  /** Permissions of the finished file, from the umask. */
  readonly fileMode: number;
  /** Makes facts of the bytes durable. */
  readonly save: (patch: RowPatch, name: 'restart.commit' | 'checkpoint.commit') => Promise<unknown>;
  /** Tells progress. */
  readonly progress: (facts: Omit<LiveFacts, 'revision'>) => void;
  /** Something a log should know. */
  readonly note: (message: string) => void;
}

/** Answers that cannot be used, in one attempt, before it counts as failed. */
const maxUselessAnswers = 3;

export class Download {
  readonly #row: TransferRow;
  readonly #file: FileHandle;
  readonly #tools: DownloadTools;
  readonly #signal: AbortSignal;
  readonly #verification: Verification;
  #held: Held;
  #highest: number;
  #response: LiveFacts['response'] = {};
  #hasRestarted: boolean;
  /** The part file may hold bytes beyond what counts. */
  #isDirty: boolean;

  /** `file` is the part file, which stays the caller's; `size` is what it was found with. */
  constructor(row: TransferRow, file: FileHandle, size: number, tools: DownloadTools, signal: AbortSignal) {
    this.#row = row;
    this.#file = file;
    this.#tools = tools;
    this.#signal = signal;
    this.#verification = new Verification(file, tools.hasher, row.checksum);
    const { offset, ranges, validator, total } = row;
    this.#held = { offset, ranges, validator, total };
    this.#highest = row.highWater;
    this.#hasRestarted = row.hasRestarted;
    this.#isDirty = size > Math.max(offset, endOf(ranges));
  }

  async run(): Promise<Outcome> {
    try {
      return await this.#ask();
    } catch (error) {
      const patch = this.#learned();
      if (error instanceof FileFailure) return { kind: 'file-failure', error: error.reason, patch };
      if (this.#signal.aborted) return { kind: 'stopped', patch };
      const failure = toWebError(error);
      return this.#failed(failure, !isFinalWebError(webErrorOf(failure)), null);
    } finally {
      await this.#verification[Symbol.asyncDispose]();
    }
  }

  async #ask(): Promise<Outcome> {
    let mayAskForRange = true;
    for (let useless = 0; ; ) {
      if (isAllHere(this.#held)) return await this.#received(true);
      const asked = mayAskForRange ? planRange(this.#held) : null;
      const followed = await this.#open(asked);
      const { head } = followed.response;
      const verdict = judge(head, this.#held, asked, Date.now());
      this.#response = { ...this.#response, actualUrl: publicUrl(followed.url.href), statusCode: head.status };
      if (verdict.kind !== 'continue' && verdict.kind !== 'from-zero') followed.response.discard();
      switch (verdict.kind) {
        case 'fail':
          return this.#failed(verdict.error, verdict.isRetryable, verdict.retryAfterMs);
        case 'complete':
          this.#held = { ...this.#held, total: verdict.total };
          return await this.#received(true);
        case 'ask-again':
          this.#tools.note(`Asks again from the beginning: ${verdict.why}.`);
          mayAskForRange = false;
          useless += 1;
          break;
        default: {
          if (verdict.kind === 'from-zero') {
            await this.#verification.beginAnew(head);
            await this.#restart();
          }
          const before = durableBytesOf(this.#held);
          await this.#pour(followed, verdict.facts);
          const { offset, total } = this.#held;
          const isVerified = followed.response.framing !== 'close' || verdict.facts.bodyBytes !== null;
          if (total === null || offset === total) return await this.#received(isVerified);
          // A server may give less than was asked for (RFC 9110, 15.3.7): the rest is asked for next.
          if (durableBytesOf(this.#held) <= before) useless += 1;
          mayAskForRange = true;
        }
      }
      if (useless >= maxUselessAnswers) throw invalidAnswers();
    }
  }

  async #open(range: ReturnType<typeof planRange>): Promise<Followed> {
    const { source, limits } = this.#tools;
    const url = new URL(this.#row.url);
    return openFollowing(source, { url, headers: this.#row.headers, range, signal: this.#signal }, limits.maxRedirects);
  }

  /** What we have is void: that is durable before the first byte is overwritten. */
  async #restart(): Promise<void> {
    if (durableBytesOf(this.#held) > 0 || this.#isDirty) {
      this.#hasRestarted = true;
      const { checksum } = this.#verification;
      const patch = { ...nothingHeld, checksum, hasRestarted: true };
      await this.#tools.save(patch, 'restart.commit');
      await onFile(this.#row.file, () => step('restart.truncate', () => this.#file.truncate(0)));
    }
    this.#held = nothingHeld;
    this.#isDirty = false;
  }

  async #pour({ response, url, headers }: Followed, facts: FileFacts): Promise<void> {
    const { offset, ranges } = this.#held;
    const { checksum } = this.#verification;
    const { source, throttle, limits, pool, hosts, note } = this.#tools;
    const here = fromPrefix(offset, ranges);
    if (this.#isDirty) await onFile(this.#row.file, () => this.#file.truncate(endOf(here)));
    this.#isDirty = false;
    this.#held = { offset, ranges, validator: facts.validator, total: facts.total };
    this.#response = { ...this.#response, isResumable: facts.isResumable, total: facts.total, checksum };
    using segments = new Segments({
      spans: new Spans(here, facts.total),
      file: this.#file,
      pool,
      throttle,
      limits,
      hosts,
      host: url.host,
      facts,
      open: async (range, signal) => {
        const followed = await openFollowing(source, { url, headers, range, signal }, limits.maxRedirects);
        return followed.response;
      },
      signal: this.#signal,
      note,
    });
    this.#tell(here, 0, 1);
    using checkpoints = new Checkpoints({
      bytes: segments,
      file: this.#file,
      limits,
      // Bytes that cannot be continued are not worth a sync of the disk.
      isWorthwhile: facts.validator !== null,
      commit: durable => this.#tools.save(this.#patch(durable), 'checkpoint.commit'),
      progress: bytesPerSecond => {
        const { received } = segments;
        this.#advance(received);
        this.#verification.advance(segments.writtenPrefix);
        this.#tell(received, bytesPerSecond, segments.connections);
      },
      fail: () => segments.giveUp(),
    });
    let failure: { readonly error: unknown } | undefined;
    try {
      await segments.run(response);
      // What came in one piece, a short file whole, is paid for before it counts.
      await throttle.paid(this.#signal);
    } catch (error) {
      failure = { error };
    }
    const written = await onFile(this.#row.file, () => checkpoints.close(failure !== undefined));
    this.#advance(written);
    if (failure !== undefined) throw failure.error;
  }

  async #received(isLengthVerified: boolean): Promise<Outcome> {
    if (this.#isDirty) await onFile(this.#row.file, () => this.#file.truncate(this.#held.offset));
    await onFile(this.#row.file, () => this.#file.chmod(this.#tools.fileMode));
    await onFile(this.#row.file, () => step('finish.datasync', () => this.#file.datasync()));
    const { offset } = this.#held;
    const patch = { ...this.#patch([[0, offset]]), total: offset, isLengthVerified };
    try {
      const checksum = await this.#verification.compare(offset, this.#signal);
      return { kind: 'received', patch: { ...patch, checksum } };
    } catch (error) {
      // All bytes are there and durable: whoever stops now compares them again without asking for them again.
      if (this.#signal.aborted) return { kind: 'stopped', patch };
      const failure = fileError(this.#row.file, error);
      if (failure.code === 'integrity-failure') return { kind: 'file-failure', error: failure, patch };
      return { ...this.#failed(failure, true, null), patch };
    }
  }

  #failed(error: LonghaulError, isRetryable: boolean, retryAfterMs: number | null): Outcome {
    const hasProgressed = this.#highest > this.#row.highWater;
    return { kind: 'web-failure', error, isRetryable, retryAfterMs, hasProgressed, patch: this.#learned() };
  }

  /** Without the offset: that one changes only behind a sync of the bytes. */
  #learned(): RowPatch {
    return { ...this.#response, highWater: this.#highest };
  }

  #advance(here: readonly ByteRange[]): void {
    this.#held = { ...this.#held, offset: prefixOf(here), ranges: behindPrefix(here) };
    this.#highest = Math.max(this.#highest, bytesIn(here));
  }

  #patch(durable: readonly ByteRange[]): RowPatch {
    const { validator, total } = this.#held;
    const hasProgressed = this.#highest > this.#row.highWater;
    return {
      ...this.#response,
      offset: prefixOf(durable),
      ranges: behindPrefix(durable),
      highWater: this.#highest,
      validator,
      total,
      hasRestarted: this.#hasRestarted,
      ...(hasProgressed && { failedAttempts: 0 }),
    };
  }

  #tell(ranges: readonly ByteRange[], bytesPerSecond: number, connections: number): void {
    const bytesReceived = bytesIn(ranges);
    this.#tools.progress({ bytesReceived, ranges, bytesPerSecond, connections, response: this.#response });
  }
}

/** The part file failed, not the origin. */
class FileFailure extends Error {
  readonly reason: LonghaulError;

  constructor(reason: LonghaulError) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

async function onFile<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new FileFailure(fileError(file, error));
  }
}
