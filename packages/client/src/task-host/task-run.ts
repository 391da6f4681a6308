// One run: the function is called, and the run is over when what it returned is settled and every deferral is complete, or
// when it fails. It ends once.
import type { CancellationReason, RunOrder } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/errors';
import { mustBeFunction, unfit } from '../arguments.ts';
import type { AnySocketActivityInformation } from '../sockets/socket-activity-information.ts';
import type { SocketBroker } from '../sockets/transfer-ownership.ts';
import type { BackgroundTaskDeferral, BackgroundTaskInstance } from './background-task-instance.ts';
import type { TaskFunctions } from './task-functions.ts';

export interface TaskRunListener {
  progressed(run: TaskRun, value: number): void;
  /** `undefined`: it ended well. */
  ended(run: TaskRun, failure: Failure | undefined): void;
}

export interface Failure {
  readonly error: unknown;
  /** Its module was not loaded, or has no such function. */
  readonly isOfLoading: boolean;
}

const maxProgress = 0xffffffff;

export class TaskRun {
  readonly id: string;
  /** Written by printing.ts. */
  printedBytes = 0;
  readonly #order: RunOrder;
  readonly #listener: TaskRunListener;
  readonly #handlers: ((reason: CancellationReason) => void)[] = [];
  readonly #instance: BackgroundTaskInstance;
  /** Made when its signal is asked for, or is to be given. */
  #abort: AbortController | undefined;
  #reason: CancellationReason | null = null;
  #progress = 0;
  /** Those that are not complete, and the function itself. */
  #open = 1;
  #isOver = false;

  constructor(
    order: RunOrder,
    sockets: SocketBroker['sockets'],
    information: AnySocketActivityInformation,
    listener: TaskRunListener,
  ) {
    this.id = order.run;
    this.#order = order;
    this.#listener = listener;
    this.#instance = this.#makeInstance(sockets, information);
  }

  /** Calls the function before it returns, if it is loaded. Resolves when that has returned or failed; never rejects. */
  async start(functions: TaskFunctions): Promise<void> {
    let isLoaded = false;
    try {
      const found = functions.find(this.#order.task.entryPoint);
      const task = typeof found === 'function' ? found : await found;
      isLoaded = true;
      await task(this.#instance);
      this.#close();
    } catch (error) {
      this.#end({ error, isOfLoading: !isLoaded });
    }
  }

  /** The first failure is the one that counts. */
  fail(error: unknown): void {
    this.#end({ error, isOfLoading: false });
  }

  cancel(reason: CancellationReason): void {
    if (this.#reason !== null || this.#isOver) return;
    this.#reason = reason;
    const message = `the run was canceled: ${reason}`;
    this.#controller.abort(new LonghaulError('operation-canceled', message, { data: { reason } }));
    for (const handler of this.#handlers.splice(0)) this.#tell(handler, reason);
  }

  get #controller(): AbortController {
    this.#abort ??= new AbortController();
    return this.#abort;
  }

  /** What a handler throws is the run's, and keeps no other from being told. */
  #tell(handler: (reason: CancellationReason) => void, reason: CancellationReason): void {
    try {
      handler(reason);
    } catch (error) {
      this.fail(error);
    }
  }

  #close(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#end(undefined);
  }

  #end(failure: Failure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.ended(this, failure);
  }

  #getDeferral(): BackgroundTaskDeferral {
    if (this.#isOver) throw new LonghaulError('illegal-state', 'the run is over: no deferral keeps it open any more');
    this.#open += 1;
    let isOpen = true;
    const complete = () => {
      if (!isOpen) return;
      isOpen = false;
      this.#close();
    };
    return { complete, [Symbol.dispose]: complete, [Symbol.asyncDispose]: async () => complete() };
  }

  #setProgress(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > maxProgress) {
      throw unfit(`progress, a whole number from 0 to ${maxProgress},`, value);
    }
    this.#progress = value;
    if (!this.#isOver) this.#listener.progressed(this, value);
  }

  #makeInstance(
    sockets: SocketBroker['sockets'],
    socketInformation: AnySocketActivityInformation,
  ): BackgroundTaskInstance {
    const run = this;
    const { attempt, reason } = this.#order;
    const { taskId, name } = this.#order.task;
    return {
      instanceId: this.id,
      attempt,
      task: Object.freeze({ taskId, name }),
      triggerDetails: Object.freeze({ reason, socketInformation }),
      suspendedCount: 0,
      get signal() {
        return run.#controller.signal;
      },
      sockets,
      getDeferral: () => this.#getDeferral(),
      onCanceled: handler => {
        mustBeFunction('the handler', handler);
        if (this.#reason === null) this.#handlers.push(handler);
        else this.#tell(handler, this.#reason);
      },
      get cancellationReason() {
        return run.#reason;
      },
      get progress() {
        return run.#progress;
      },
      set progress(value) {
        run.#setProgress(value);
      },
    };
  }
}
