// The door of the sockets room: what the agent's hub and the tasks call. Where sockets cannot be handed over everything says so
// with `not-supported-here`, and the rest of the agent works.

import {
  type ErrorCode,
  LonghaulError,
  type OwnSocketRecord,
  type OwnSocketsPage,
  ownSocketsPage,
  type SocketName,
  type SocketRecord,
  type ToSocketDoor,
} from '@longhaul/agent-protocol';
import type { VaultAddress } from '../keeper/vault-wire.ts';
import { Again } from '../pace/again.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { whyNotSupported } from '../platform/kernel/libc.ts';
import { isInScope, type Scope } from '../scope.ts';
import { isStoreFailure, type Store } from '../store/store.ts';
import { DoorServer } from './door-server.ts';
import { DueTimer } from './due-timer.ts';
import type { SocketFact } from './facts.ts';
import { Holders, type Speaker } from './holders.ts';
import { SocketLedger } from './ledger.ts';
import { toBase64 } from './lent-socket.ts';
import { defaults, type SocketLimits } from './options.ts';
import { Recovery } from './recovery.ts';
import { Requests } from './requests.ts';
import type { SocketLog, SocketRoom, SocketTasks } from './room.ts';
import { type SocketRow, toRecord } from './row.ts';
import { type ForRun, type RunOutcome, Runs, type SocketRun } from './runs.ts';
import { isOver } from './socket-states.ts';
import { Turns } from './turns.ts';
import { Vaults } from './vaults.ts';
import { Wakes } from './wakes.ts';

export type { SocketFact } from './facts.ts';
export type { Speaker } from './holders.ts';
export type { SocketLimits } from './options.ts';
export type { SocketLog, SocketTasks } from './room.ts';
export type { ForRun, RunOutcome, SocketRun } from './runs.ts';

import { orWhenItAnswers } from './silence.ts';

export interface SocketsOptions {
  /** Opened with `socketMigrations` of schema.ts in its list. */
  readonly store: Store;
  readonly log: SocketLog;
  /** Counts the agents of a keeper: the vaults listen to the last one only. */
  readonly generation: number;
  /** Those that earlier agents opened. */
  readonly vaults: readonly VaultAddress[];
  readonly openVault: () => Promise<VaultAddress>;
  /** Where apps find the door. */
  readonly path: string;
  /** The app whose grant holds this token. */
  readonly appOf: (token: string) => string | undefined;
  readonly tasks: SocketTasks;
  /** Must not throw. */
  readonly publish: (fact: SocketFact) => void;
  readonly limits?: Partial<SocketLimits>;
  readonly now?: () => number;
}

/** A socket outside `scope` is `not-found`. */
export interface Sockets extends AsyncDisposable {
  /** Oldest first. */
  list(scope: Scope): SocketRecord[];
  /** With what the app gave along; a page of them. */
  listOwn(app: string, start: number | null): OwnSocketsPage;
  /** Ends the connection, whoever has it, and forgets the socket. A dashboard only forgets what is over. */
  remove(scope: Scope, name: SocketName): Promise<void>;
  /** @throws LonghaulError `not-supported-here` */
  path(): string;
  /** Ends and forgets everything of an app, and its connections to the door. */
  removeApp(app: string): Promise<void>;
  /** For a run that the host `pid` is about to get. See runs.ts. */
  lend(run: SocketRun, pid: number): Promise<ForRun | 'obsolete'>;
  /** The run is over. */
  over(run: SocketRun, outcome: RunOutcome): Promise<void>;
  /** What a task host says that is not about its runs. The descriptors are taken. */
  said(host: Speaker, message: ToSocketDoor, descriptors: readonly Descriptor[]): Promise<void>;
  /** Its process has ended. */
  hostEnded(host: Speaker): void;
}

/** Takes over what an earlier agent left. Disposing leaves every socket where it is. */
export async function openSockets(options: SocketsOptions): Promise<Sockets> {
  const { store, log, now = Date.now } = options;
  const limits = Object.freeze({ ...defaults, ...options.limits });
  await using stack = new AsyncDisposableStack();
  const ledger = stack.use(new SocketLedger(store, options.publish, now));
  const turns = new Turns();
  const whyNot = whyNotSupported();
  if (whyNot !== undefined) {
    log.warn({ err: whyNot }, 'sockets cannot be handed over here; everything else works');
    return new Door({ ledger, turns, resources: stack.move(), whyNot });
  }

  let wakes: Wakes | undefined;
  let recovery: Recovery | undefined;
  const vaults = stack.use(
    await Vaults.open({
      generation: options.generation,
      vaults: options.vaults,
      openVault: options.openVault,
      listener: {
        // Not before the room is ready: what is parked is armed then, and tells again.
        activity: happened => wakes?.happened(happened),
        lost: keys => wakes?.lost(keys),
        rejoined: keys => recovery?.rejoined(keys),
        complete: () => recovery?.complete(),
      },
      deadlineMs: limits.vaultDeadlineMs,
      patienceMs: limits.vaultPatienceMs,
    }),
  );
  const again = stack.use(
    new Again({ isPassing, failed: err => log.error({ err }, 'what happened to sockets could not be settled') }),
  );
  const room: SocketRoom = { ledger, vaults, tasks: options.tasks, turns, again, limits, log, now };
  const waking = new Wakes(room);
  wakes = waking;
  const holders = stack.use(new Holders(room, waking));
  const runs = new Runs(room, waking);
  const requests = new Requests(room, waking, holders);
  stack.defer(() => turns.idle());
  const timer = stack.use(
    new DueTimer(
      now,
      () => ledger.table.nextDueAt(),
      () => waking.due(),
      err => log.error({ err }, 'what is due could not be looked at'),
    ),
  );
  ledger.onDue = at => timer.wantedAt(at);
  recovery = new Recovery(room, waking);
  await recovery.run(holders, runs);
  timer.wantedAt(ledger.table.nextDueAt() ?? Number.POSITIVE_INFINITY);
  const server = stack.use(
    new DoorServer({
      path: options.path,
      limits,
      appOf: options.appOf,
      asked: (speaker, request, descriptors) => requests.said(speaker, request, descriptors),
      ended: speaker => holders.ended(speaker),
    }),
  );
  return new Door({
    ledger,
    turns,
    resources: stack.move(),
    here: { vaults, waking, runs, requests, holders, server, path: options.path },
  });
}

