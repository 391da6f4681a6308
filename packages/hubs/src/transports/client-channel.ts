// What an endpoint keeps of one connection whose client POSTs: the bytes that came, whose turn it is to bring more, and the
// poll side when it polls. It may begin before any transport is there (§4.4).
import { ByteInbox } from './byte-inbox.ts';
import type { LongPollingTransport } from './long-polling.ts';

/** Bytes that may come before a transport is there: a handshake. */
const earlyBytes = 4_096;
/** POSTs of one connection that may wait for their turn; official clients send one at a time. */
const mostWaitingPosts = 32;

export class ClientChannel {
  #inbox: ByteInbox | undefined;
  longPolling: LongPollingTransport | undefined;
  #turn: Promise<unknown> | undefined;
  #waiting = 0;

  /** Made for the first that needs it: WebSockets never do. */
  get inbox(): ByteInbox {
    this.#inbox ??= new ByteInbox(earlyBytes);
    return this.#inbox;
  }

  /** In the order of arrival, one at a time (§4.4). `undefined`: too many wait already. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> | undefined {
    if (this.#waiting >= mostWaitingPosts) return undefined;
    this.#waiting += 1;
    const done = (this.#turn ?? Promise.resolve()).then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#turn = done.catch(() => {});
    return done;
  }
}
