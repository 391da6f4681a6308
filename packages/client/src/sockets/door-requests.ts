// Requests of the door and their answers: numbered, so many at a time, said again over a new channel where one was lost, and undone
// where nobody waits any more and they happened after all.
import type { Descriptor } from '@longhaul/agent/kernel';
import type { ErrorCode, FromSocketDoor, LentSocket, ToSocketDoor } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/errors';

export interface TakenOver {
  readonly socket: LentSocket;
  /** The receiver's. */
  readonly descriptor: Descriptor;
}

/** Sends at once or not at all. */
export type Say = (message: ToSocketDoor, descriptors?: readonly Descriptor[]) => void;
type Request = Exclude<ToSocketDoor, { type: 'hello' }>;
/** What is said again after a loss, but for `resume`, which belongs to its channel. */
export type Question = Request extends infer Each ? (Each extends Request ? Omit<Each, 'request'> : never) : never;
export type Answer = TakenOver | undefined;

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

export interface Given {
  /** The requests' from now on. */
  readonly descriptor?: Descriptor;
  readonly signal?: AbortSignal | undefined;
  /** What to do when it happened although it was given up. */
  readonly undo?: (answer: Answer) => void;
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

export class DoorRequests {
  readonly #say: Say;
  readonly #busyChanged: (isBusy: boolean) => void;
  /** By request number, in order. */
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: Waiting[] = [];
  #requests = 0;
  #unanswered = 0;
  #isBusy = false;
  #isConnected = true;
  #end: LonghaulError | undefined;

  constructor(say: Say, busyChanged: (isBusy: boolean) => void) {
    this.#say = say;
    this.#busyChanged = busyChanged;
  }

  /** Whether somebody waits for an answer. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Whether a hand-over is being given back or closed. */
  isEnding(key: string): boolean {
    return [...this.#pending.values()].some(
      ({ question }) => (question.type === 'return' || question.type === 'close') && question.key === key,
    );
  }

  /** @throws LonghaulError as the agent refused, `operation-canceled` (by `signal`), and what `giveUp` and `end` say */
  ask(question: Question, { descriptor, signal, undo }: Given = {}): Promise<Answer> {
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
          begun = { ...nothing, question, descriptor, settle, undo };
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

  /** For this channel only; nothing follows when it breaks. */
  askNow(question: Question, answered: (error: LonghaulError | undefined) => void): void {
    this.#begin({ ...nothing, question, settle: answered });
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
      this.#settle(pending, message.type === 'refused' ? refusalOf(pending.question, message) : undefined, undefined);
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

  /** Another channel stands: what comes `first`, then what was not answered, in order, then what waited. */
  reconnected(first: () => void): void {
    this.#isConnected = true;
    const unanswered = [...this.#pending];
    first();
    for (const [request, pending] of unanswered) {
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

  /** Nothing is asked any more. False when that was so already. */
  end(error: LonghaulError): boolean {
    if (this.#end !== undefined) return false;
    this.#end = error;
    this.#isConnected = false;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    for (const [request, pending] of [...this.#pending]) {
      this.#remove(request, pending);
      if (!pending.isAbandoned) pending.settle(error, undefined);
    }
    this.#tellBusy();
    return true;
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

  #tellBusy(): void {
    const isBusy = this.#unanswered > 0 || this.#waiting.length > 0;
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.#busyChanged(isBusy);
  }
}

const nothing = Object.freeze({
  descriptor: undefined,
  undo: undefined,
  isAbandoned: false,
  isRepeated: false,
  refusals: 0,
});

const canceled = (reason: unknown): LonghaulError =>
  new LonghaulError('operation-canceled', 'given up by the signal', { cause: reason });

/** What is missing for a hand-over is its task: the socket is new. */
function refusalOf(question: Question, { code, message }: { readonly code: ErrorCode; readonly message: string }) {
  const subject = code === 'not-found' && question.type === 'transfer' ? 'task' : 'socket';
  return new LonghaulError(code, message, { subject });
}
