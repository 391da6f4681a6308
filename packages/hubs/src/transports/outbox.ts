// Messages that wait to leave together: those of one tick in one write (Server-Sent Events), those between two polls in one
// answer (long polling). Touches no socket.
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { WireData } from '../protocol/protocol.ts';

/** What leaves together. `settle` tells those who wrote it that it has arrived in the kernel, or never will. */
export interface Batch {
  readonly data: readonly WireData[];
  readonly bytes: number;
  settle(error?: Error): void;
}

export class Outbox {
  #data: WireData[] = [];
  #waitingBytes = 0;
  #leavingBytes = 0;
  #sent: PromiseWithResolvers<void> | undefined;

  /** Bytes that wait, and that are on their way. */
  get bytes(): number {
    return this.#waitingBytes + this.#leavingBytes;
  }

  get isEmpty(): boolean {
    return this.#data.length === 0;
  }

  push({ data }: WireMessage): Promise<void> {
    this.#data.push(data);
    this.#waitingBytes += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    if (this.#sent === undefined) {
      this.#sent = Promise.withResolvers();
      this.#sent.promise.catch(() => {});
    }
    return this.#sent.promise;
  }

  take(): Batch {
    const data = this.#data;
    const bytes = this.#waitingBytes;
    const sent = this.#sent;
    this.#data = [];
    this.#waitingBytes = 0;
    this.#sent = undefined;
    this.#leavingBytes += bytes;
    let isSettled = false;
    const settle = (error?: Error): void => {
      if (isSettled) return;
      isSettled = true;
      this.#leavingBytes -= bytes;
      if (error === undefined) sent?.resolve();
      else sent?.reject(error);
    };
    return { data, bytes, settle };
  }
}
