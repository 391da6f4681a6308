// What happens to parked sockets, and whom it wakes: activity that a vault has told, times that have come, connections that
// have ended. Each becomes one run of the socket's task; which reason it has is decided here (SB-40..SB-43).
import { LonghaulError, type SocketReason } from '@longhaul/agent-protocol';
import { peek } from '../platform/kernel/sockets.ts';
import { step, stepNow } from '../steps.ts';
import type { SocketRoom } from './room.ts';
import type { SocketRow } from './row.ts';
import { isOver } from './socket-states.ts';
import type { SocketActivity } from './vault-link.ts';
import { type WarmWake, WarmWakes } from './warm-wakes.ts';

/** Due sockets that are looked at in one turn of the loop. */
const duePerTurn = 256;

export class Wakes {
  readonly #room: SocketRoom;
  /** Keys of those to which something has happened that could not be recorded, and why. */
  readonly #unheard = new Map<string, string>();
  /** Of each app, keys of closed sockets of whose end it is still to be told. */
  readonly #untold = new Map<string, Set<string>>();
  readonly #warm: WarmWakes;

  constructor(room: SocketRoom) {
    this.#room = room;
    this.#warm = new WarmWakes(room);
  }

  /** Why nobody is woken for a parked socket; `undefined` when nothing is in the way. */
  troubleOf(key: string): string | undefined {
    return this.#unheard.get(key);
  }

  /** Told by a vault. Those that are not parked any more have told it to their holder. */
  happened(activities: readonly SocketActivity[]): void {
    const { ledger, log } = this.#room;
    const warm: WarmWake[] = [];
    try {
      stepNow('socket.wake.note', () =>
        ledger.together(() => {
          for (const activity of activities) this.#happened(activity, warm);
        }),
      );
    } catch (error) {
      for (const wake of warm) wake.abandon();
      log.error({ err: error, sockets: activities.length }, 'what happened to parked sockets could not be recorded');
      const why = `nobody can be woken now: ${error instanceof Error ? error.message : String(error)}`;
      for (const { id } of activities) this.#unheard.set(id, why);
      this.#hearLater(activities.map(({ id }) => id));
      return;
    }
    for (const wake of warm) wake.give();
  }

  /** It is told again, as long as it is so. */
  #hearLater(keys: readonly string[]): void {
    setTimeout(() => {
      for (const key of keys) this.#unheard.delete(key);
      this.#room.vaults.arm(keys);
    }, this.#room.limits.firstPauseMs).unref();
  }

  #happened({ id: key, hasEnded }: SocketActivity, warm: WarmWake[]): void {
    const row = this.#room.ledger.table.findByKey(key);
    if (row === undefined || (row.state.name !== 'parked' && row.state.name !== 'deaf')) return;
    if (hasEnded && row.kind !== 'stream-socket-listener') void this.#room.turns.run(key, () => this.#ended(key));
    else if (row.state.name === 'parked') {
      const reason = row.kind === 'stream-socket-listener' ? 'connection-accepted' : 'socket-activity';
      const wake = this.#warm.begin(row, reason);
      if (wake === undefined) this.signal(row, reason);
      else warm.push(wake);
    }
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
      log.warn({ err: error, key }, 'a parked socket has ended, and that could not be settled');
      this.#hearLater([key]);
    }
  }

  /** To what is parked, from now on; its task is woken at once when there is something that it has not seen. */
  listen(row: SocketRow): void {
    if (row.state.name !== 'parked') return;
    if (row.hasNews) this.signal(row, 'socket-activity');
    else this.#room.vaults.arm([row.key]);
  }

  /** A run is recorded for a parked socket. */
  signal(row: SocketRow, reason: SocketReason): void {
    const { ledger, vaults, limits, log, now } = this.#room;
    ledger.together(() => {
      if (vaults.isSilent(row.key)) {
        // No run could have it now.
        const why = 'the process that holds it does not answer';
        ledger.change(row, { name: 'fail', until: now() + limits.vaultDeadlineMs, why });
        return;
      }
      const runId = this.#trigger(row, reason, 'socket.signal.trigger');
      if (runId instanceof LonghaulError && runId.code === 'not-found') {
        ledger.change(row, { name: 'lose-task', why: `its task ${row.taskId} is not registered any more` });
      } else if (runId instanceof LonghaulError) {
        log.warn({ err: runId, app: row.app, socket: row.id }, 'nobody can be woken for a socket now');
        ledger.change(row, { name: 'fail', until: now() + limits.firstPauseMs, why: runId.message });
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
    const { ledger, now } = this.#room;
    const isUntold = ledger.together(() => {
      const runId = row.state.name === 'deaf' ? undefined : this.#trigger(row, 'socket-closed', 'socket.ended.trigger');
      const isTold = typeof runId === 'string';
      const isUntold = runId instanceof LonghaulError && runId.code !== 'not-found';
      stepNow('socket.ended.note', () =>
        ledger.change(row, { name: 'end', why, isUntold }, isTold ? { wakes: row.wakes + 1, lastWakeAt: now() } : {}),
      );
      return isUntold;
    });
    if (isUntold) this.tellLater(row);
  }

  /** Its app has as many runs in line as it may: it is told as soon as one more may wait. */
  tellLater({ app, key }: SocketRow): void {
    const keys = this.#untold.get(app) ?? new Set();
    this.#untold.set(app, keys.add(key));
    this.#room.again.do(`tell ${app}`, () => {
      for (const each of keys) {
        this.#tell(each);
        keys.delete(each);
      }
    });
  }

  #tell(key: string): void {
    const { ledger, now } = this.#room;
    ledger.together(() => {
      const row = ledger.table.findByKey(key);
      if (row?.state.name !== 'closed' || row.state.isUntold === undefined) return;
      const runId = this.#trigger(row, 'socket-closed', 'socket.ended.trigger');
      if (runId instanceof LonghaulError && runId.code !== 'not-found') throw runId;
      const isTold = typeof runId === 'string';
      ledger.change(row, { name: 'told' }, isTold ? { wakes: row.wakes + 1, lastWakeAt: now() } : {});
    });
  }

  /** A vault is dead, and with it every connection that it held. */
  lost(keys: readonly string[]): void {
    const { ledger, log, again } = this.#room;
    log.error({ sockets: keys.length }, 'a vault has ended, and with it what it held');
    again.do(`lost ${keys[0]}`, () =>
      ledger.together(() => {
        for (const key of keys) {
          const row = ledger.table.findByKey(key);
          if (row !== undefined && !isOver(row.state)) this.end(row, 'the process that held it has ended');
        }
      }),
    );
  }

  /** The times that have come: keep-alive timers (SB-42), and pauses after a failure. True when there may be more. */
  due(): boolean {
    const { ledger, now } = this.#room;
    const rows = ledger.table.due(now(), duePerTurn);
    ledger.together(() => {
      for (const row of rows) {
        if (row.state.name === 'parked') this.signal(row, 'keep-alive-timer-expired');
        else this.listen(ledger.change(row, { name: 'rested' }));
      }
    });
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
