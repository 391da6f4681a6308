// The long polling transport (§4.3): each poll is answered with everything that waits, or waits itself; POSTs bring what the
// client says. One poll at a time: a later one takes the place of an earlier one. It outlives the hub's side of the
// connection until the client has heard of the end.
import type { AnyResponse } from '@longhaul/websockets';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransferFormat } from '../protocol/protocol.ts';
import { head, isGone, reply } from './answers.ts';
import type { ByteInbox } from './byte-inbox.ts';
import { Outbox } from './outbox.ts';
import type { Chunk, Transport } from './transport.ts';

const transferFormats: readonly TransferFormat[] = Object.freeze(['Text', 'Binary']);

export interface LongPollingTimes {
  readonly pollTimeoutMs: number;
  readonly disconnectTimeoutMs: number;
  readonly transportSendTimeoutMs: number;
}

interface Poll {
  readonly response: AnyResponse;
  /** Resolves when the answer is out, or the client gone. */
  readonly finished: Promise<void>;
  since: number;
  isAnswered: boolean;
}

export class LongPollingTransport implements Transport {
  readonly name = 'LongPolling';
  readonly transferFormats = transferFormats;
  readonly hasInherentKeepAlive = true;
  readonly #inbox: ByteInbox;
  readonly #times: LongPollingTimes;
  readonly #outbox = new Outbox();
  readonly #closed = Promise.withResolvers<Error | undefined>();
  /** The hub has nothing more to wait for. */
  readonly #delivered = Promise.withResolvers<void>();
  #poll: Poll | undefined;
  #inactiveSince: number;
  #isFlushDue = false;
  #isEnding = false;
  #isDisposed = false;

  constructor(inbox: ByteInbox, times: LongPollingTimes, now: number) {
    this.#inbox = inbox;
    this.#times = times;
    this.#inactiveSince = now;
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
    if (this.#isDisposed) this.#outbox.take().settle(new Error('The connection was disposed.'));
    else this.#flushSoon();
    return sent;
  }

  /**
   * The hub is done. A client that polls fetches what is left, then hears of the end (204). Waited for is only the answer
   * to a poll that is there now.
   */
  close(): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#inbox.end();
      if (this.#poll?.isAnswered === false) this.#flush();
      else this.#delivered.resolve();
    }
    return this.#delivered.promise;
  }

  /** The first poll opens the connection and is answered at once; the client says its handshake only then. */
  open(response: AnyResponse, now: number): void {
    const poll = this.#begin(response, now);
    poll.isAnswered = true;
    reply(response, 200, '', 'application/octet-stream');
  }

  async poll(response: AnyResponse, now: () => number): Promise<void> {
    const earlier = this.#poll;
    if (earlier !== undefined) {
      if (!earlier.isAnswered) this.#answer(earlier, 204);
      await earlier.finished;
      if (isGone(response)) return;
      if (this.#isDisposed) return reply(response, 204);
      if (this.#poll !== undefined) return reply(response, 409);
    }
    if (this.#isDisposed) return reply(response, 204);
    this.#begin(response, now());
    if (this.#isEnding || !this.#outbox.isEmpty) this.#flush();
  }

  /** Ends everything at once; a poll that waits is answered 204. */
  dispose(error?: Error): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // The reason first: who reads learns only that nothing comes any more.
    this.#closed.resolve(error);
    this.#inbox.end();
    if (this.#poll?.isAnswered === false) this.#answer(this.#poll, 204);
    if (!this.#outbox.isEmpty) this.#outbox.take().settle(new Error('The connection was disposed.'));
    this.#delivered.resolve();
  }

  /** What time does: an empty answer, the end of a client that polls no more, the end of one that takes no answer. */
  tick(now: number): void {
    const poll = this.#poll;
    if (poll === undefined) {
      if (now - this.#inactiveSince >= this.#times.disconnectTimeoutMs) this.dispose();
    } else if (!poll.isAnswered) {
      if (now - poll.since >= this.#times.pollTimeoutMs) this.#answer(poll, 200);
    } else if (now - poll.since >= this.#times.transportSendTimeoutMs) {
      poll.response.destroy();
      this.dispose(new Error(`The client has not read an answer for ${this.#times.transportSendTimeoutMs} ms.`));
    }
  }

  #begin(response: AnyResponse, now: number): Poll {
    const finished = Promise.withResolvers<void>();
    const poll: Poll = { response, finished: finished.promise, since: now, isAnswered: false };
    this.#poll = poll;
    response.on('close', () => {
      if (this.#poll === poll) {
        this.#poll = undefined;
        this.#inactiveSince = performance.now();
      }
      finished.resolve();
    });
    return poll;
  }

  #flushSoon(): void {
    if (this.#isFlushDue || this.#poll === undefined || this.#poll.isAnswered) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    const poll = this.#poll;
    if (poll === undefined || poll.isAnswered) return;
    if (!this.#outbox.isEmpty) this.#deliver(poll);
    else if (this.#isEnding) this.dispose();
  }

  /** One batch for each poll, everything that waits in it. */
  #deliver(poll: Poll): void {
    poll.isAnswered = true;
    poll.since = performance.now();
    const batch = this.#outbox.take();
    const parts = batch.data.map(data => (typeof data === 'string' ? Buffer.from(data) : data));
    const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const { response } = poll;
    response.on('close', () => {
      batch.settle(response.writableFinished ? undefined : new Error('The client has left its poll.'));
      if (this.#isEnding) this.#delivered.resolve();
    });
    head(response, 200, { 'Content-Type': 'application/octet-stream', 'Content-Length': String(body.length) });
    response.end(body);
  }

  #answer(poll: Poll, status: 200 | 204): void {
    poll.isAnswered = true;
    poll.since = performance.now();
    if (status === 200) {
      reply(poll.response, 200, '', 'text/plain');
      return;
    }
    if (poll.response.headersSent || isGone(poll.response)) return;
    head(poll.response, 204);
    poll.response.end();
  }
}
