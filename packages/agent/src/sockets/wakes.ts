// What happens to parked sockets, and whom it wakes: activity that a vault has told, times that have come, connections that
// have ended. Each becomes one run of the socket's task; which reason it has is decided here (SB-40..SB-43).
import { LonghaulError, type SocketReason } from '@longhaul/agent-protocol';
import { peek } from '../platform/kernel/sockets.ts';
import { step, stepNow } from '../steps.ts';
import type { SocketRoom } from './room.ts';
import type { SocketRow } from './row.ts';
import { isOver } from './socket-states.ts';
import type { SocketActivity } from './vault-link.ts';

/** Due sockets that are looked at in one turn of the loop. */
const duePerTurn = 256;

export class Wakes {
  readonly #room: SocketRoom;

  constructor(room: SocketRoom) {
    this.#room = room;
  }

  /** Told by a vault. Those that are not parked any more have told it to their holder. */
  happened(activities: readonly SocketActivity[]): void {
    const { ledger, log } = this.#room;
    try {
      ledger.together(() => {
        for (const activity of activities) this.#happened(activity);
      });
    } catch (error) {
      log.error({ err: error, sockets: activities.length }, 'what happened to parked sockets could not be recorded');
      setTimeout(() => this.#room.vaults.arm(activities.map(({ id }) => id)), this.#room.limits.firstPauseMs).unref();
    }
  }

  #happened({ id: key, hasEnded }: SocketActivity): void {
    const row = this.#room.ledger.table.findByKey(key);
    if (row === undefined || (row.state.name !== 'parked' && row.state.name !== 'deaf')) return;
    if (hasEnded && row.kind !== 'stream-socket-listener') void this.#room.turns.run(key, () => this.#ended(key));
    else if (row.state.name === 'parked')
      this.signal(row, row.kind === 'stream-socket-listener' ? 'connection-accepted' : 'socket-activity');
  }

  /** Bytes that came before the end are the app's to read: only then there is nothing to take over (SB-43). */
  async #ended(key: string): Promise<void> {
    const { vaults, ledger, log } = this.#room;
    try {
      const { descriptor, holding } = await vaults.lend(key);
      using own = descriptor;
      const what = peek(own);
      await vaults.return({ id: key, lease: holding.lease });
      const row = ledger.table.findByKey(key);
      if (row === undefined || (row.state.name !== 'parked' && row.state.name !== 'deaf')) return;
      const hasSomething = what === 'bytes' || (what === 'end' && row.kind === 'datagram-socket');
      if (hasSomething && row.state.name === 'parked') this.signal(row, 'socket-activity');
      else if (hasSomething) return;
      else if (row.kind === 'datagram-socket')
        vaults.arm([key]); // an error of something that was sent: gone by looking
      else await this.close(row, what === 'end' ? 'the peer has ended the connection' : 'the connection is broken');
    } catch (error) {
      log.warn({ err: error, key }, 'a parked socket has ended and could not be looked at');
    }
  }

  /** A run is recorded for a parked socket. */
  signal(row: SocketRow, reason: SocketReason): void {
    const { ledger, limits, log, now } = this.#room;
    ledger.together(() => {
      const runId = this.#trigger(row, reason, 'socket.signal.trigger');
      if (runId instanceof LonghaulError && runId.code === 'not-found') {
        ledger.change(row, { name: 'lose-task', why: `its task ${row.taskId} is not registered any more` });
      } else if (runId instanceof LonghaulError) {
        log.warn({ err: runId, app: row.app, socket: row.id }, 'nobody can be woken for a socket now');
        ledger.change(row, { name: 'fail', until: now() + limits.firstPauseMs });
      } else {
        stepNow('socket.signal.note', () =>
          ledger.change(row, { name: 'signal', runId }, { wakes: row.wakes + 1, lastWakeAt: now() }),
        );
      }
    });
  }

  /** The connection is over, whatever the state: told once, with nothing to take over (SB-43). */
  async close(row: SocketRow, why: string): Promise<void> {
    const { vaults, log } = this.#room;
    this.end(row, why);
    // Nobody else can have it: what is left is the vault's own descriptor.
    await step('socket.ended.close', () => vaults.drop(row.key)).catch(error => {
      log.warn({ err: error, app: row.app, socket: row.id }, 'an ended socket could not be let go of');
    });
  }

  /** The same where its vault does not hold it any more. */
  end(row: SocketRow, why: string): void {
    const { ledger, log, now } = this.#room;
    ledger.together(() => {
      const runId = row.state.name === 'deaf' ? undefined : this.#trigger(row, 'socket-closed', 'socket.ended.trigger');
      const isTold = typeof runId === 'string';
      if (runId instanceof LonghaulError && runId.code !== 'not-found') {
        log.error({ err: runId, app: row.app, socket: row.id }, 'nobody can be told that a socket was closed');
      }
      stepNow('socket.ended.note', () =>
        ledger.change(row, { name: 'end', why }, isTold ? { wakes: row.wakes + 1, lastWakeAt: now() } : {}),
      );
    });
  }

  /** A vault is dead, and with it every connection that it held. */
  lost(keys: readonly string[]): void {
    const { ledger, log } = this.#room;
    ledger.together(() => {
      for (const key of keys) {
        const row = ledger.table.findByKey(key);
        if (row !== undefined && !isOver(row.state)) this.end(row, 'the process that held it has ended');
      }
    });
    log.error({ sockets: keys.length }, 'a vault has ended, and with it what it held');
  }

  /** The times that have come: keep-alive timers (SB-42), and pauses after a failure. True when there may be more. */
  due(): boolean {
    const { ledger, vaults, now } = this.#room;
    const rows = ledger.table.due(now(), duePerTurn);
    const rested: string[] = [];
    ledger.together(() => {
      for (const row of rows) {
        if (row.state.name === 'parked') this.signal(row, 'keep-alive-timer-expired');
        else {
          ledger.change(row, { name: 'rested' });
          rested.push(row.key);
        }
      }
    });
    vaults.arm(rested);
    return rows.length === duePerTurn;
  }

  #trigger(
    { app, taskId, id }: SocketRow,
    reason: SocketReason,
    name: 'socket.signal.trigger' | 'socket.ended.trigger',
  ): string | LonghaulError {
    try {
      return stepNow(name, () => this.#room.tasks.trigger({ app, taskId, reason, socketId: id }));
    } catch (error) {
      if (error instanceof LonghaulError) return error;
      throw error;
    }
  }
}