/** Only where sockets can be handed over. */
interface Here {
  readonly vaults: Vaults;
  readonly waking: Wakes;
  readonly runs: Runs;
  readonly requests: Requests;
  readonly holders: Holders;
  readonly server: DoorServer;
  readonly path: string;
}

type Parts = {
  readonly ledger: SocketLedger;
  readonly turns: Turns;
  readonly resources: AsyncDisposableStack;
} & ({ readonly here: Here } | { readonly here?: undefined; readonly whyNot: LonghaulError });

class Door implements Sockets {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list(scope: Scope): SocketRecord[] {
    return this.#parts.ledger.table.list(scope.role === 'app' ? scope.app : undefined).map(row => this.#record(row));
  }

  listOwn(app: string, start: number | null): OwnSocketsPage {
    const { table } = this.#parts.ledger;
    const { maxSockets, maxContextBytes } = ownSocketsPage;
    const sockets: OwnSocketRecord[] = [];
    let bytes = 0;
    for (const row of table.from(start ?? 0, app)) {
      bytes += row.contextBytes;
      const isFull = sockets.length >= maxSockets || bytes > maxContextBytes;
      if (isFull && sockets.length > 0) return { sockets, next: row.seq };
      sockets.push({ ...this.#record(row), context: toBase64(table.contents(row.seq).context) });
    }
    return { sockets, next: null };
  }

  async remove(scope: Scope, { app, id }: SocketName): Promise<void> {
    const row = this.#parts.ledger.table.find(app, id);
    if (row === undefined || !isInScope(scope, app)) {
      throw new LonghaulError('not-found', `"${app}" has handed over no socket "${id}"`, { subject: 'socket' });
    }
    if (scope.role === 'browser' && !isOver(row.state)) {
      throw new LonghaulError(
        'access-denied',
        'a dashboard removes only what is over: the app or the command closes it',
      );
    }
    await this.#remove(row);
  }

  path(): string {
    return this.#here().path;
  }

  async removeApp(app: string): Promise<void> {
    const { ledger, here } = this.#parts;
    here?.server.cutOff(app);
    await Promise.all(ledger.table.list(app).map(row => this.#remove(row)));
  }

  async lend(run: SocketRun, pid: number): Promise<ForRun | 'obsolete'> {
    return await this.#here().runs.lend(run, pid);
  }

  async over(run: SocketRun, outcome: RunOutcome): Promise<void> {
    await this.#parts.here?.runs.over(run, outcome);
  }

  async said(host: Speaker, message: ToSocketDoor, descriptors: readonly Descriptor[]): Promise<void> {
    if (message.type !== 'hello') return await this.#here().requests.said(host, message, descriptors);
    for (const descriptor of descriptors) descriptor[Symbol.dispose](); // it was born with its channel
  }

  hostEnded(host: Speaker): void {
    this.#here().holders.ended(host);
  }

  /** With what stands in its way now, which no row knows. */
  #record(row: SocketRow): SocketRecord {
    const record = toRecord(row);
    if (!isOver(row.state) && this.#parts.here?.vaults.isSilent(row.key)) {
      return { ...record, why: 'the process that holds it does not answer: it is heard again when that process does' };
    }
    return record.status === 'parked'
      ? { ...record, why: this.#parts.here?.waking.troubleOf(row.key) ?? record.why }
      : record;
  }

  /** Forgotten first: nobody is woken for what was removed. */
  #remove({ key }: SocketRow): Promise<void> {
    const { ledger, turns, here } = this.#parts;
    return turns.run(key, async () => {
      const row = ledger.table.findByKey(key);
      if (row === undefined) return;
      ledger.remove(row);
      here?.holders.delete(key);
      await orWhenItAnswers(here?.vaults.end(key));
    });
  }

  /** @throws LonghaulError `not-supported-here` */
  #here(): Here {
    const parts = this.#parts;
    if (parts.here !== undefined) return parts.here;
    throw parts.whyNot;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.resources.disposeAsync();
  }
}

/**
 * The same may succeed later: there is room again, the vault goes on, runs that waited are over, or the tasks, which end before the
 * sockets do, are those of the next agent.
 */
const passing: ReadonlySet<unknown> = new Set<ErrorCode>(['vault-silent', 'quota-exceeded', 'agent-not-reachable']);

const isPassing = (error: unknown): boolean =>
  isStoreFailure(error) || (error instanceof LonghaulError && passing.has(error.code));
