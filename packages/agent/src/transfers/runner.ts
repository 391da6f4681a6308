// Who runs when, and what follows from how it went: grants slots, keeps one lane a transfer (everything that happens to it
// happens one after the other), turns outcomes into steps of the state table, goes on with what an earlier agent left.
import { LonghaulError, type TransferChecksum } from '@longhaul/agent-protocol';
import { type Connectivity, isLoopbackHost } from '../network/connectivity.ts';
import type { TransferLog } from './door.ts';
import { Download, type Outcome } from './downloader.ts';
import { fileError } from './file-errors.ts';
import type { Finisher } from './finisher.ts';
import type { Hasher } from './hasher.ts';
import { Lanes } from './lanes.ts';
import type { Ledger, RowPatch } from './ledger.ts';
import type { TransferLimits } from './options.ts';
import { followUp } from './outcomes.ts';
import type { OpenPart } from './part-file.ts';
import { redactUrl } from './redact-url.ts';
import type { TransferRow } from './row.ts';
import { discardPartOf, openPartOf } from './row-part.ts';
import { TransferQueue } from './schedule.ts';
import type { SlabPool } from './slab-pool.ts';
import type { Source } from './source.ts';
import type { Throttles } from './throttles.ts';
import { Timers } from './timers.ts';
import { isFinished, step } from './transfer-states.ts';

export interface RunnerTools {
  readonly ledger: Ledger;
  readonly finisher: Finisher;
  readonly source: Source;
  readonly pool: SlabPool;
  readonly throttles: Throttles;
  readonly hasher: Hasher;
  readonly connectivity: Connectivity;
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

/** What a transfer knows before it first runs. */
const freshStart: RowPatch = Object.freeze({
  discardsPart: false,
  finalName: null,
  offset: 0,
  highWater: 0,
  total: null,
  validator: null,
  actualUrl: null,
  statusCode: null,
  isResumable: null,
  hasRestarted: false,
  isLengthVerified: null,
  failedAttempts: 0,
});

/** What the origin told of its file belongs to bytes that are gone. */
const ofRequest = (checksum: TransferChecksum | null): TransferChecksum | null =>
  checksum?.source === 'request' ? { ...checksum, isVerified: false } : null;

/** When the store cannot take an outcome, it is offered again after this. Milliseconds. */
const offerAgainMs = 5_000;

export class Runner {
  readonly #tools: RunnerTools;
  readonly #lanes = new Lanes();
  readonly #queue: TransferQueue;
  readonly #attempts = new Map<string, Attempt>();
  readonly #timers = new Timers();
  #stopWaiting: (() => void) | undefined;
  #isClosing = false;

  constructor(tools: RunnerTools) {
    this.#tools = tools;
    const { maxActivePerHost } = tools.limits;
    this.#queue = new TransferQueue({ maxActive: tools.ledger.limits.maxActive, maxActivePerHost });
  }

  /** Puts right what an earlier agent left, then goes on with the queue. */
  async recover(): Promise<void> {
    const { table } = this.#tools.ledger;
    const interrupted = [...table.idsInState('running'), ...table.idsInState('retrying')];
    await Promise.all(interrupted.map(id => this.#tools.ledger.recover(id)));
    for (const id of table.idsInState('finishing')) this.#inLane(id, () => this.#finishAgain(id));
    for (const id of table.idsWithDiscardedPart()) this.#inLane(id, () => this.#discardAgain(id));
    for (const { id, host } of table.queued()) this.#queue.enqueue(id, host);
    if (table.idsInState('paused-no-network').length > 0) this.#waitForNetwork();
    this.#pump();
  }

  start(id: string): Promise<TransferRow> {
    return this.#lanes.run(id, async () => {
      const row = await this.#tools.ledger.apply(id, { name: 'start' }, { startedAt: Date.now() });
      this.enqueue(row);
      return row;
    });
  }

  /** A started row without a slot waits in line. */
  enqueue(row: TransferRow): void {
    this.#queue.enqueue(row.id, row.host);
    this.#pump();
  }

  /** More of those in line run at once; where fewer may run, those that do go on to their end. */
  setMaxActive(maxActive: number): void {
    this.#queue.setMaxActive(maxActive);
    this.#pump();
  }

  pause(id: string): Promise<TransferRow> {
    return this.#lanes.run(id, async () => {
      step(this.#tools.ledger.table.get(id).state, { name: 'pause' });
      const outcome = await this.#halt(id);
      if (outcome?.kind === 'received') await this.#follow(id, outcome);
      return this.#tools.ledger.apply(id, { name: 'pause' }, outcome?.patch ?? {});
    });
  }

