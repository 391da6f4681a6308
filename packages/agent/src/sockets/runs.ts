// Sockets and the runs that are started for them: what a run gets when it starts, and what becomes of a socket that it has
// not given back when it is over (SB-35).
import type { ClosedSocket, LentSocket, SocketReason } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { step, stepNow } from '../steps.ts';
import { pauseAfter } from './failure-pause.ts';
import { lentSocket, toBase64 } from './lent-socket.ts';
import type { SocketRoom } from './room.ts';
import type { SocketRow } from './row.ts';
import type { Wakes } from './wakes.ts';

export interface SocketRun {
  readonly id: string;
  readonly app: string;
  readonly reason: SocketReason;
  readonly socketId: string;
}

export type RunOutcome = 'completed' | 'failed' | 'canceled';

/** What a run gets: nothing to take over when the connection is closed. The descriptor is the caller's. */
export type ForRun =
  | { readonly socket: LentSocket; readonly descriptor: Descriptor; readonly closed: null }
  | { readonly socket: null; readonly descriptor: null; readonly closed: ClosedSocket };

export class Runs {
  readonly #room: SocketRoom;
  readonly #wakes: Wakes;

  constructor(room: SocketRoom, wakes: Wakes) {
    this.#room = room;
    this.#wakes = wakes;
  }

  /**
   * For a run that host `pid` is about to get, each time it is started. `obsolete`: somebody else has taken the socket over,
   * or removed it, or it was handed over anew.
   *
   * @throws LonghaulError `vault-silent`, `vault-lost`
   */
  async lend(run: SocketRun, pid: number): Promise<ForRun | 'obsolete'> {
    const { table } = this.#room.ledger;
    const row = table.find(run.app, run.socketId);
    if (row === undefined) return 'obsolete';
    if (run.reason === 'socket-closed') {
      if (row.state.name !== 'closed') return 'obsolete';
      // The row keeps it until the socket is removed or handed over anew: a run that is started again gets it again.
      const closed = { kind: row.kind, context: toBase64(table.contents(row.seq).context) };
      return { socket: null, descriptor: null, closed };
    }
    return await this.#room.turns.run(row.key, () => this.#lend(row.key, run, pid));
  }

  async #lend(key: string, run: SocketRun, pid: number): Promise<ForRun | 'obsolete'> {
    const { ledger, vaults } = this.#room;
    if (!isOf(ledger.table.findByKey(key), run)) return 'obsolete';
    const { descriptor, holding } = await step('socket.lend.take', () => vaults.lend(key));
    const row = ledger.table.findByKey(key);
    if (!isOf(row, run)) {
      descriptor[Symbol.dispose]();
      return 'obsolete';
    }
    const { lease } = holding;
    const holder = { by: 'host', pid, runId: run.id } as const;
    try {
      const lent = stepNow('socket.lend.note', () => ledger.change(row, { name: 'lend', lease, holder }));
      return { socket: lentSocket(lent, ledger.table.contents(lent.seq), lease), descriptor, closed: null };
    } catch (error) {
      descriptor[Symbol.dispose]();
      throw error;
    }
  }

  /** The run is over. Resolves when its socket is in somebody's hands again, or that has to wait. */
  over(run: SocketRun, outcome: RunOutcome): Promise<void> {
    return this.#eventually(run, async () => {
      const row = this.#room.ledger.table.find(run.app, run.socketId);
      if (row !== undefined) await this.#room.turns.run(row.key, () => this.#settle(row.key, run, outcome));
    });
  }

  /** The same of a run that was over before this agent began. */
  overBefore(key: string, run: Pick<SocketRun, 'id'>, outcome: RunOutcome): Promise<void> {
    return this.#eventually(run, () => this.#room.turns.run(key, () => this.#settle(key, run, outcome)));
  }

  #eventually({ id }: Pick<SocketRun, 'id'>, settle: () => Promise<void>): Promise<void> {
    return new Promise(resolve => this.#room.again.do(`over ${id}`, () => settle().finally(resolve)));
  }

  /** In the turn of `key`. */
  async #settle(key: string, run: Pick<SocketRun, 'id'>, outcome: RunOutcome): Promise<void> {
    const row = this.#room.ledger.table.findByKey(key);
    if (!isOf(row, run)) return; // handed back, or in other hands
    if (outcome !== 'completed') await this.#failed(row, run.id);
    else if (row.state.name === 'lent') await this.#forsake(row, `run ${run.id} ended without handing it back`);
    else this.#putBack(row);
  }

  #putBack(row: SocketRow): void {
    this.#wakes.listen(stepNow('socket.over.note', () => this.#room.ledger.change(row, { name: 'put-back' })));
  }

  /** The same bytes would wake the same task at once: not before a pause, and not for ever. */
  async #failed(row: SocketRow, runId: string): Promise<void> {
    const { ledger, vaults, limits, now } = this.#room;
    // A vault that does not answer is not the task's failure.
    const failures = row.failures + Number(!vaults.isSilent(row.key));
    const pauseMs = pauseAfter(Math.max(1, failures), limits);
    if (pauseMs === undefined)
      return this.#forsake(row, `${failures} runs in a row have failed, the last one was ${runId}`);
    const why = `its task has failed ${failures === 1 ? 'once' : `${failures} times in a row`}`;
    stepNow('socket.over.note', () => ledger.change(row, { name: 'fail', until: now() + pauseMs, why }, { failures }));
    await step('socket.over.give', () => vaults.giveBack(row.key));
  }

  /** Nobody will hear of it again: better a connection that ends than one that is deaf (SB-35). */
  async #forsake(row: SocketRow, why: string): Promise<void> {
    const { ledger, vaults, log } = this.#room;
    log.warn({ app: row.app, socket: row.id, why }, 'a socket is orphaned, and closed');
    stepNow('socket.over.note', () => ledger.change(row, { name: 'forsake', why }));
    await step('socket.over.give', () => vaults.end(row.key));
  }
}

function isOf(row: SocketRow | undefined, run: Pick<SocketRun, 'id'>): row is SocketRow {
  if (row?.state.name === 'signalled') return row.state.runId === run.id;
  return row?.state.name === 'lent' && row.state.holder.runId === run.id;
}
