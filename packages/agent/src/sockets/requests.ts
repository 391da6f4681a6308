// What apps and task hosts ask of the broker over their channels: hand over, hand back, take over, close, come back. Each
// request is answered once: `done`, `lent`, or `refused` with a code.
import { LonghaulError, type ToSocketDoor } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { socketAddresses } from '../platform/kernel/sockets.ts';
import { step, stepNow } from '../steps.ts';
import type { Holders, Speaker } from './holders.ts';
import { IdleReturns, idlePauseAfter } from './idle-returns.ts';
import { requireKind } from './kinds.ts';
import { livesAlready } from './ledger.ts';
import { fromBase64, lentSocket } from './lent-socket.ts';
import type { SocketRoom } from './room.ts';
import type { SocketRow } from './row.ts';
import { orWhenItAnswers } from './silence.ts';
import { isOver, type SocketEvent } from './socket-states.ts';
import type { Wakes } from './wakes.ts';

/** So many returns of a socket that was not read are worth a line in the log. */
const noticed = 4;

export type SocketRequest = Exclude<ToSocketDoor, { readonly type: 'hello' }>;
type Asked<Type extends SocketRequest['type']> = Extract<SocketRequest, { readonly type: Type }>;

export class Requests {
  readonly #room: SocketRoom;
  readonly #wakes: Wakes;
  readonly #holders: Holders;
  readonly #idleReturns = new IdleReturns();

  constructor(room: SocketRoom, wakes: Wakes, holders: Holders) {
    this.#room = room;
    this.#wakes = wakes;
    this.#holders = holders;
  }

  /** Resolves when it is answered. The descriptors are taken. */
  async said(speaker: Speaker, request: SocketRequest, descriptors: readonly Descriptor[]): Promise<void> {
    using received = new DisposableStack();
    for (const descriptor of descriptors) received.use(descriptor);
    try {
      const wanted = request.type === 'transfer' ? 1 : 0;
      if (descriptors.length !== wanted) {
        throw new LonghaulError(
          'invalid-argument',
          `"${request.type}" comes with ${wanted} sockets, not ${descriptors.length}`,
        );
      }
      await this.#act(speaker, request, descriptors[0]);
    } catch (error) {
      const known = error instanceof LonghaulError ? error : undefined;
      if (known === undefined)
        this.#room.log.error({ err: error, request: request.type }, 'a request failed unexpectedly');
      const message = known?.message ?? 'it failed inside the agent; its log says why';
      speaker.say({ type: 'refused', request: request.request, code: known?.code ?? 'internal', message }, []);
    }
  }

