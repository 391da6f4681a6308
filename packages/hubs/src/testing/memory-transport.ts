// A transport without a network: two ends in one process. Bytes arrive in order, in a later turn, and wait while the client
// has stopped reading.
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransferFormat, WireData } from '../protocol/protocol.ts';
import type { Chunk, Transport } from '../transports/transport.ts';

/** Chunks that one side has sent and the other has not taken. */
class Pipe {
  readonly #chunks: WireData[] = [];
  #reader: PromiseWithResolvers<WireData | undefined> | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  push(chunk: WireData): void {
    if (this.#end !== undefined) return;
    this.#chunks.push(chunk);
    this.#settle();
  }

  end(error?: Error): void {
    this.#end ??= { error };
    this.#settle();
  }

  tryTake(): WireData | undefined {
    return this.#chunks.shift();
  }

  /** `undefined` at the end; rejects when the end was none. One reader at a time. */
  take(): Promise<WireData | undefined> {
    this.#reader ??= Promise.withResolvers();
    const { promise } = this.#reader;
    this.#settle();
    return promise;
  }

  #settle(): void {
    const reader = this.#reader;
    if (reader === undefined || (this.#chunks.length === 0 && this.#end === undefined)) return;
    this.#reader = undefined;
    const chunk = this.#chunks.shift();
    if (chunk === undefined && this.#end?.error !== undefined) reader.reject(this.#end.error);
    else reader.resolve(chunk);
  }
}

/** The client's end. */
export interface MemoryLink {
  send(data: WireData): void;
  /** `undefined` when the server has closed. */
  receive(): Promise<WireData | undefined>;
  /** Orderly, as a WebSocket with its Close frame. */
  close(): void;
  /** As a cable that is cut: the server reads an error. */
  cut(): void;
  /** The network takes nothing more for this client until `resume`. */
  pause(): void;
  resume(): void;
}

export class MemoryTransport implements Transport {
  /** It stands for the one that most clients use. */
  readonly name = 'WebSockets';
  readonly hasInherentKeepAlive = false;
  readonly transferFormats: readonly TransferFormat[] = ['Text', 'Binary'];
  readonly #toServer = new Pipe();
  readonly #toClient = new Pipe();
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #waiting: { readonly data: WireData; readonly taken: PromiseWithResolvers<void> }[] = [];
  #isPaused = false;
  #isEnded = false;
  bufferedBytes = 0;

  readonly client: MemoryLink = {
    send: data => this.#toServer.push(data),
    receive: () => this.#toClient.take(),
    close: () => this.#end(undefined),
    cut: () => this.#end(new Error('The memory transport was cut.')),
    pause: () => {
      this.#isPaused = true;
    },
    resume: () => {
      this.#isPaused = false;
      this.#deliver();
    },
  };

  whenClosed(told: (error: Error | undefined) => void): void {
    void this.#closed.promise.then(told);
  }

  tryReceive(): Chunk | undefined {
    return chunkOf(this.#toServer.tryTake());
  }

  receive(): Promise<Chunk | undefined> {
    return this.#toServer.take().then(chunkOf);
  }

  write({ data }: WireMessage): Promise<void> {
    if (this.#isEnded) return quiet(Promise.reject(new Error('The memory transport is closed.')));
    const taken = Promise.withResolvers<void>();
    this.bufferedBytes += data.length;
    if (this.#waiting.push({ data, taken }) === 1) queueMicrotask(() => this.#deliver());
    return quiet(taken.promise);
  }

  async close(): Promise<void> {
    this.#isPaused = false;
    this.#deliver();
    this.#end(undefined);
  }

  #deliver(): void {
    if (this.#isPaused) return;
    for (const { data, taken } of this.#waiting.splice(0)) {
      this.bufferedBytes -= data.length;
      this.#toClient.push(data);
      taken.resolve();
    }
  }

  #end(error: Error | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#toServer.end(error);
    this.#toClient.end();
    for (const { taken } of this.#waiting.splice(0))
      taken.reject(error ?? new Error('The memory transport is closed.'));
    this.bufferedBytes = 0;
    this.#closed.resolve(error);
  }
}

const chunkOf = (data: WireData | undefined): Chunk | undefined => (data === undefined ? undefined : { data });

/** Whoever awaits it sees the failure; nobody has to. */
function quiet<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
