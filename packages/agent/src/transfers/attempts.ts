// The attempts that run now: each begun with its row and open part file, ended by its outcome or by a verb that takes it over.
import { LonghaulError } from '@longhaul/agent-protocol';
import type { TransferLog } from './door.ts';
import { Download, type Outcome } from './downloader.ts';
import type { Hasher } from './hasher.ts';
import { HostConnections } from './host-connections.ts';
import type { Ledger } from './ledger.ts';
import type { TransferLimits } from './options.ts';
import type { OpenPart } from './part-file.ts';
import { redactUrl } from './redact-url.ts';
import { durableBytesOf, type TransferRow } from './row.ts';
import type { SlabPool } from './slab-pool.ts';
import type { Source } from './source.ts';
import type { Throttles } from './throttles.ts';

export interface AttemptTools {
  readonly ledger: Ledger;
  readonly source: Source;
  readonly pool: SlabPool;
  readonly throttles: Throttles;
  readonly hasher: Hasher;
  readonly limits: TransferLimits;
  readonly fileMode: number;
  readonly log: TransferLog;
}

interface Attempt {
  readonly abort: AbortController;
  readonly outcome: Promise<Outcome>;
  /** A verb took the outcome over; its end is not followed up. */
  isTaken: boolean;
}

export class Attempts {
  readonly #tools: AttemptTools;
  readonly #ended: (id: string, settle: () => Outcome | undefined) => void;
  readonly #running = new Map<string, Attempt>();
  readonly #hosts: HostConnections;

  /**
   * `ended`: an attempt is over. `settle` takes it off the list and tells its outcome, `undefined` when a verb has taken
   * that over meanwhile.
   */
  constructor(tools: AttemptTools, ended: (id: string, settle: () => Outcome | undefined) => void) {
    this.#tools = tools;
    this.#hosts = new HostConnections(tools.limits.maxConnectionsPerHost);
    this.#ended = ended;
  }

  get ids(): string[] {
    return [...this.#running.keys()];
  }

  /** `part` is closed when the attempt is over. */
  begin(row: TransferRow, part: OpenPart): void {
    const { id } = row;
    const { ledger, source, pool, throttles, hasher, limits, fileMode, log } = this.#tools;
    log.info({ id, app: row.app, url: redactUrl(row.url), bytes: durableBytesOf(row) }, 'transfer runs');
    const abort = new AbortController();
    // What the row says now: a limit set while the grant became durable found no throttle to tell.
    const throttle = throttles.open(id, ledger.table.get(id).maxBytesPerSecond);
    const download = new Download(
      row,
      part.handle,
      part.size,
      {
        source,
        pool,
        throttle,
        hasher,
        limits,
        hosts: this.#hosts,
        fileMode,
        save: (patch, name) => ledger.save(id, patch, name),
        progress: facts => ledger.progress(id, facts),
        note: message => log.info({ id }, message),
      },
      abort.signal,
    );
    const outcome = download.run().finally(() => {
      throttle[Symbol.dispose]();
      return part.handle.close();
    });
    const attempt: Attempt = { abort, outcome, isTaken: false };
    this.#running.set(id, attempt);
    const settle = (ended: Outcome) => () => {
      if (attempt.isTaken || ended.kind === 'stopped') return undefined;
      this.#running.delete(id);
      return ended;
    };
    outcome.then(
      ended => this.#ended(id, settle(ended)),
      error => this.#ended(id, settle(brokenAttempt(error))),
    );
  }

  /** Stops the attempt of a transfer; its outcome is the caller's then. `undefined` when none runs. */
  async halt(id: string): Promise<Outcome | undefined> {
    const attempt = this.#running.get(id);
    if (attempt === undefined) return undefined;
    attempt.isTaken = true;
    attempt.abort.abort();
    const outcome = await attempt.outcome;
    this.#running.delete(id);
    return outcome;
  }

  /** Stops all; the outcomes stay for `halt`. */
  abortAll(): void {
    for (const { abort } of this.#running.values()) abort.abort();
  }
}

function brokenAttempt(error: unknown): Outcome {
  const failure = new LonghaulError('internal', 'The attempt broke off.', { cause: error });
  return {
    kind: 'web-failure',
    error: failure,
    isRetryable: true,
    retryAfterMs: null,
    hasProgressed: false,
    patch: {},
  };
}
