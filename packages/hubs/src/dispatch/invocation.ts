// One running call of a hub method: its slot, its cancellation, its upload streams.

export class Invocation {
  readonly invocationId: string | undefined;
  /** False in onConnected: the client's answer could not be read (§8.3). */
  readonly mayInvokeClients: boolean;
  #releaseSlot: (() => void) | undefined;
  #controller: AbortController | undefined;
  #isCanceled = false;
  /** Called once when the client cancels or the connection ends. Whoever waits sets it anew. */
  onCancel: (() => void) | undefined;

  constructor(invocationId: string | undefined, releaseSlot?: () => void, mayInvokeClients = true) {
    this.invocationId = invocationId;
    this.#releaseSlot = releaseSlot;
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

  /** At the end of the call, or earlier when it asks a client and must let messages through (§8.3). Idempotent. */
  releaseSlot(): void {
    const release = this.#releaseSlot;
    this.#releaseSlot = undefined;
    release?.();
  }
}
