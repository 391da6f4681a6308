// Who runs when: grants slots, keeps one lane a transfer (everything that happens to it happens one after the other), does
// what the verbs ask for. What follows from an attempt is the aftermath's.
import type { TransferChecksum } from '@longhaul/agent-protocol';
import { Aftermath, type AftermathTools, needsNetwork, offerAgainMs } from './aftermath.ts';
import { Attempts, type AttemptTools } from './attempts.ts';
import type { Outcome } from './downloader.ts';
import { Errands } from './errands.ts';
import { fileError } from './file-errors.ts';
import type { RowPatch } from './ledger.ts';
import { unstarted } from './new-row.ts';
import type { OpenPart } from './part-file.ts';
import { nothingHeld } from './resume.ts';
import { durableBytesOf, type TransferRow } from './row.ts';
import { openPartOf } from './row-part.ts';
import { TransferQueue } from './schedule.ts';
import { isFinished, step } from './transfer-states.ts';

export type RunnerTools = AttemptTools & AftermathTools;

/** What the origin told of its file belongs to bytes that are gone. */
const ofRequest = (checksum: TransferChecksum | null): TransferChecksum | null =>
  checksum?.source === 'request' ? { ...checksum, isVerified: false } : null;

export class Runner {
  readonly #tools: RunnerTools;
  readonly #queue: TransferQueue;
  readonly #errands: Errands;
  readonly #attempts: Attempts;
  readonly #aftermath: Aftermath;

  constructor(tools: RunnerTools) {
    this.#tools = tools;
    const { maxActivePerHost } = tools.limits;
    this.#queue = new TransferQueue({ maxActive: tools.ledger.limits.maxActive, maxActivePerHost });
    this.#errands = new Errands(tools.log);
    this.#attempts = new Attempts(tools, (id, settle) => this.#errands.soon(id, () => this.#ended(id, settle)));
    this.#aftermath = new Aftermath(tools, this.#errands, row => this.enqueue(row));
  }

