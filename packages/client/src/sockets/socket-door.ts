// The app's or host's side of what is said about descriptors (agent-protocol/socket-door.ts): hand over, give back, take over,
// close, and come back to what is held. It opens no channel itself.
import type { Descriptor } from '@longhaul/agent/kernel';
import type { ErrorCode, FromSocketDoor, LentSocket, SocketKind, StandbyAction } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/errors';
import { type Answer, DoorRequests, type Question, type Say, type TakenOver } from './door-requests.ts';

/** What goes along when a socket is handed over. */
export interface HandOver {
  readonly socketId: string;
  readonly taskId: string;
  readonly kind: SocketKind;
  readonly wake: StandbyAction;
  readonly context: Uint8Array | null;
  /** What was read and not used. */
  readonly leftover: Uint8Array | null;
  readonly keepAliveMs: number | null;
}

/** What goes along when a lent socket is given back; `undefined` keeps what the agent knows. */
export interface GiveBack {
  readonly context?: Uint8Array | null | undefined;
  readonly leftover: Uint8Array | null;
  readonly keepAliveMs?: number | null | undefined;
  /** Woken for what had come, nothing of it was read. */
  readonly isUntouched?: boolean;
}

/** A socket in our hands under a lease. */
export interface HeldLease {
  readonly socket: LentSocket;
  /**
   * The lease is over: somebody else has the socket, or the channel has ended for good. With `vault-lost` nobody else has it.
   */
  lost(error: LonghaulError): void;
}

export interface Asking {
  /** Until the request is on its way nothing has happened; later what it does is undone. */
  readonly signal?: AbortSignal | undefined;
  /** A hand-over that was given up, and happened: the socket is lent to us, as if reclaimed. */
  readonly takenBack?: (socket: LentSocket) => void;
}

export class SocketDoor {
  readonly #requests: DoorRequests;
  readonly #leases = new Map<string, HeldLease>();

  /** `say` sends at once or not at all. `busyChanged`: whether somebody waits for an answer. */
  constructor(say: Say, busyChanged: (isBusy: boolean) => void = () => {}) {
    this.#requests = new DoorRequests(say, busyChanged);
  }

  /** Whether somebody waits for an answer. */
  get isBusy(): boolean {
    return this.#requests.isBusy;
  }

  /** Leases to be resumed over another channel. */
  get heldLeases(): number {
    return this.#leases.size;
  }

  /**
   * Resolves when the agent has it for good (SB-22..SB-24). The descriptor is the door's from now on.
   * @throws LonghaulError as the agent refused, `operation-canceled` (by `signal`), `agent-not-reachable`
   */
  async transfer(order: HandOver, descriptor: Descriptor, asking: Asking = {}): Promise<void> {
    const { context, leftover, ...facts } = order;
    const bytes = { context: base64(context), leftover: base64(leftover) };
    const question: Question = { type: 'transfer', key: crypto.randomUUID(), ...facts, ...bytes };
    const undo = () => this.#takeBack(order.socketId, order.kind, asking);
    await this.#requests.ask(question, { descriptor, signal: asking.signal, undo });
  }

  /**
   * Gives back what is held (SB-35). @throws LonghaulError `stale-owner` when somebody else has it, and as `transfer`
   */
  async giveBack(held: HeldLease, order: GiveBack, asking: Asking = {}): Promise<void> {
    const { key, lease, socketId, kind } = held.socket;
    const context = order.context === undefined ? undefined : base64(order.context);
    const { keepAliveMs, isUntouched } = order;
    const question: Question = {
      type: 'return',
      key,
      lease,
      leftover: base64(order.leftover),
      ...(context === undefined ? {} : { context }),
      ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
      ...(isUntouched === true ? { isUntouched } : {}),
    };
    await this.#requests.ask(question, { signal: asking.signal, undo: () => this.#takeBack(socketId, kind, asking) });
    this.release(held);
  }

  /** Takes a parked socket over (SB-33). @throws LonghaulError `not-found`, `wrong-kind`, `illegal-state`, and as `transfer` */
  async reclaim(socketId: string, kind: SocketKind, signal?: AbortSignal): Promise<TakenOver> {
    const question: Question = { type: 'reclaim', socketId, kind };
    const answer = await this.#requests.ask(question, { signal, undo: found => this.#putBack(found) });
    if (answer === undefined) throw new LonghaulError('internal', 'the agent lent a socket without its descriptor');
    return answer;
  }

  /** The connection ends, whoever has a duplicate. */
  async close(held: HeldLease): Promise<void> {
    this.release(held);
    const { key, lease } = held.socket;
    await this.#requests.ask({ type: 'close', key, lease });
  }

  /** Held from now on: resumed over every other channel, until released. */
  hold(lease: HeldLease): void {
    this.#leases.set(lease.socket.key, lease);
  }

  release(lease: HeldLease): void {
    const { key } = lease.socket;
    if (this.#leases.get(key) === lease) this.#leases.delete(key);
  }

  /** A message of the agent. Descriptors that nobody asked for are closed. */
  received(message: FromSocketDoor, descriptors: readonly Descriptor[]): void {
    this.#requests.received(message, descriptors);
  }

  /** The channel broke; another is being made. Who waits goes on waiting. */
  lost(): void {
    this.#requests.lost();
  }

  /** Another channel stands: leases first, then what was not answered, in order, then what waited. */
  reconnected(): void {
    const leases = [...this.#leases.values()].filter(({ socket }) => !this.#requests.isEnding(socket.key));
    this.#requests.reconnected(() => {
      for (const lease of leases) this.#resume(lease);
    });
  }

  /** Nobody shall wait any longer; what is on its way is undone should it happen. */
  giveUp(error: LonghaulError): void {
    this.#requests.giveUp(error);
  }

  /** The channel has ended for good: what is held is lost. */
  ended(cause: unknown): void {
    const message = 'the channel to the agent has ended';
    const error = cause instanceof LonghaulError ? cause : new LonghaulError('agent-not-reachable', message, { cause });
    if (!this.#requests.end(error)) return;
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    for (const lease of leases) lease.lost(error);
  }

  #resume(lease: HeldLease): void {
    const { key, lease: number } = lease.socket;
    this.#requests.askNow({ type: 'resume', key, lease: number }, error => {
      if (error === undefined || !endsLease.has(error.code) || this.#leases.get(key) !== lease) return;
      this.release(lease);
      lease.lost(error);
    });
  }

  /** After a hand-over that nobody waits for any more: its giver has gone on with the socket, so it becomes his again. */
  #takeBack(socketId: string, kind: SocketKind, { takenBack }: Asking): void {
    this.reclaim(socketId, kind).then(
      ({ socket, descriptor }) => {
        descriptor[Symbol.dispose](); // he still has his own
        takenBack?.(socket);
      },
      () => {}, // a task has it: the giver will hear of the end of the connection
    );
  }

  /** After a reclaim that nobody waits for any more. */
  #putBack(answer: Answer): void {
    if (answer === undefined) return;
    answer.descriptor[Symbol.dispose]();
    const { key, lease, leftover } = answer.socket;
    void this.#requests.ask({ type: 'return', key, lease, leftover }).catch(() => {});
  }
}

/** What the agent answers a `resume` when the lease is worth nothing any more. */
const endsLease: ReadonlySet<ErrorCode> = new Set(['stale-owner', 'not-found', 'vault-lost']);

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
