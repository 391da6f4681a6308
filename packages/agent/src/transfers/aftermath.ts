// What follows from how an attempt went: a step of the state table, the finish of a file, a retry, a wait for the network, a
// part file that goes. What the store or the disk cannot take now is offered again.
import { type Connectivity, isLoopbackHost } from '../network/connectivity.ts';
import type { TransferLog } from './door.ts';
import type { Outcome } from './downloader.ts';
import type { Errands } from './errands.ts';
import type { Finisher } from './finisher.ts';
import type { Ledger, RowPatch } from './ledger.ts';
import type { TransferLimits } from './options.ts';
import { followUp } from './outcomes.ts';
import { redactUrl } from './redact-url.ts';
import type { TransferRow } from './row.ts';
import { discardPartOf } from './row-part.ts';

export interface AftermathTools {
  readonly ledger: Ledger;
  readonly finisher: Finisher;
  readonly connectivity: Connectivity;
  readonly limits: TransferLimits;
  readonly log: TransferLog;
}

/** When the store cannot take an outcome, it is offered again after this. Milliseconds. */
export const offerAgainMs = 5_000;

/** `host` as `URL.host` has it. */
export const needsNetwork = (host: string): boolean => !isLoopbackHost(host.replace(/:\d+$/, ''));

export class Aftermath {
  readonly #tools: AftermathTools;
  readonly #errands: Errands;
  readonly #enqueue: (row: TransferRow) => void;
  #stopWaiting: (() => void) | undefined;

  /** `enqueue`: a row is to wait in line. */
  constructor(tools: AftermathTools, errands: Errands, enqueue: (row: TransferRow) => void) {
    this.#tools = tools;
    this.#errands = errands;
    this.#enqueue = enqueue;
  }

  /** Of what an earlier agent left: files to finish, part files to delete, transfers that wait for the network. */
  recover(): void {
    const { table } = this.#tools.ledger;
    for (const id of table.idsInState('finishing')) this.#errands.soon(id, () => this.#finishAgain(id));
    for (const id of table.idsWithDiscardedPart()) this.#errands.soon(id, () => this.#discardAgain(id));
    if (table.idsInState('paused-no-network').length > 0) this.#waitForNetwork();
  }

  /** When the store cannot take the outcome now, it is offered again. */
  async follow(id: string, outcome: Outcome): Promise<void> {
    const { ledger, finisher, limits, connectivity, log } = this.#tools;
    try {
      const row = ledger.table.find(id);
      if (row === undefined || outcome.kind === 'stopped') return;
      if (row.state.name !== 'running' && row.state.name !== 'queued') return;
      if (outcome.kind === 'received') return this.#finished(await finisher.finish(row, outcome.patch));
      const isLoopback = !needsNetwork(row.host);
      const isOnline = isLoopback || connectivity.isOnline();
      const circumstances = { rules: limits, isLoopback, isOnline, now: Date.now(), chance: Math.random() };
      const { event, patch } = followUp(row, outcome, circumstances);
      const discarded = patch.discardsPart ? await this.discard(row) : {};
      const next = await ledger.apply(id, event, { ...patch, ...discarded });
      if ('error' in event && event.error !== null) ledger.failed(id, event.error);
      log.warn(
        { id, url: redactUrl(row.url), state: next.state.name, code: outcome.error.code },
        outcome.error.message,
      );
      if (next.state.name === 'retrying') {
        this.#errands.later(id, Math.max(0, next.state.retryAt - Date.now()), () => this.#retry(id));
      } else if (next.state.name === 'paused-no-network') this.#waitForNetwork();
    } catch (error) {
      log.error({ id, err: error }, 'the outcome of a transfer could not be recorded yet');
      this.#errands.later(id, offerAgainMs, () => this.follow(id, outcome));
    }
  }

  /** Deletes the part file; returns what the row is to say then. */
  discard(row: TransferRow): Promise<RowPatch> {
    const { log } = this.#tools;
    return discardPartOf(row, error => log.warn({ id: row.id, err: error }, 'a part file could not be deleted'));
  }

  async pauseWithoutNetwork(id: string): Promise<void> {
    const { ledger } = this.#tools;
    if (ledger.table.find(id)?.state.name !== 'queued') return;
    await ledger.apply(id, { name: 'lose-network', error: null }, {});
    this.#waitForNetwork();
  }

  #finished(row: TransferRow): void {
    const { log } = this.#tools;
    if (row.state.name === 'completed') log.info({ id: row.id, bytes: row.offset }, 'transfer completed');
    else log.warn({ id: row.id, state: row.state.name }, 'transfer could not be finished');
    if (row.state.name === 'queued') this.#enqueue(row);
  }

  async #finishAgain(id: string): Promise<void> {
    const { finisher, ledger, log } = this.#tools;
    try {
      this.#finished(await finisher.resume(ledger.table.get(id)));
    } catch (error) {
      log.error({ id, err: error }, 'a transfer could not be finished yet');
      this.#errands.later(id, offerAgainMs, () => this.#finishAgain(id));
    }
  }

  async #discardAgain(id: string): Promise<void> {
    const { ledger } = this.#tools;
    const row = ledger.table.find(id);
    if (row?.discardsPart) await ledger.save(id, await this.discard(row), 'discard.commit');
  }

  async #retry(id: string): Promise<void> {
    const { ledger } = this.#tools;
    if (ledger.table.find(id)?.state.name !== 'retrying') return;
    this.#enqueue(await ledger.apply(id, { name: 'retry' }, {}));
  }

  #waitForNetwork(): void {
    this.#stopWaiting ??= this.#tools.connectivity.whenOnline(() => {
      this.#stopWaiting = undefined;
      const { ledger } = this.#tools;
      for (const id of ledger.table.idsInState('paused-no-network')) {
        this.#errands.soon(id, async () => {
          if (ledger.table.find(id)?.state.name !== 'paused-no-network') return;
          this.#enqueue(await ledger.apply(id, { name: 'find-network' }, {}));
        });
      }
    });
  }

  /** The network is not looked for any more. */
  close(): void {
    this.#stopWaiting?.();
  }
}
