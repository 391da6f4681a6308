// ACTS. The connection of one Agent object: a link exists while somebody holds it, is dialled anew when it breaks, and
// calls that lost their answer are sent again where that is safe. The decisions are in connection-states.ts and retry.ts.
import type { AgentHub } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/plain';
import { type ConnectionEvent, type ConnectionState, step } from './connection-states.ts';
import type { Link } from './link.ts';
import { LinkLostError } from './link-lost-error.ts';
import { isAsAsked, lossMeansDone, reconnectDelayMs, wasAlreadyGone } from './retry.ts';

export interface ConnectionOptions {
  /**
   * Finds the agent, starts one where asked for (not one that was stopped on purpose, when `isAfterLoss`), and opens a
   * link. Gives up when `signal` is aborted.
   */
  readonly dial: (how: { readonly isAfterLoss: boolean; readonly signal: AbortSignal }) => Promise<Link>;
  readonly reachTimeoutMs: number;
  readonly lingerMs: number;
  readonly reconnectFirstDelayMs: number;
  readonly reconnectMaxDelayMs: number;
}

/** A question that loses its answer so often in a row is what the agent dies of. */
export const maxLostAnswers = 5;

interface Waiter {
  readonly resolve: (link: Link) => void;
  readonly reject: (error: LonghaulError) => void;
}

