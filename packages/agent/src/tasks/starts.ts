// How a run in line begins: its code is looked for, its host is there or started, its socket is lent, and it is given.
import { isAbsolute } from 'node:path';
import { step as namedStep } from '../steps.ts';
import { isStoreFailure } from '../store/store.ts';
import { type LentForRun, socketRunOf, type TaskBroker } from './broker.ts';
import type { Endings } from './endings.ts';
import { declaredPlace, hostProgramFor, type TaskManifest, wordsOf } from './entry-point.ts';
import type { Hosts, SeatedHost } from './hosts.ts';
import type { Ledger } from './ledger.ts';
import type { LiveRun } from './live-run.ts';
import type { Renewal } from './renewal.ts';
import { runErrorOf } from './run-states.ts';
import type { RunRow } from './runs-table.ts';
import type { Seats } from './seats.ts';

export interface StartsOptions {
  readonly ledger: Pick<Ledger, 'apply'>;
  readonly hosts: Pick<Hosts, 'start'>;
  readonly seats: Pick<Seats, 'has' | 'release'>;
  readonly seat: (row: RunRow, host: SeatedHost) => LiveRun;
  readonly renewal: Pick<Renewal, 'isCurrent'>;
  readonly endings: Pick<Endings, 'leave' | 'over'>;
  readonly broker: Pick<TaskBroker, 'lend'>;
  readonly manifestOf: (app: string) => TaskManifest | undefined;
  readonly now: () => number;
  /** The store cannot be written now. */
  readonly rest: (error: unknown) => void;
}

export class Starts {
  readonly #options: StartsOptions;

  constructor(options: StartsOptions) {
    this.#options = options;
  }

  /** `present`: the host that it gets; else a new one. @throws what the ledger throws: then it waits on */
  start(row: RunRow, present: SeatedHost | undefined): void {
    const { ledger, hosts, seats, seat, renewal, endings, broker, manifestOf, now } = this.#options;
    let host = present;
    let entryPoint: string;
    try {
      const manifest = manifestOf(row.app);
      const place = declaredPlace(row.app, manifest, row.entryPoint, row.trigger.type);
      entryPoint = wordsOf(place);
      const folder = manifest?.folder ?? '/';
      host ??= hosts.start(row.app, hostProgramFor(place), isAbsolute(folder) ? folder : '/');
      if (present === undefined) renewal.isCurrent(row, host); // from now on
    } catch (error) {
      if (host !== undefined && host !== present) seats.release(host);
      if (isStoreFailure(error)) throw error;
      endings.over(row, { name: 'fail', error: runErrorOf(error) });
      return;
    }
    // The row is written while the socket is on its way out of its vault.
    const lending = namedStep('run.lend', () => broker.lend(socketRunOf(row), host.seat));
    let live: LiveRun;
    try {
      const patch = { startedAt: now(), pid: host.process.pid, heldUpMs: 0 };
      live = seat(ledger.apply(row, { name: 'start' }, patch), host);
    } catch (error) {
      // It waits on, and is lent its socket anew.
      lending.then(
        lent => lent !== 'obsolete' && lent.descriptor?.[Symbol.dispose](),
        () => {},
      );
      seats.release(host);
      throw error;
    }
    lending.then(
      lent => this.#give(live, lent, entryPoint),
      error => this.#cannotLend(live, error),
    );
  }

  #give(live: LiveRun, lent: LentForRun | 'obsolete', entryPoint: string): void {
    using _descriptor = lent === 'obsolete' ? null : lent.descriptor;
    const { seats, endings } = this.#options;
    if (!seats.has(live)) return;
    if (live.row.state.name === 'canceling') endings.leave(live, { name: 'end' });
    else if (lent === 'obsolete') endings.leave(live, { name: 'obsolete' });
    else live.give(entryPoint, lent);
  }

  #cannotLend(live: LiveRun, error: unknown): void {
    const { seats, endings, rest } = this.#options;
    if (!seats.has(live)) return;
    if (isStoreFailure(error)) rest(error);
    if (live.row.state.name === 'canceling') endings.leave(live, { name: 'end' });
    else if (isStoreFailure(error)) endings.leave(live, { name: 'lose-host', error: runErrorOf(error) }, {});
    else endings.leave(live, { name: 'fail', error: runErrorOf(error) });
  }
}
