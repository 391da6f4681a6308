// The door of the transfers room: what the agent's hub calls. Requests come in parsed; records and facts go out.
import { readFileSync } from 'node:fs';
import {
  LonghaulError,
  type ParsedCreateDownloadRequest,
  type TransferDetails,
  type TransferLimitsRecord,
  type TransferLimitsRequest,
  type TransferRecord,
} from '@longhaul/agent-protocol';
import { type Connectivity, InterfaceConnectivity } from '../network/connectivity.ts';
import { isInScope, type Scope } from '../scope.ts';
import type { Store } from '../store/store.ts';
import { Creation, keyOfTarget } from './creation.ts';
import type { TransferFact } from './facts.ts';
import type { LinkFile } from './finish.ts';
import { Finisher } from './finisher.ts';
import { Hasher } from './hasher.ts';
import { HttpSource } from './http-source.ts';
import { Http1Source } from './http1/http1-source.ts';
import { Ledger } from './ledger.ts';
import { defaults, type TransferLimits } from './options.ts';
import { ProxiedSource } from './proxied-source.ts';
import type { ProxyEnvironment } from './proxies.ts';
import type { TransferRow } from './row.ts';
import { Runner } from './runner.ts';
import { SlabPool } from './slab-pool.ts';
import type { Source } from './source.ts';
import { cancelAll, removeFinished } from './sweeps.ts';
import { Throttles } from './throttles.ts';
import { step } from './transfer-states.ts';

export type { TransferFact } from './facts.ts';

/** The part of pino that this room uses. */
export interface TransferLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface TransfersOptions {
  /** Opened with `transferMigrations` of schema.ts in its list. */
  readonly store: Store;
  readonly log: TransferLog;
  /** Called after the change is durable (progress alone is not). Must not throw. */
  readonly publish: (fact: TransferFact) => void;
  readonly limits?: Partial<TransferLimits>;
  /** Default: the machine's own interfaces. */
  readonly connectivity?: Connectivity;
  /** Where bytes come from. Default: `Http1Source`, with `HttpSource` behind it and for proxies. */
  readonly makeSource?: (limits: TransferLimits) => Source;
  /** Variables that name proxies. Default: none. */
  readonly proxyEnv?: ProxyEnvironment;
  /** How a file is given its name. Default: `link(2)`. */
  readonly linkFile?: LinkFile;
}

/**
 * Every verb resolves when its effect is durable. A transfer outside `scope` is `not-found`; a verb the status does not
 * allow is `illegal-state`.
 */
export interface Transfers extends AsyncDisposable {
  /**
   * Asking again with the same id and the same request returns the existing record; another request under that id is
   * `already-exists`. Throws `invalid-argument`, `invalid-url`, `unsupported-scheme`, `invalid-header`, `unsafe-path`,
   * `target-exists`, `target-folder-missing`, `target-not-writable`, `quota-exceeded` (BT-09).
   */
  create(app: string, request: ParsedCreateDownloadRequest): Promise<TransferRecord>;
  start(scope: Scope, id: string): Promise<TransferRecord>;
  pause(scope: Scope, id: string): Promise<TransferRecord>;
  resume(scope: Scope, id: string): Promise<TransferRecord>;
  /** A second cancel is a no-op (BT-52); one that comes while the file is being finished returns the completed record. */
  cancel(scope: Scope, id: string): Promise<TransferRecord>;
  /** Cancels first when unfinished. A completed file stays. */
  remove(scope: Scope, id: string): Promise<void>;
  /**
   * One that failed or was canceled starts anew under its id. Throws as `create` does for the target, `quota-exceeded`,
   * `illegal-state` for one that completed or has not ended.
   */
  retry(scope: Scope, id: string): Promise<TransferRecord>;
  /** Everything in scope that has not ended. Resolves with how many were canceled. */
  cancelAll(scope: Scope): Promise<number>;
  /** Everything in scope that has ended; completed files stay. Resolves with how many were removed. */
  removeFinished(scope: Scope): Promise<number>;
  /** Its own rate limit in bytes a second from now on; `null` takes it away. */
  setLimit(scope: Scope, id: string, maxBytesPerSecond: number | null): Promise<TransferRecord>;
  /** Of the whole agent. */
  readonly limits: TransferLimitsRecord;
  /** From now on; what is left out stays as it is. Resolves with what holds then. */
  setLimits(limits: TransferLimitsRequest): Promise<TransferLimitsRecord>;
  /** Removes everything of an app (BT-17). */
  removeApp(app: string): Promise<void>;
  get(scope: Scope, id: string): TransferRecord;
  details(scope: Scope, id: string): TransferDetails;
  /** Oldest first. */
  list(scope: Scope): TransferRecord[];
}

/** Recovers what an earlier agent left, goes on with the queue. Disposing stops cleanly: checkpoints, nothing lost. */
export async function openTransfers(options: TransfersOptions): Promise<Transfers> {
  const limits = Object.freeze({ ...defaults, ...options.limits });
  const ledger = new Ledger(options.store, limits, options.publish);
  const { makeSource = makeDefaultSource(options.proxyEnv ?? {}) } = options;
  const source = makeSource(limits);
  const connectivity = options.connectivity ?? new InterfaceConnectivity(limits.connectivityPollMs);
  const throttles = new Throttles(ledger.limits.maxBytesPerSecond);
  const hasher = new Hasher();
  const runner = new Runner({
    ledger,
    finisher: new Finisher(ledger, options.linkFile),
    source,
    pool: new SlabPool(),
    throttles,
    hasher,
    connectivity,
    limits,
    fileMode: 0o666 & ~processUmask(),
    log: options.log,
  });
  await runner.recover();
  return new Door(ledger, runner, throttles, hasher, [source, connectivity]);
}