  /** Puts right what an earlier agent left, then goes on with the queue. */
  async recover(): Promise<void> {
    const { table } = this.#tools.ledger;
    const interrupted = [...table.idsInState('running'), ...table.idsInState('retrying')];
    await Promise.all(interrupted.map(id => this.#tools.ledger.recover(id)));
    for (const { id, host } of table.queued()) this.#queue.enqueue(id, host);
    this.#aftermath.recover();
    this.#pump();
  }

  start(id: string): Promise<TransferRow> {
    return this.#errands.run(id, async () => {
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
    return this.#errands.run(id, async () => {
      step(this.#tools.ledger.table.get(id).state, { name: 'pause' });
      const outcome = await this.#halt(id);
      if (outcome?.kind === 'received') await this.#aftermath.follow(id, outcome);
      return this.#tools.ledger.apply(id, { name: 'pause' }, outcome?.patch ?? {});
    });
  }

  resume(id: string): Promise<TransferRow> {
    return this.#errands.run(id, async () => {
      const row = await this.#tools.ledger.apply(id, { name: 'resume' }, { failedAttempts: 0 });
      this.enqueue(row);
      return row;
    });
  }

  /** What failed or was canceled begins anew; where only the finish failed, the bytes are still there. */
  tryAgain(id: string, patch: RowPatch, check: (row: TransferRow) => void): Promise<TransferRow> {
    return this.#errands.run(id, async () => {
      const { part, discardsPart, checksum } = this.#tools.ledger.table.get(id);
      const isKept = part !== null && !discardsPart;
      const anew = isKept ? { failedAttempts: 0, finalName: null } : { ...unstarted, checksum: ofRequest(checksum) };
      const times = { startedAt: Date.now(), ...anew };
      const row = await this.#tools.ledger.tryAgain(id, { ...times, ...patch }, check);
      this.enqueue(row);
      return row;
    });
  }

  cancel(id: string): Promise<TransferRow> {
    const wasFinished = isFinished(this.#tools.ledger.table.get(id).state);
    return this.#errands.run(id, async () => {
      const row = this.#tools.ledger.table.get(id);
      if (row.state.name === 'canceled' || (isFinished(row.state) && !wasFinished)) return row;
      return this.#cancel(row);
    });
  }

  remove(id: string): Promise<void> {
    return this.#errands.run(id, async () => {
      let row = this.#tools.ledger.table.get(id);
      if (!isFinished(row.state)) row = await this.#cancel(row);
      await this.#delete(row);
    });
  }

  /** False: it has not ended, or is gone already. */
  removeFinished(id: string): Promise<boolean> {
    return this.#errands.run(id, async () => {
      const row = this.#tools.ledger.table.find(id);
      if (row === undefined || !isFinished(row.state)) return false;
      await this.#delete(row);
      return true;
    });
  }

  async #delete(row: TransferRow): Promise<void> {
    if (row.part !== null || row.discardsPart) await this.#aftermath.discard(row);
    await this.#tools.ledger.delete(row);
  }

  /** Stops what runs, checkpointed; returns when nothing happens any more. */
  async close(): Promise<void> {
    this.#errands.close();
    this.#aftermath.close();
    this.#attempts.abortAll();
    await this.#errands.idle();
    for (const id of this.#attempts.ids) {
      this.#errands.soon(id, async () => {
        const outcome = await this.#halt(id);
        if (outcome?.kind === 'received') await this.#aftermath.follow(id, outcome);
        else if (outcome !== undefined) await this.#tools.ledger.apply(id, { name: 'stop-agent' }, outcome.patch);
      });
    }
    await this.#errands.idle();
  }

  async #cancel(row: TransferRow): Promise<TransferRow> {
    const event = { name: 'cancel', at: Date.now() } as const;
    step(row.state, event);
    const outcome = await this.#halt(row.id);
    const discarded = row.startedAt === null ? {} : await this.#aftermath.discard(row);
    return this.#tools.ledger.apply(row.id, event, { ...outcome?.patch, ...discarded });
  }

  /** Takes a transfer out of line, timer and flight. The outcome of a running attempt is the caller's then. */
  async #halt(id: string): Promise<Outcome | undefined> {
    this.#queue.drop(id);
    this.#errands.cancelLater(id);
    const outcome = await this.#attempts.halt(id);
    if (outcome !== undefined) this.#free(id);
    return outcome;
  }

  #free(id: string): void {
    this.#queue.release(id);
    this.#pump();
  }

  #pump(): void {
    if (this.#errands.isClosing) return;
    if (this.#queue.hosts.some(needsNetwork) && !this.#tools.connectivity.isOnline()) {
      for (const id of this.#queue.dropWhere(needsNetwork))
        this.#errands.soon(id, () => this.#aftermath.pauseWithoutNetwork(id));
    }
    for (const id of this.#queue.grant()) this.#errands.soon(id, () => this.#begin(id));
  }

  async #begin(id: string): Promise<void> {
    const row = this.#tools.ledger.table.find(id);
    if (row?.state.name !== 'queued' || this.#errands.isClosing) return this.#free(id);
    let part: OpenPart;
    try {
      part = await openPartOf(row);
    } catch (error) {
      await this.#aftermath.follow(id, { kind: 'file-failure', error: fileError(row.file, error), patch: {} });
      return this.#free(id);
    }
    try {
      const isLost = part.isNew && durableBytesOf(row) > 0;
      const patch = isLost ? { ...nothingHeld, hasRestarted: true } : {};
      const running = await this.#tools.ledger.apply(id, { name: 'grant' }, { ...patch, part: part.identity });
      this.#attempts.begin(running, part);
      if (this.#errands.isClosing) this.#attempts.abortAll();
    } catch (error) {
      await part.handle.close();
      this.#tools.log.error({ id, err: error }, 'a transfer could not be begun');
      this.#errands.later(id, offerAgainMs, async () => this.enqueue(this.#tools.ledger.table.get(id)));
      this.#free(id);
    }
  }

  async #ended(id: string, settle: () => Outcome | undefined): Promise<void> {
    const outcome = settle();
    if (outcome === undefined) return;
    await this.#aftermath.follow(id, outcome);
    this.#free(id);
  }
}