  #act(speaker: Speaker, request: SocketRequest, descriptor: Descriptor | undefined): Promise<void> {
    const { turns } = this.#room;
    switch (request.type) {
      case 'transfer':
        return turns.run(request.key, () => this.#transfer(speaker, request, descriptor!));
      case 'return':
        return turns.run(request.key, () => this.#return(speaker, request));
      case 'close':
        return turns.run(request.key, () => this.#close(speaker, request));
      case 'resume':
        return turns.run(request.key, () => this.#resume(speaker, request));
      case 'reclaim': {
        const { key } = this.#find(speaker.app, request.socketId);
        return turns.run(key, () => this.#reclaim(speaker, request, key));
      }
    }
  }

  /** TransferOwnership (SB-22..SB-24). The vault holds it, the row is durable, the app is told; only then it lets go. */
  async #transfer(speaker: Speaker, asked: Asked<'transfer'>, descriptor: Descriptor): Promise<void> {
    const { ledger, vaults } = this.#room;
    const { key, kind, taskId, wake, keepAliveMs } = asked;
    const said = ledger.table.findByKey(key);
    if (said !== undefined) {
      if (said.app !== speaker.app || said.id !== asked.socketId) throw foreignKey();
      // Said again: the same socket is the same answer, whatever has happened to it since. Which it is cannot be asked of a silent vault.
      const canBeAsked = !isOver(said.state) && !vaults.isSilent(key);
      if (canBeAsked) await orWhenItAnswers(vaults.park(key, descriptor.duplicate()));
      this.#done(speaker, asked);
      return;
    }
    this.#checkNew(speaker.app, asked);
    requireKind(descriptor, kind);
    const { local: localAddress, remote: remoteAddress } = socketAddresses(descriptor);
    const [context, leftover] = [fromBase64(asked.context), fromBase64(asked.leftover)];
    ledger.reserve(speaker.app, this.#room.limits.maxSocketsPerApp);
    let isNew = false;
    try {
      await step('socket.transfer.park', () => vaults.park(key, descriptor.duplicate()));
      const given = { app: speaker.app, id: asked.socketId, key, kind, taskId, wake, keepAliveMs };
      const committed = await step('socket.transfer.commit', () =>
        ledger.handOver({ ...given, localAddress, remoteAddress, context, leftover }),
      );
      isNew = committed.isNew;
    } catch (error) {
      await vaults.drop(key).catch(() => {}); // the app still has it
      throw error;
    } finally {
      if (!isNew) ledger.release(speaker.app);
    }
    stepNow('socket.transfer.answer', () => this.#done(speaker, asked));
    this.#listen(key);
  }

  #checkNew(app: string, { socketId, taskId, kind, keepAliveMs }: Asked<'transfer'>): void {
    const { ledger, tasks } = this.#room;
    if (!tasks.isRegistered(app, taskId))
      throw new LonghaulError('not-found', `no task ${taskId} of "${app}" is registered`, { subject: 'task' });
    requireKeepAlive(kind, keepAliveMs);
    const other = ledger.table.find(app, socketId);
    if (other !== undefined && !isOver(other.state)) throw livesAlready(other);
  }

  /** The vault has a duplicate: what comes back is the word, the context and what was read and not used (SB-35). */
  async #return(speaker: Speaker, asked: Asked<'return'>): Promise<void> {
    const { ledger, vaults, now } = this.#room;
    const { key, lease } = asked;
    const row = this.#own(speaker, key);
    const isLentUnderIt = row.state.name === 'lent' && row.state.lease === lease;
    if (row.returnedLease === lease && !isLentUnderIt && !isOver(row.state)) return this.#done(speaker, asked); // said again
    requireLease(row, lease);
    const keepAliveMs = asked.keepAliveMs === undefined ? row.keepAliveMs : asked.keepAliveMs;
    requireKeepAlive(row.kind, keepAliveMs);
    const before = ledger.table.contents(row.seq);
    const context = asked.context === undefined ? before.context : fromBase64(asked.context);
    const leftover = fromBase64(asked.leftover);
    // Bytes that it had already, and leaves as they were, wake nobody: it would be woken for them for ever.
    const hasNews = leftover !== null && leftover.length > 0 && !leftover.equals(before.leftover ?? Buffer.alloc(0));
    const isSame =
      asked.context === undefined && !hasNews && (leftover?.length ?? 0) === (before.leftover?.length ?? 0);
    const rest = this.#restAfter(row, asked.isUntouched === true);
    stepNow('socket.return.note', () =>
      ledger.change(
        row,
        rest ?? { name: 'hand-back' },
        {
          keepAliveMs,
          keepAliveAt: keepAliveMs === null ? null : now() + keepAliveMs,
          contextBytes: context?.length ?? 0,
          transfers: row.transfers + 1,
          failures: 0,
          returnedLease: lease,
          hasNews,
        },
        isSame ? undefined : { context, leftover },
      ),
    );
    this.#holders.delete(key);
    await step('socket.return.give', () => orWhenItAnswers(vaults.giveBack(key)));
    stepNow('socket.return.answer', () => this.#done(speaker, asked));
    if (rest === undefined) this.#listen(key);
  }

  /** A task that reads nothing of what it is woken for is woken less and less often; `undefined`: it has read, or only once not. */
  #restAfter(row: SocketRow, isUntouched: boolean): SocketEvent | undefined {
    const { limits, log, now } = this.#room;
    const returns = this.#idleReturns.count(row.key, isUntouched);
    const pauseMs = idlePauseAfter(returns, limits);
    if (pauseMs === 0) return undefined;
    const why = `its task has given it back unread ${returns} times in a row`;
    if (returns === noticed) log.warn({ app: row.app, socket: row.id }, why);
    return { name: 'rest', until: now() + pauseMs, why };
  }

  /** The new owner is the app itself (SB-33, SB-34), whether the socket is parked or about to be given to a task. */
  async #reclaim(speaker: Speaker, asked: Asked<'reclaim'>, key: string): Promise<void> {
    const { ledger, vaults } = this.#room;
    const row = this.#find(speaker.app, asked.socketId);
    if (row.key !== key) throw new LonghaulError('stale-owner', `another socket is "${row.id}" since`);
    if (row.kind !== asked.kind) {
      throw new LonghaulError('wrong-kind', `"${row.id}" is a ${row.kind}, not a ${asked.kind}`, {
        data: { kind: row.kind },
      });
    }
    if (isOver(row.state)) throw new LonghaulError('illegal-state', `"${row.id}" is ${row.state.name}`);
    if (row.state.name === 'lent') {
      throw new LonghaulError('illegal-state', `process ${row.state.holder.pid} has "${row.id}" now`);
    }
    const { descriptor, holding } = await step('socket.lend.take', () => vaults.lend(key));
    using own = descriptor;
    const holder = { by: speaker.by, pid: speaker.pid, runId: null } as const;
    let lent: SocketRow;
    try {
      // It may have been signalled meanwhile: the run will find it gone.
      lent = stepNow('socket.lend.note', () =>
        ledger.change(this.#find(speaker.app, asked.socketId), { name: 'lend', lease: holding.lease, holder }),
      );
    } catch (error) {
      await vaults.giveBack(key).catch(() => {}); // a vault that does not answer is told later
      this.#listen(key);
      throw error;
    }
    this.#holders.set(key, speaker);
    const socket = lentSocket(lent, ledger.table.contents(lent.seq), holding.lease);
    stepNow('socket.lend.answer', () => speaker.say({ type: 'lent', request: asked.request, socket }, [own]));
  }

  /** Forgotten first: nobody is woken for what its owner has closed. */
  async #close(speaker: Speaker, asked: Asked<'close'>): Promise<void> {
    const { ledger, vaults } = this.#room;
    const { key, lease } = asked;
    const row = this.#own(speaker, key);
    requireLease(row, lease);
    stepNow('socket.close.note', () => ledger.remove(row));
    this.#holders.delete(key);
    await step('socket.close.end', () => orWhenItAnswers(vaults.end(key)));
    this.#done(speaker, asked);
  }

  async #resume(speaker: Speaker, asked: Asked<'resume'>): Promise<void> {
    const row = this.#own(speaker, asked.key);
    requireLease(row, asked.lease);
    if (row.state.name === 'lent' && row.state.holder.runId === null) this.#holders.set(asked.key, speaker);
    this.#done(speaker, asked);
  }

  /** It is answered: a wake that cannot be recorded now comes later. */
  #listen(key: string): void {
    const { ledger, again } = this.#room;
    again.do(`listen ${key}`, () => {
      const row = ledger.table.findByKey(key);
      if (row !== undefined) this.#wakes.listen(row); // not parked: its time has come meanwhile
    });
  }