const makeDefaultSource = (env: ProxyEnvironment) => (limits: TransferLimits) =>
  new ProxiedSource(limits, env, new Http1Source(limits, { fallback: new HttpSource(limits) }));

/** `process.umask()` is deprecated because it sets in order to read; the kernel tells without. */
function processUmask(): number {
  const line = /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return line === null ? 0o077 : Number.parseInt(line[1]!, 8);
}

const appOf = (scope: Scope): string | undefined => (scope.role === 'app' ? scope.app : undefined);

class Door implements Transfers {
  readonly #ledger: Ledger;
  readonly #creation: Creation;
  readonly #runner: Runner;
  readonly #throttles: Throttles;
  readonly #hasher: Hasher;
  readonly #owned: readonly Disposable[];
  #isClosed = false;

  constructor(ledger: Ledger, runner: Runner, throttles: Throttles, hasher: Hasher, owned: readonly Disposable[]) {
    this.#ledger = ledger;
    this.#creation = new Creation(ledger, runner);
    this.#runner = runner;
    this.#throttles = throttles;
    this.#hasher = hasher;
    this.#owned = owned;
  }

  async create(app: string, request: ParsedCreateDownloadRequest): Promise<TransferRecord> {
    this.#checkOpen();
    return this.#ledger.record(await this.#creation.create(app, request));
  }

  async start(scope: Scope, id: string): Promise<TransferRecord> {
    this.#find(scope, id);
    return this.#ledger.record(await this.#runner.start(id));
  }

  async pause(scope: Scope, id: string): Promise<TransferRecord> {
    this.#find(scope, id);
    return this.#ledger.record(await this.#runner.pause(id));
  }

  async resume(scope: Scope, id: string): Promise<TransferRecord> {
    this.#find(scope, id);
    return this.#ledger.record(await this.#runner.resume(id));
  }

  async cancel(scope: Scope, id: string): Promise<TransferRecord> {
    this.#find(scope, id);
    return this.#ledger.record(await this.#runner.cancel(id));
  }

  async remove(scope: Scope, id: string): Promise<void> {
    this.#find(scope, id);
    await this.#runner.remove(id);
  }

  async setLimit(scope: Scope, id: string, maxBytesPerSecond: number | null): Promise<TransferRecord> {
    this.#find(scope, id);
    const row = await this.#ledger.save(id, { maxBytesPerSecond }, 'limit.commit');
    this.#throttles.setRateOf(id, row.maxBytesPerSecond);
    return this.#ledger.record(row);
  }

  get limits(): TransferLimitsRecord {
    this.#checkOpen();
    return this.#ledger.limits;
  }

  async setLimits(limits: TransferLimitsRequest): Promise<TransferLimitsRecord> {
    this.#checkOpen();
    await this.#ledger.setLimits(limits);
    this.#throttles.setRate(this.#ledger.limits.maxBytesPerSecond);
    this.#runner.setMaxActive(this.#ledger.limits.maxActive);
    return this.limits;
  }

  async retry(scope: Scope, id: string): Promise<TransferRecord> {
    const { state, file, collision } = this.#find(scope, id);
    step(state, { name: 'try-again' });
    const targetKey = await keyOfTarget(file, collision);
    return this.#ledger.record(await this.#runner.tryAgain(id, { targetKey }, row => this.#creation.checkClaims(row)));
  }

  async cancelAll(scope: Scope): Promise<number> {
    this.#checkOpen();
    return cancelAll(this.#runner, this.#ledger.table.ids(false, appOf(scope)));
  }

  async removeFinished(scope: Scope): Promise<number> {
    this.#checkOpen();
    return removeFinished(this.#runner, this.#ledger.table.ids(true, appOf(scope)));
  }

  async removeApp(app: string): Promise<void> {
    this.#checkOpen();
    await Promise.all(this.#ledger.table.list(app).map(row => this.#runner.remove(row.id)));
  }

  get(scope: Scope, id: string): TransferRecord {
    return this.#ledger.record(this.#find(scope, id));
  }

  details(scope: Scope, id: string): TransferDetails {
    return this.#ledger.details(this.#find(scope, id));
  }

  list(scope: Scope): TransferRecord[] {
    this.#checkOpen();
    return this.#ledger.table.list(appOf(scope)).map(row => this.#ledger.record(row));
  }

  #find(scope: Scope, id: string): TransferRow {
    this.#checkOpen();
    const row = this.#ledger.table.find(id);
    if (row === undefined || !isInScope(scope, row.app)) {
      throw new LonghaulError('not-found', `There is no transfer ${id}.`, { subject: 'transfer' });
    }
    return row;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new LonghaulError('agent-not-reachable', 'The agent is stopping.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#runner.close();
    await this.#hasher[Symbol.asyncDispose]();
    this.#ledger[Symbol.dispose]();
    for (const resource of this.#owned) resource[Symbol.dispose]();
  }
}
