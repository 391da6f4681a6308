// The Server-Sent Events transport (§4.2): one response that never ends carries text to the client, POSTs bring what the
// client says. Messages of one tick leave in one write.
import type { Writable } from 'node:stream';
import type { AnyResponse } from '@longhaul/websockets';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransferFormat } from '../protocol/protocol.ts';
import { head } from './answers.ts';
import type { ByteInbox } from './byte-inbox.ts';
import { encodeEvent } from './event-stream.ts';
import { type Batch, Outbox } from './outbox.ts';
import type { Chunk, Transport } from './transport.ts';

const transferFormats: readonly TransferFormat[] = Object.freeze(['Text']);

export class ServerSentEventsTransport implements Transport {
  readonly name = 'ServerSentEvents';
  readonly transferFormats = transferFormats;
  readonly hasInherentKeepAlive = false;
  readonly #response: AnyResponse;
  readonly #inbox: ByteInbox;
  readonly #sendTimeoutMs: number;
  readonly #outbox = new Outbox();
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #isFlushDue = false;
  #isEnding = false;
  #error: Error | undefined;
  /** Since when the kernel has not taken what it was given. */
  #stuckSince: number | undefined;
  readonly #leaving = new Set<Batch>();
  #isGone = false;

  constructor(response: AnyResponse, inbox: ByteInbox, sendTimeoutMs: number) {
    this.#response = response;
    this.#inbox = inbox;
    this.#sendTimeoutMs = sendTimeoutMs;
    response.on('close', () => this.#end());
    head(response, 200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache,no-store',
      Pragma: 'no-cache',
      'Content-Encoding': 'identity',
    });
    // A comment, at once: browsers say "open" with the first bytes only.
    this.#write(':\r\n');
  }

  get bufferedBytes(): number {
    return this.#outbox.bytes;
  }

  whenClosed(told: (error: Error | undefined) => void): void {
    void this.#closed.promise.then(told);
  }

  tryReceive(): Chunk | undefined {
    return this.#inbox.tryReceive();
  }

  receive(): Promise<Chunk | undefined> {
    return this.#inbox.receive();
  }

  write(message: WireMessage): Promise<void> {
    const sent = this.#outbox.push(message);
    if (this.#isGone) this.#end();
    else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(() => this.#flush());
    }
    return sent;
  }

  async close(): Promise<void> {
    this.#inbox.end();
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#flush();
      if (!this.#isGone) this.#response.end();
    }
    await this.#closed.promise;
  }

  /** Cuts a client off that takes nothing (§3). `now`: milliseconds of performance.now(). */
  tick(now: number): void {
    const isStuck = this.#leaving.size > 0 || (this.#isEnding && !this.#isGone);
    if (!isStuck) this.#stuckSince = undefined;
    else if (this.#stuckSince === undefined) this.#stuckSince = now;
    else if (now - this.#stuckSince >= this.#sendTimeoutMs) {
      this.#error = new Error(`The client has read nothing for ${this.#sendTimeoutMs} ms.`);
      this.#response.destroy();
    }
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#outbox.isEmpty || this.#isGone) return;
    const batch = this.#outbox.take();
    this.#leaving.add(batch);
    const events = batch.data.map(data => encodeEvent(typeof data === 'string' ? data : Buffer.from(data).toString()));
    this.#write(events.join(''), error => {
      this.#leaving.delete(batch);
      this.#stuckSince = undefined;
      batch.settle(error ?? undefined);
    });
  }

  #write(text: string, written?: (error?: Error | null) => void): void {
    // Node's two kinds of responses are both written to like this, which their types do not say together.
    (this.#response as unknown as Pick<Writable, 'write'>).write(text, written);
  }

  #end(): void {
    this.#isGone = true;
    // The reason first: who reads learns only that nothing comes any more.
    this.#closed.resolve(this.#error);
    this.#inbox.end();
    if (!this.#outbox.isEmpty) this.#leaving.add(this.#outbox.take());
    for (const batch of this.#leaving) batch.settle(new Error('The client has closed the event stream.'));
    this.#leaving.clear();
  }
}
