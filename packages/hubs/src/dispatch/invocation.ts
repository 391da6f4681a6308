// One running call of a hub method: its slot, its cancellation, its upload streams.
import type { CallTelemetry } from '../telemetry/telemetry.ts';

export interface InvocationSlot {
  /** The call goes on without its slot, among those that are limited by number. */
  beforeGivingUp(): void;
  release(): void;
}

export class Invocation {
  readonly invocationId: string | undefined;
  /** False in onConnected: the client's answer could not be read (§8.3). */
  readonly mayInvokeClients: boolean;
  /** Set when somebody watches this call. */
  telemetry: CallTelemetry | undefined;
  #slot: InvocationSlot | undefined;
  #controller: AbortController | undefined;
  #isCanceled = false;
  /** Called once when the client cancels or the connection ends. Whoever waits sets it anew. */
  onCancel: (() => void) | undefined;

  constructor(invocationId: string | undefined, slot?: InvocationSlot, mayInvokeClients = true) {
    this.invocationId = invocationId;
    this.#slot = slot;
    this.mayInvokeClients = mayInvokeClients;
  }

  get isCanceled(): boolean {
    return this.#isCanceled;
  }

  /** Made on first use: most methods never ask. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isCanceled) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  cancel(): void {
    if (this.#isCanceled) return;
    this.#isCanceled = true;
    this.#controller?.abort();
    this.onCancel?.();
  }

  get hasSlot(): boolean {
    return this.#slot !== undefined;
  }

  /** Before it asks a client: messages must get through while it waits (§8.3). Throws `too-many-calls`. */
  giveUpSlot(): void {
    this.#slot?.beforeGivingUp();
    this.releaseSlot();
  }

  /** At the end of the call. Idempotent. */
  releaseSlot(): void {
    const slot = this.#slot;
    this.#slot = undefined;
    slot?.release();
  }
}