  #find(app: string, socketId: string): SocketRow {
    const row = this.#room.ledger.table.find(app, socketId);
    if (row === undefined) throw new LonghaulError('not-found', `"${app}" has handed over no socket "${socketId}"`);
    return row;
  }

  #own(speaker: Speaker, key: string): SocketRow {
    const row = this.#room.ledger.table.findByKey(key);
    if (row === undefined) throw new LonghaulError('not-found', `no socket was handed over as ${key}`);
    if (row.app !== speaker.app) throw foreignKey();
    return row;
  }

  #done(speaker: Speaker, { request }: SocketRequest): void {
    speaker.say({ type: 'done', request }, []);
  }
}

const foreignKey = (): LonghaulError =>
  new LonghaulError('access-denied', 'this key names a hand-over of somebody else');

/** @throws LonghaulError `stale-owner`, `vault-lost` */
function requireLease({ id, state }: SocketRow, lease: number): void {
  if (state.name === 'lent' && state.lease === lease) return;
  if (state.name === 'closed') throw new LonghaulError('vault-lost', `the broker has lost "${id}": ${state.why}`);
  throw new LonghaulError('stale-owner', `"${id}" was handed to somebody else since lease ${lease}`);
}

/** TransferOwnership with a keep-alive time does not exist for listeners (SB-24). */
function requireKeepAlive(kind: string, keepAliveMs: number | null): void {
  if (kind === 'stream-socket-listener' && keepAliveMs !== null) {
    throw new LonghaulError('invalid-argument', 'a listener has no keep-alive time');
  }
}
