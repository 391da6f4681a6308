// What an earlier agent left, at the start of the next: the store says who has which socket, the vaults say what there is, and
// the tasks say what became of the runs. Afterwards every parked socket is heard again.
import { isRunOver, LonghaulError } from '@longhaul/agent-protocol';
import type { Holders } from './holders.ts';
import type { SocketRoom } from './room.ts';
import type { SocketRow } from './row.ts';
import type { RunOutcome, Runs } from './runs.ts';
import { isOver } from './socket-states.ts';
import type { Wakes } from './wakes.ts';

/** Rows that are settled in one note. */
const rowsPerNote = 1_000;

interface Unsettled {
  readonly key: string;
  readonly runId: string;
  readonly outcome: RunOutcome;
}

export class Recovery {
  readonly #room: SocketRoom;
  readonly #wakes: Wakes;
  /** Keys of what apps have. */
  readonly #absent: string[] = [];
  /** Runs that were over without their socket having heard of it. */
  readonly #unsettled: Unsettled[] = [];
  /** Keys of what is nobody's any more. */
  readonly #putBack: string[] = [];
  #lost = 0;

  constructor(room: SocketRoom, wakes: Wakes) {
    this.#room = room;
    this.#wakes = wakes;
  }

  async run(holders: Holders, runs: Runs): Promise<void> {
    const { ledger, vaults, log } = this.#room;
    const keys = ledger.table.parkedKeys();
    const unparked = ledger.table.listUnparked();
    const others = unparked.filter(row => !isOver(row.state));
    const otherKeys = others.map(({ key }) => key);
    const { inStore, held, strangers } = await this.#find(keys, otherKeys);
    // Of most sockets nothing else has to be known: they are parked, and a vault has them. They are heard from here on.
    vaults.armSorted(inStore);
    await Promise.all(strangers.map(key => whenItAnswers(this.#letGo(key))));
    const lentNow = new Set(held.lent);
    const lent = others.filter(({ key }) => lentNow.has(key));
    await Promise.all([
      ...lent.map(row => whenItAnswers(this.#giveBack(row))),
      ...inStore.lent.map(key => whenItAnswers(vaults.giveBack(key))),
    ]);
    const unsettled = [...otherKeys, ...inStore.gone];
    for (let at = 0; at < unsettled.length; at += rowsPerNote) {
      ledger.together(() => {
        for (const key of unsettled.slice(at, at + rowsPerNote)) this.#settle(key);
      });
    }
    for (const { key, runId, outcome } of this.#unsettled) {
      await runs.overBefore(key, { id: runId }, outcome);
    }
    for (const row of unparked) if (row.state.name === 'closed' && row.state.isUntold) this.#wakes.tellLater(row);
    holders.expect(this.#absent);
    const again = [...inStore.lent, ...this.#putBack];
    vaults.arm(again);
    this.#wakeForNews();
    const parked = keys.length - inStore.gone.length + this.#putBack.length;
    const sockets = keys.length + others.length;
    if (sockets === 0 && strangers.length === 0) return;
    const facts = { sockets, parked, lost: this.#lost, dropped: strangers.length };
    log.info(facts, 'parked sockets of an earlier agent');
  }

  /**
   * A vault that was silent answers again: what was asked of it meanwhile has happened or not, so what the store says is made
   * true.
   */
  rejoined(keys: readonly string[]): void {
    const { turns, again, log } = this.#room;
    log.warn({ sockets: keys.length }, 'a vault answers again');
    for (const key of keys) again.do(`rejoined ${key}`, () => turns.run(key, () => this.#rejoined(key)));
  }

  /** Every vault has answered by now, or is dead: what none of them holds is lost. */
  complete(): void {
    const { ledger, vaults, again } = this.#room;
    again.do('complete', () => {
      const others = ledger.table.listUnparked().filter(row => !isOver(row.state));
      const keys = [...ledger.table.parkedKeys(), ...others.map(({ key }) => key)];
      const gone = keys.filter(key => vaults.get(key) === undefined);
      if (gone.length > 0) this.#wakes.lost(gone);
    });
  }

  async #rejoined(key: string): Promise<void> {
    const { ledger, vaults } = this.#room;
    const row = ledger.table.findByKey(key);
    const held = vaults.get(key);
    const isLive = row !== undefined && !isOver(row.state);
    if (!isLive) await this.#letGo(key);
    else if (held === undefined) this.#wakes.end(row, 'the process that held it let go of it');
    else if (row.state.name !== 'lent') await vaults.giveBack(key);
    const parked = ledger.table.findByKey(key); // it may have been signalled meanwhile
    if (parked !== undefined) this.#wakes.listen(parked);
  }

  /**
   * No row has it any more. What was never handed out was not answered either, and is its app's; what has ended by itself is
   * nobody's. Else it was removed, closed or orphaned while the vault could not hear of it: it ends, whoever has it.
   */
  async #letGo(key: string): Promise<void> {
    const { ledger, vaults } = this.#room;
    const hasEnded = ledger.table.findByKey(key)?.state.name === 'closed';
    const wasHandedOut = (vaults.get(key)?.lease ?? 0) > 0;
    await (wasHandedOut && !hasEnded ? vaults.end(key) : vaults.drop(key));
  }

  /** Where everything is, and what no row knows. Only where the vaults hold more than the rows say is there more to look for. */
  async #find(keys: readonly string[], otherKeys: readonly string[]) {
    const { vaults } = this.#room;
    const sort = () => ({ inStore: vaults.sort(keys), held: vaults.sort(otherKeys) });
    const found = sort();
    const gone = found.inStore.gone.length + found.held.gone.length;
    if (keys.length + otherKeys.length - gone === vaults.size) return { ...found, strangers: [] };
    await vaults.dropDoubles();
    const known = new Set([...keys, ...otherKeys]);
    const strangers = Array.from(vaults.holdings(), ({ id }) => id).filter(key => !known.has(key));
    return { ...sort(), strangers };
  }

  /** What hosts had is the vault's alone again: they have died with their agent. */
  async #giveBack(row: SocketRow): Promise<void> {
    const isOfApp = row.state.name === 'lent' && row.state.holder.by === 'app';
    if (!isOfApp) await this.#room.vaults.giveBack(row.key);
  }

  #settle(key: string): void {
    const { ledger, tasks, vaults } = this.#room;
    const row = ledger.table.findByKey(key);
    if (row === undefined || isOver(row.state)) return; // meanwhile
    const { state } = row;
    // While a vault does not answer, nobody knows what it holds.
    if (vaults.get(key) === undefined && vaults.isComplete) {
      this.#lost += 1;
      this.#wakes.end(row, 'the process that held it has ended');
      return;
    }
    const runId = state.name === 'signalled' ? state.runId : state.name === 'lent' ? state.holder.runId : null;
    if (runId !== null) {
      const status = tasks.statusOf(runId);
      if (status === undefined) this.#listenAgain(row);
      else if (isRunOver(status)) this.#unsettled.push({ key: row.key, runId, outcome: status as RunOutcome });
      else ledger.change(row, { name: 'await-run', runId });
    } else if (state.name === 'lent') {
      if (state.holder.by === 'app') this.#absent.push(row.key);
      else this.#listenAgain(row);
    }
  }

  /** Of what was read and not used no vault tells: the one that knows of it is the row. */
  #wakeForNews(): void {
    const { ledger, again } = this.#room;
    again.do('news', () =>
      ledger.together(() => {
        for (const row of ledger.table.listNews()) this.#wakes.listen(row);
      }),
    );
  }

  #listenAgain(row: SocketRow): void {
    this.#room.ledger.change(row, { name: 'put-back' });
    this.#putBack.push(row.key);
  }
}

/** What a vault that does not answer is asked is made true when it does (`rejoined`), or it is dead, which is told. */
async function whenItAnswers(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    const code = error instanceof LonghaulError ? error.code : undefined;
    if (code !== 'vault-silent' && code !== 'vault-lost') throw error;
  }
}