  resume(id: string): Promise<TransferRow> {
    return this.#lanes.run(id, async () => {
      const row = await this.#tools.ledger.apply(id, { name: 'resume' }, { failedAttempts: 0 });
      this.enqueue(row);
      return row;
    });
  }

  /** What failed or was canceled begins anew; where only the finish failed, the bytes are still there. */
  tryAgain(id: string, patch: RowPatch, check: (row: TransferRow) => void): Promise<TransferRow> {
    return this.#lanes.run(id, async () => {
      const { part, discardsPart, checksum } = this.#tools.ledger.table.get(id);
      const isKept = part !== null && !discardsPart;
      const anew = isKept ? { failedAttempts: 0, finalName: null } : { ...freshStart, checksum: ofRequest(checksum) };
      const times = { startedAt: Date.now(), ...anew };
      const row = await this.#tools.ledger.tryAgain(id, { ...times, ...patch }, check);
      this.enqueue(row);
      return row;
    });
  }

  cancel(id: string): Promise<TransferRow> {
    const wasFinished = isFinished(this.#tools.ledger.table.get(id).state);
    return this.#lanes.run(id, async () => {
      const row = this.#tools.ledger.table.get(id);
      if (row.state.name === 'canceled' || (isFinished(row.state) && !wasFinished)) return row;
      return this.#cancel(row);
    });
  }

  remove(id: string): Promise<void> {
    return this.#lanes.run(id, async () => {
      let row = this.#tools.ledger.table.get(id);
      if (!isFinished(row.state)) row = await this.#cancel(row);
      await this.#delete(row);
    });
  }

  /** False: it has not ended, or is gone already. */
  removeFinished(id: string): Promise<boolean> {
    return this.#lanes.run(id, async () => {
      const row = this.#tools.ledger.table.find(id);
      if (row === undefined || !isFinished(row.state)) return false;
      await this.#delete(row);
      return true;
    });
  }

  async #delete(row: TransferRow): Promise<void> {
    if (row.part !== null || row.discardsPart) await this.#discard(row);
    await this.#tools.ledger.delete(row);
  }

  /** Stops what runs, checkpointed; returns when nothing happens any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#stopWaiting?.();
    this.#timers.clearAll();
    for (const attempt of this.#attempts.values()) attempt.abort.abort();
    await this.#lanes.idle();
    for (const id of [...this.#attempts.keys()]) {
      this.#inLane(id, async () => {
        const outcome = await this.#halt(id);
        if (outcome?.kind === 'received') await this.#follow(id, outcome);
        else if (outcome !== undefined) await this.#tools.ledger.apply(id, { name: 'stop-agent' }, outcome.patch);
      });
    }
    await this.#lanes.idle();
  }

  async #cancel(row: TransferRow): Promise<TransferRow> {
    const event = { name: 'cancel', at: Date.now() } as const;
    step(row.state, event);
    const outcome = await this.#halt(row.id);
    const discarded = row.startedAt === null ? {} : await this.#discard(row);
    return this.#tools.ledger.apply(row.id, event, { ...outcome?.patch, ...discarded });
  }

  /** Takes a transfer out of line, timer and flight. The outcome of a running attempt is the caller's then. */
  async #halt(id: string): Promise<Outcome | undefined> {
    this.#queue.drop(id);
    this.#timers.clear(id);
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return undefined;
    attempt.isTaken = true;
    attempt.abort.abort();
    const outcome = await attempt.outcome;
    this.#attempts.delete(id);
    this.#free(id);
    return outcome;
  }

  #free(id: string): void {
    this.#queue.release(id);
    this.#pump();
  }

  #pump(): void {
    if (this.#isClosing) return;
    const needsNetwork = (host: string) => !isLoopbackHost(hostName(host));
    if (this.#queue.hosts.some(needsNetwork) && !this.#tools.connectivity.isOnline()) {
      for (const id of this.#queue.dropWhere(needsNetwork)) this.#inLane(id, () => this.#pauseWithoutNetwork(id));
    }
    for (const id of this.#queue.grant()) this.#inLane(id, () => this.#begin(id));
  }

  async #begin(id: string): Promise<void> {
    const row = this.#tools.ledger.table.find(id);
    if (row?.state.name !== 'queued' || this.#isClosing) return this.#free(id);
    let part: OpenPart;
    try {
      part = await openPartOf(row);
    } catch (error) {
      await this.#follow(id, { kind: 'file-failure', error: fileError(row.file, error), patch: {} });
      return this.#free(id);
    }
    try {
      const isLost = part.isNew && row.offset > 0;
      const patch = isLost ? { offset: 0, validator: null, total: null, hasRestarted: true } : {};
      const running = await this.#tools.ledger.apply(id, { name: 'grant' }, { ...patch, part: part.identity });
      this.#run(running, part);
    } catch (error) {
      await part.handle.close();
      this.#tools.log.error({ id, err: error }, 'a transfer could not be begun');
      this.#later(id, offerAgainMs, async () => this.enqueue(this.#tools.ledger.table.get(id)));
      this.#free(id);
    }
  }

  #run(row: TransferRow, part: OpenPart): void {
    const { id } = row;
    const { ledger, source, pool, throttles, hasher, limits, fileMode, log } = this.#tools;
    log.info({ id, app: row.app, url: redactUrl(row.url), offset: row.offset }, 'transfer runs');
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
        fileMode,
        save: (patch, name) => ledger.save(id, patch, name),
        progress: (bytesReceived, bytesPerSecond, response) =>
          ledger.progress(id, { bytesReceived, bytesPerSecond, connections: 1, response }),
        note: message => log.info({ id }, message),
      },
      abort.signal,
    );
    const outcome = download.run().finally(() => {
      throttle[Symbol.dispose]();
      return part.handle.close();
    });
    const attempt: Attempt = { abort, outcome, isTaken: false };
    this.#attempts.set(id, attempt);
    if (this.#isClosing) abort.abort();
    const settle = async (ended: Outcome) => {
      if (attempt.isTaken) return;
      if (ended.kind === 'stopped') return;
      this.#attempts.delete(id);
      await this.#follow(id, ended);
      this.#free(id);
    };
    outcome.then(
      ended => this.#inLane(id, () => settle(ended)),
      error => this.#inLane(id, () => settle(brokenAttempt(error))),
    );
  }

  /** What follows from an outcome. When the store cannot take it now, it is offered again. */
  async #follow(id: string, outcome: Outcome): Promise<void> {
    const { ledger, finisher, limits, connectivity, log } = this.#tools;
    try {
      const row = ledger.table.find(id);
      if (row === undefined || outcome.kind === 'stopped') return;
      if (row.state.name !== 'running' && row.state.name !== 'queued') return;
      if (outcome.kind === 'received') return await this.#finished(await finisher.finish(row, outcome.patch));
      const isLoopback = isLoopbackHost(hostName(row.host));
      const isOnline = isLoopback || connectivity.isOnline();
      const circumstances = { rules: limits, isLoopback, isOnline, now: Date.now(), chance: Math.random() };
      const { event, patch } = followUp(row, outcome, circumstances);
      const discarded = patch.discardsPart ? await this.#discard(row) : {};
      const next = await ledger.apply(id, event, { ...patch, ...discarded });
      if ('error' in event && event.error !== null) ledger.failed(id, event.error);
      log.warn(
        { id, url: redactUrl(row.url), state: next.state.name, code: outcome.error.code },
        outcome.error.message,
      );
      if (next.state.name === 'retrying') {
        this.#later(id, Math.max(0, next.state.retryAt - Date.now()), () => this.#retry(id));
      } else if (next.state.name === 'paused-no-network') this.#waitForNetwork();
    } catch (error) {
      log.error({ id, err: error }, 'the outcome of a transfer could not be recorded yet');
      this.#later(id, offerAgainMs, () => this.#follow(id, outcome));
    }
  }

  async #finished(row: TransferRow): Promise<void> {
    const { log } = this.#tools;
    if (row.state.name === 'completed') log.info({ id: row.id, bytes: row.offset }, 'transfer completed');
    else log.warn({ id: row.id, state: row.state.name }, 'transfer could not be finished');
    if (row.state.name === 'queued') this.enqueue(row);
  }

  async #finishAgain(id: string): Promise<void> {
    try {
      await this.#finished(await this.#tools.finisher.resume(this.#tools.ledger.table.get(id)));
    } catch (error) {
      this.#tools.log.error({ id, err: error }, 'a transfer could not be finished yet');
      this.#later(id, offerAgainMs, () => this.#finishAgain(id));
    }
  }

  async #retry(id: string): Promise<void> {
    if (this.#tools.ledger.table.find(id)?.state.name !== 'retrying') return;
    this.enqueue(await this.#tools.ledger.apply(id, { name: 'retry' }, {}));
  }

  async #pauseWithoutNetwork(id: string): Promise<void> {
    if (this.#tools.ledger.table.find(id)?.state.name !== 'queued') return;
    await this.#tools.ledger.apply(id, { name: 'lose-network', error: null }, {});
    this.#waitForNetwork();
  }

  #waitForNetwork(): void {
    this.#stopWaiting ??= this.#tools.connectivity.whenOnline(() => {
      this.#stopWaiting = undefined;
      const { ledger } = this.#tools;
      for (const id of ledger.table.idsInState('paused-no-network')) {
        this.#inLane(id, async () => {
          if (ledger.table.find(id)?.state.name !== 'paused-no-network') return;
          this.enqueue(await ledger.apply(id, { name: 'find-network' }, {}));
        });
      }
    });
  }

  #discard(row: TransferRow): Promise<RowPatch> {
    const { log } = this.#tools;
    return discardPartOf(row, error => log.warn({ id: row.id, err: error }, 'a part file could not be deleted'));
  }

  async #discardAgain(id: string): Promise<void> {
    const { ledger } = this.#tools;
    const row = ledger.table.find(id);
    if (row?.discardsPart) await ledger.save(id, await this.#discard(row), 'discard.commit');
  }

  #later(id: string, delayMs: number, act: () => Promise<void>): void {
    if (!this.#isClosing) this.#timers.set(id, delayMs, () => this.#inLane(id, act));
  }

  #inLane(id: string, act: () => Promise<unknown>): void {
    this.#lanes
      .run(id, act)
      .catch(error => this.#tools.log.error({ id, err: error }, 'a transfer met an unexpected error'));
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

/** `URL.host` without its port. */
const hostName = (host: string): string => host.replace(/:\d+$/, '');