export class AgentConnection {
  readonly #options: ConnectionOptions;
  #state: ConnectionState = { name: 'idle' };
  #link: Link | undefined;
  #holds = 0;
  readonly #waiters = new Set<Waiter>();
  /** Calls whose answer is under way; dispose lets them arrive. */
  readonly #calls = new Set<Promise<unknown>>();
  /** The one timer: linger while open and unused, delay while waiting. */
  #timer: NodeJS.Timeout | undefined;
  #lastFailure: unknown;
  /** The dial under way; aborted when it is no longer wanted. */
  #dialling: AbortController | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get isDisposed(): boolean {
    return this.#state.name === 'disposed';
  }

  /** Keeps a link alive, and with it this process, until disposed. */
  hold(): Disposable {
    this.#assertUsable();
    this.#holds++;
    this.#enter('needed');
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#holds === 0) this.#rest();
      },
    };
  }

  /** The open link; waits for one. The caller holds. @throws LonghaulError `agent-not-reachable`, `detached`, … */
  link(): Promise<Link> {
    if (this.isDisposed) return Promise.reject(detached());
    if (this.#state.name === 'open') return Promise.resolve(this.#link!);
    return new Promise<Link>((resolve, reject) => {
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          then(value);
        };
      const waiter: Waiter = { resolve: settle(resolve), reject: settle(reject) };
      const timer = setTimeout(() => waiter.reject(notReachable(this.#lastFailure)), this.#options.reachTimeoutMs);
      this.#waiters.add(waiter);
    });
  }

  /** One method of the agent's hub. Sent again after a lost answer where that is safe (retry.ts). */
  async call<Verb extends keyof AgentHub>(
    verb: Verb,
    ...args: Parameters<AgentHub[Verb]>
  ): Promise<Awaited<ReturnType<AgentHub[Verb]>>> {
    using _hold = this.hold();
    const answer = this.#callUntilAnswered(verb, args);
    this.#calls.add(answer);
    try {
      return await answer;
    } finally {
      this.#calls.delete(answer);
    }
  }

  async #callUntilAnswered<Verb extends keyof AgentHub>(
    verb: Verb,
    args: Parameters<AgentHub[Verb]>,
  ): Promise<Awaited<ReturnType<AgentHub[Verb]>>> {
    type Answer = Awaited<ReturnType<AgentHub[Verb]>>;
    for (let sent = 0; ; ) {
      const link = await this.link();
      sent++;
      try {
        return await link.invoke(verb, ...args);
      } catch (error) {
        if (error instanceof LinkLostError) {
          if (lossMeansDone(verb)) return undefined as Answer;
          if (sent >= maxLostAnswers) throw notReachable(error);
          // The next link is dialled when this one has told that it is closed.
          await link.closed;
          continue;
        }
        if (!(error instanceof LonghaulError) || sent === 1) throw error;
        if (wasAlreadyGone(verb, error.code)) return undefined as Answer;
        if (error.code !== 'illegal-state') throw error;
        const record = await link.invoke('getTransfer', args[0] as string);
        if (!isAsAsked(verb, record)) throw error;
        return record as Answer;
      }
    }
  }

  /** Lets answers arrive that are under way (at most `timeoutMs`), then closes. Whoever still waits gets `detached`. */
  async dispose(timeoutMs: number): Promise<void> {
    if (this.isDisposed) return;
    if (this.#calls.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>(resolve => {
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([Promise.allSettled([...this.#calls]), late]);
      clearTimeout(timer);
      if (this.isDisposed) return;
    }
    const link = this.#link;
    this.#enter('disposed');
    for (const waiter of [...this.#waiters]) waiter.reject(detached());
    await link?.close();
  }

  #assertUsable(): void {
    if (this.isDisposed) throw detached();
  }

  /** Nobody holds: the link stays for a moment, a dial under way is let go at once. */
  #rest(): void {
    if (this.#state.name === 'disposed' || this.#state.name === 'idle') return;
    if (this.#state.name === 'open') this.#setTimer(this.#options.lingerMs, () => this.#enter('unneeded'));
    else this.#enter('unneeded');
  }

  /** The only place that changes the state, and the only one that acts on a change. */
  #enter(event: ConnectionEvent): void {
    const before = this.#state;
    this.#state = step(before, event);
    // The linger time of an open link ends when somebody needs it again.
    if (event === 'needed' && before.name === 'open') this.#clearTimer();
    if (this.#state === before || (this.#state.name === 'open' && before.name === 'open')) return;
    this.#clearTimer();
    if (before.name === 'idle') this.#lastFailure = undefined;
    if (this.#state.name !== 'open') this.#letGo();
    if (this.#state.name === 'dialling') this.#dial(this.#state.isAfterLoss);
    else if (this.#state.name === 'waiting') {
      const { reconnectFirstDelayMs: first, reconnectMaxDelayMs: max } = this.#options;
      this.#setTimer(reconnectDelayMs(this.#state.failures, Math.random(), first, max), () =>
        this.#enter('delay-over'),
      );
    }
  }

  #letGo(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#dialling?.abort();
    this.#dialling = undefined;
    if (link && this.#state.name !== 'disposed') void link.close();
  }

  #dial(isAfterLoss: boolean): void {
    const dialling = new AbortController();
    this.#dialling = dialling;
    this.#options.dial({ isAfterLoss, signal: dialling.signal }).then(
      link => {
        if (dialling.signal.aborted) return void link.close();
        this.#link = link;
        this.#enter('opened');
        void link.answered.then(() => {
          if (this.#link === link) this.#enter('answered');
        });
        void link.closed.then(reason => {
          if (this.#link !== link) return;
          this.#lastFailure = reason;
          this.#link = undefined;
          this.#enter(this.#holds > 0 ? 'lost' : 'unneeded');
        });
        for (const waiter of [...this.#waiters]) waiter.resolve(link);
      },
      (error: unknown) => {
        if (dialling.signal.aborted) return;
        this.#lastFailure = error;
        if (!(error instanceof LonghaulError) || error.facts.isRetryable) return this.#enter('dial-failed');
        this.#enter('dial-refused');
        for (const waiter of [...this.#waiters]) waiter.reject(error);
      },
    );
  }

  #setTimer(ms: number, then: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(then, ms);
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

export const detached = (): LonghaulError =>
  new LonghaulError('detached', 'this connection to the agent was disposed; what the agent does goes on');

/** Why there is no agent says more than that there is none. */
export const notReachable = (cause: unknown): LonghaulError =>
  cause instanceof LonghaulError && cause.code !== 'agent-not-reachable'
    ? cause
    : new LonghaulError('agent-not-reachable', `the agent cannot be reached: ${messageOf(cause)}`, { cause });

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'no answer');
