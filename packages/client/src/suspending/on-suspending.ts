// onSuspending (SB-20, SB-28): what an app does before it goes. A signal that asks the process to end waits for the deferrals of
// all handlers, each until its deadline, and has its effect then.
import { LonghaulError } from '@longhaul/agent-protocol/plain';
import { mustBeFunction, mustBeObject, unfit } from '../arguments.ts';

export const suspendingSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type SuspendingSignal = (typeof suspendingSignals)[number];

export interface OnSuspendingOptions {
  /** The signal has its effect at the latest after this time. Milliseconds, default 5,000 (TI-20). */
  readonly deadlineMs?: number;
}

/** Holds the signal back until it is complete. */
export class SuspendingDeferral implements Disposable {
  readonly #complete: () => void;

  constructor(complete: () => void) {
    this.#complete = complete;
  }

  /** Completing twice is completing once. */
  complete(): void {
    this.#complete();
  }

  /** As `complete`: `using deferral = event.getDeferral()`. */
  [Symbol.dispose](): void {
    this.#complete();
  }
}

export class SuspendingEvent {
  readonly signal: SuspendingSignal;
  /** When the signal has its effect, complete or not. Milliseconds since 1970. */
  readonly deadline: number;
  readonly #open = new Set<object>();
  readonly #completed = Promise.withResolvers<void>();
  #isSealed = false;

  constructor(signal: SuspendingSignal, deadline: number) {
    this.signal = signal;
    this.deadline = deadline;
  }

  /** One for each asynchronous operation (SB-28): complete it after the hand-over is done, not before (O-5). */
  getDeferral(): SuspendingDeferral {
    if (this.#isSealed && this.#open.size === 0) {
      throw new LonghaulError(
        'illegal-state',
        'the process is ending: take a deferral before the last one is complete',
      );
    }
    const held = {};
    this.#open.add(held);
    return new SuspendingDeferral(() => {
      this.#open.delete(held);
      this.#check();
    });
  }

  /** The handler has returned; resolves when everything that it has deferred is complete. */
  seal(): Promise<void> {
    this.#isSealed = true;
    this.#check();
    return this.#completed.promise;
  }

  #check(): void {
    if (this.#isSealed && this.#open.size === 0) this.#completed.resolve();
  }
}

export type SuspendingHandler = (event: SuspendingEvent) => void | Promise<void>;

/** Of a process, as much as is needed here. */
export interface SignaledProcess {
  readonly pid: number;
  on(signal: SuspendingSignal, listener: (signal: SuspendingSignal) => void): unknown;
  off(signal: SuspendingSignal, listener: (signal: SuspendingSignal) => void): unknown;
  listenerCount(signal: SuspendingSignal): number;
  kill(pid: number, signal: SuspendingSignal): unknown;
  emitWarning(warning: Error): void;
}

interface Registration {
  readonly handler: SuspendingHandler;
  readonly deadlineMs: number;
}

/** The handlers of one process. */
export class Suspending {
  readonly #process: SignaledProcess;
  readonly #registrations = new Set<Registration>();
  #isSuspending = false;

  constructor(process: SignaledProcess) {
    this.#process = process;
  }

  add(handler: SuspendingHandler, deadlineMs: number): Disposable {
    const registration = { handler, deadlineMs };
    if (this.#registrations.size === 0) for (const signal of suspendingSignals) this.#process.on(signal, this.#came);
    this.#registrations.add(registration);
    return {
      [Symbol.dispose]: () => {
        if (this.#registrations.delete(registration) && this.#registrations.size === 0) this.#stopListening();
      },
    };
  }

  /** A signal that comes while another waits changes nothing: the deadline is near. */
  #came = (signal: SuspendingSignal): void => {
    if (this.#isSuspending) return;
    this.#isSuspending = true;
    const waits = [...this.#registrations].map(registration => this.#run(registration, signal));
    void Promise.all(waits).then(() => this.#takeEffect(signal));
  };

  async #run({ handler, deadlineMs }: Registration, signal: SuspendingSignal): Promise<void> {
    const event = new SuspendingEvent(signal, Date.now() + deadlineMs);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, deadlineMs);
    await Promise.race([late, this.#handle(handler, event)]);
    clearTimeout(timer);
  }

  async #handle(handler: SuspendingHandler, event: SuspendingEvent): Promise<void> {
    try {
      const deferral = event.getDeferral();
      const handled = handler(event); // what it promises is deferred, too
      const sealed = event.seal();
      await handled;
      deferral.complete();
      await sealed;
    } catch (error) {
      const message = `a handler of onSuspending failed: ${error instanceof Error ? error.message : String(error)}`;
      this.#process.emitWarning(new Error(message, { cause: error }));
    }
  }

  /** The signal again, without us: the process ends by it, unless the app has listeners of its own. */
  #takeEffect(signal: SuspendingSignal): void {
    this.#stopListening();
    this.#registrations.clear();
    if (this.#process.listenerCount(signal) === 0) this.#process.kill(this.#process.pid, signal);
  }

  #stopListening(): void {
    for (const signal of suspendingSignals) this.#process.off(signal, this.#came);
  }
}

// A process has its signals once.
const suspending = new Suspending(process as SignaledProcess);

/**
 * Calls `handler` when SIGTERM, SIGINT or SIGHUP asks this process to end: the moment to hand sockets over (SB-20). The
 * signal has its effect when every handler has returned, what it promised has settled and its deferrals are complete, at the
 * latest at the deadline; where the app listens to the signal itself, that is left to it. Several handlers run at once. Dispose
 * what is returned to be called no longer.
 *
 * @throws LonghaulError `invalid-argument`
 */
export function onSuspending(handler: SuspendingHandler, options: OnSuspendingOptions = {}): Disposable {
  mustBeFunction('the handler', handler);
  mustBeObject('options', options);
  const { deadlineMs = 5_000 } = options;
  if (!Number.isFinite(deadlineMs) || deadlineMs <= 0 || deadlineMs > 2 ** 31 - 1) {
    throw unfit('deadlineMs, a number above 0,', deadlineMs);
  }
  return suspending.add(handler, deadlineMs);
}
