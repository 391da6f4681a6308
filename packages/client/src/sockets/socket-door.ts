// The app's or host's side of what is said about descriptors (agent-protocol/socket-door.ts): requests out, answers in,
// repeated over a new channel where one was lost, taken back where nobody waits any more. It opens no channel itself.
import { randomUUID } from 'node:crypto';
import type { Descriptor } from '@longhaul/agent/kernel';
import {
  type ErrorCode,
  type FromSocketDoor,
  type LentSocket,
  LonghaulError,
  type SocketKind,
  type StandbyAction,
  type ToSocketDoor,
} from '@longhaul/agent-protocol';

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
}

/** A socket in our hands under a lease. */
export interface HeldLease {
  readonly socket: LentSocket;
  /**
   * The lease is over: somebody else has the socket, or the channel has ended for good. With `vault-lost` nobody else has it.
   */
  lost(error: LonghaulError): void;
}

export interface TakenOver {
  readonly socket: LentSocket;
  /** The receiver's. */
  readonly descriptor: Descriptor;
}

export interface Asking {
  /** Until the request is on its way nothing has happened; later what it does is undone. */
  readonly signal?: AbortSignal | undefined;
  /** A hand-over that was given up, and happened: the socket is lent to us, as if reclaimed. */
  readonly takenBack?: (socket: LentSocket) => void;
}

type Say = (message: ToSocketDoor, descriptors?: readonly Descriptor[]) => void;
type Request = Exclude<ToSocketDoor, { type: 'hello' }>;
/** What is said again after a loss; `resume` is not: it belongs to its channel. */
type Question = Request extends infer Each ? (Each extends Request ? Omit<Each, 'request'> : never) : never;
type Answer = TakenOver | undefined;

interface Pending {
  readonly question: Question;
  /** Ours until answered, to be said again with. */
  readonly descriptor: Descriptor | undefined;
  readonly settle: (error: LonghaulError | undefined, answer: Answer) => void;
  /** Where nobody waits any more: what to do when it happened after all. */
  readonly undo: ((answer: Answer) => void) | undefined;
  isAbandoned: boolean;
  /** It was said over an earlier channel, too. */
  isRepeated: boolean;
  /** Refusals for now that were not taken for an answer. */
  refusals: number;
}

interface Waiting {
  readonly start: () => void;
  readonly reject: (error: LonghaulError) => void;
}

/** Requests that are on their way at the same time; the others wait for them in order. */
const maxUnanswered = 32;
/**
 * A reclaim whose answer was lost with its channel may have happened: then the agent lends the socket to nobody else until the
 * lost holder has had its time to come back (5 s). Asked again that often, with this pause in milliseconds.
 */
const reclaimAgain = Object.freeze({ times: 32, pauseMs: 250 });

export class SocketDoor {
  readonly #say: Say;
  readonly #busyChanged: (isBusy: boolean) => void;
  /** By request number, in order. */
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: Waiting[] = [];
  readonly #leases = new Map<string, HeldLease>();
  #requests = 0;
  #unanswered = 0;
  #isBusy = false;
  #isConnected = true;
  #end: LonghaulError | undefined;

  /** `say` sends at once or not at all. `busyChanged`: whether somebody waits for an answer. */
  constructor(say: Say, busyChanged: (isBusy: boolean) => void = () => {}) {
    this.#say = say;
    this.#busyChanged = busyChanged;
  }

  /** Whether somebody waits for an answer. */
  get isBusy(): boolean {
    return this.#isBusy;
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
    const question: Question = { type: 'transfer', key: randomUUID(), ...facts, ...bytes };
    const undo = () => this.#takeBack(order.socketId, order.kind, asking);
    await this.#ask(question, { descriptor, signal: asking.signal, undo });
  }

