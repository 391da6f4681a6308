// The short way of a wake: the task's host is warm and the vault need not be asked. Run and socket are one note, the vault is told
// before the host, and nothing is waited for (decisions 179, 180).
import type { SocketReason } from '@longhaul/agent-protocol';
import { stepNow } from '../steps.ts';
import { lentSocket } from './lent-socket.ts';
import type { SocketRoom, StartedRun } from './room.ts';
import type { SocketRow } from './row.ts';
import type { Lent } from './vault-link.ts';

/** Noted, and not given yet: one of the two is called in this turn. */
export interface WarmWake {
  /** Throws nothing: what cannot be given has failed. */
  give(): void;
  /** The note was not written. */
  abandon(): void;
}

export class WarmWakes {
  readonly #room: SocketRoom;

  constructor(room: SocketRoom) {
    this.#room = room;
  }

  /** Inside of a note, for one that is parked. `undefined`, and nothing has happened, when it has to go the long way. */
  begin(row: SocketRow, reason: SocketReason): WarmWake | undefined {
    const { tasks, turns, vaults } = this.#room;
    const place = turns.isFree(row.key) ? tasks.warmPlace(row.app, row.taskId) : undefined;
    const taken = place === undefined ? undefined : vaults.take(row.key);
    if (place === undefined || taken === undefined) return undefined;
    let run: StartedRun | undefined;
    try {
      run = place.start(reason, row.id);
      return this.#begun(row, run, place.pid, taken);
    } catch (error) {
      run?.abandon();
      taken.descriptor[Symbol.dispose]();
      throw error;
    }
  }

  #begun(row: SocketRow, run: StartedRun, pid: number, { holding, descriptor }: Lent): WarmWake {
    const { ledger, vaults, log, now } = this.#room;
    const { lease } = holding;
    const lent = ledger.change(
      row,
      { name: 'lend', lease, holder: { by: 'host', pid, runId: run.id } },
      { wakes: row.wakes + 1, lastWakeAt: now() },
    );
    const socket = lentSocket(lent, ledger.table.contents(lent.seq), lease);
    return {
      give: () => {
        using own = descriptor;
        try {
          stepNow('socket.wake.tell', () => vaults.lent(holding));
          run.give(socket, own);
        } catch (error) {
          log.error({ err: error, app: row.app, run: run.id }, 'a run could not be given to its host');
          run.fail(error); // those that were noted with it are still to be given
        }
      },
      abandon: () => {
        descriptor[Symbol.dispose]();
        run.abandon();
      },
    };
  }
}