  /**
   * Gives back what is held (SB-35). @throws LonghaulError `stale-owner` when somebody else has it, and as `transfer`
   */
  async giveBack(held: HeldLease, order: GiveBack, asking: Asking = {}): Promise<void> {
    const { key, lease, socketId, kind } = held.socket;
    const context = order.context === undefined ? undefined : base64(order.context);
    const { keepAliveMs } = order;
    const question: Question = {
      type: 'return',
      key,
      lease,
      leftover: base64(order.leftover),
      ...(context === undefined ? {} : { context }),
      ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
    };
    await this.#ask(question, { signal: asking.signal, undo: () => this.#takeBack(socketId, kind, asking) });
    this.release(held);
  }

  /** Takes a parked socket over (SB-33). @throws LonghaulError `not-found`, `wrong-kind`, `illegal-state`, and as `transfer` */
  async reclaim(socketId: string, kind: SocketKind, signal?: AbortSignal): Promise<TakenOver> {
    const question: Question = { type: 'reclaim', socketId, kind };
    const answer = await this.#ask(question, { signal, undo: found => this.#putBack(found) });
    if (answer === undefined) throw new LonghaulError('internal', 'the agent lent a socket without its descriptor');
    return answer;
  }

  /** The connection ends, whoever has a duplicate. */
  async close(held: HeldLease): Promise<void> {
    this.release(held);
    const { key, lease } = held.socket;
    await this.#ask({ type: 'close', key, lease }, {});
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
    const pending = message.type === 'welcome' ? undefined : this.#pending.get(message.request);
    const [descriptor, ...surplus] = descriptors;
    for (const each of surplus) each[Symbol.dispose]();
    if (message.type === 'welcome' || pending === undefined) return void descriptor?.[Symbol.dispose]();
    if (message.type === 'refused' && this.#isForNow(pending, message.code)) {
      setTimeout(() => {
        if (this.#pending.get(message.request) === pending) this.#utter(message.request, pending);
      }, reclaimAgain.pauseMs);
      return;
    }
    this.#remove(message.request, pending);
    if (message.type === 'lent' && descriptor !== undefined) {
      this.#settle(pending, undefined, { socket: message.socket, descriptor });
    } else {
      descriptor?.[Symbol.dispose]();
      const isRefused = message.type === 'refused';
      this.#settle(pending, isRefused ? new LonghaulError(message.code, message.message) : undefined, undefined);
    }
    this.#next();
  }

  /** The channel broke; another is being made. Who waits goes on waiting. */
  lost(): void {
    this.#isConnected = false;
    for (const [request, pending] of this.#pending) {
      if (pending.question.type === 'resume') this.#remove(request, pending);
    }
  }

  /** Another channel stands: leases first, then what was not answered, in order, then what waited. */
  reconnected(): void {
    this.#isConnected = true;
    const ending = new Set<string>();
    for (const { question } of this.#pending.values()) {
      if (question.type === 'return' || question.type === 'close') ending.add(question.key);
    }
    for (const lease of [...this.#leases.values()]) if (!ending.has(lease.socket.key)) this.#resume(lease);
    for (const [request, pending] of this.#pending) {
      if (pending.question.type === 'resume') continue;
      pending.isRepeated = true;
      this.#utter(request, pending);
    }
    this.#next();
  }

  /** Nobody shall wait any longer; what is on its way is undone should it happen. */
  giveUp(error: LonghaulError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    for (const pending of [...this.#pending.values()]) this.#abandon(pending, error);
    this.#tellBusy();
  }

  /** The channel has ended for good. */
  ended(error: unknown): void {
    if (this.#end !== undefined) return;
    const message = 'the channel to the agent has ended';
    this.#end =
      error instanceof LonghaulError ? error : new LonghaulError('agent-not-reachable', message, { cause: error });
    this.#isConnected = false;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
    for (const [request, pending] of [...this.#pending]) {
      this.#remove(request, pending);
      if (!pending.isAbandoned) pending.settle(this.#end, undefined);
    }
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    for (const lease of leases) lease.lost(this.#end);
    this.#tellBusy();
  }

  #ask(
    question: Question,
    given: Pick<Asking, 'signal'> & {
      readonly descriptor?: Descriptor;
      readonly undo?: (answer: Answer) => void;
    },
  ): Promise<Answer> {
    const { descriptor, signal, undo } = given;
    return new Promise<Answer>((resolve, reject) => {
      const stop = () => signal?.removeEventListener('abort', abort);
      const settle: Pending['settle'] = (error, answer) => {
        stop();
        if (error === undefined) resolve(answer);
        else reject(error);
      };
      let begun: Pending | undefined;
      const waiting: Waiting = {
        start: () => {
          begun = { question, descriptor, settle, undo, isAbandoned: false, isRepeated: false, refusals: 0 };
          this.#begin(begun);
        },
        reject: error => {
          descriptor?.[Symbol.dispose]();
          settle(error, undefined);
        },
      };
      const abort = () => {
        const error = canceled(signal?.reason);
        if (begun !== undefined) return this.#abandon(begun, error);
        const at = this.#waiting.indexOf(waiting);
        if (at !== -1) this.#waiting.splice(at, 1);
        waiting.reject(error);
        this.#tellBusy();
      };
      if (this.#end !== undefined) return waiting.reject(this.#end);
      if (signal?.aborted) return waiting.reject(canceled(signal.reason));
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiting);
      this.#tellBusy();
      this.#next();
    });
  }

  /** What waits is not begun before there is a channel: until then nothing has happened and it can be given up. */
  #next(): void {
    while (this.#isConnected && this.#unanswered < maxUnanswered) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) break;
      waiting.start();
    }
    this.#tellBusy();
  }

  #begin(pending: Pending): void {
    this.#requests += 1;
    this.#pending.set(this.#requests, pending);
    this.#unanswered += 1;
    this.#utter(this.#requests, pending);
  }

  #utter(request: number, { question, descriptor }: Pending): void {
    if (!this.#isConnected) return;
    this.#say({ ...question, request } as Request, descriptor === undefined ? [] : [descriptor]);
  }

  #resume(lease: HeldLease): void {
    const { key, lease: number } = lease.socket;
    const settle: Pending['settle'] = error => {
      if (error === undefined || !endsLease.has(error.code) || this.#leases.get(key) !== lease) return;
      this.release(lease);
      lease.lost(error);
    };
    const question: Question = { type: 'resume', key, lease: number };
    const nothing = { descriptor: undefined, undo: undefined, isAbandoned: false, isRepeated: false, refusals: 0 };
    this.#begin({ question, settle, ...nothing });
  }

  /** What was said cannot be unsaid: the answer is awaited without the asker, and then undone. */
  #abandon(pending: Pending, error: LonghaulError): void {
    if (pending.isAbandoned || pending.question.type === 'resume') return;
    pending.isAbandoned = true;
    this.#unanswered -= 1;
    pending.settle(error, undefined);
    this.#next();
  }

  #isForNow(pending: Pending, code: ErrorCode): boolean {
    if (pending.question.type !== 'reclaim' || !pending.isRepeated || code !== 'illegal-state') return false;
    pending.refusals += 1;
    return pending.refusals <= reclaimAgain.times;
  }

  #settle(pending: Pending, error: LonghaulError | undefined, answer: Answer): void {
    if (!pending.isAbandoned) pending.settle(error, answer);
    else if (error === undefined) pending.undo?.(answer);
  }

  #remove(request: number, pending: Pending): void {
    this.#pending.delete(request);
    pending.descriptor?.[Symbol.dispose]();
    if (!pending.isAbandoned) this.#unanswered -= 1;
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
    void this.#ask({ type: 'return', key, lease, leftover }, {}).catch(() => {});
  }

  #tellBusy(): void {
    const isBusy = this.#unanswered > 0 || this.#waiting.length > 0;
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.#busyChanged(isBusy);
  }
}

/** What the agent answers a `resume` when the lease is worth nothing any more. */
const endsLease: ReadonlySet<ErrorCode> = new Set(['stale-owner', 'not-found', 'vault-lost']);

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

const canceled = (reason: unknown): LonghaulError =>
  new LonghaulError('operation-canceled', 'given up by the signal', { cause: reason });
