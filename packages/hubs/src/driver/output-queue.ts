// What waits for one client, and what is done about a client that reads too slowly (`slowConsumer`): who writes to it alone
// waits; over the hard limit it is given up, or what may be dropped is dropped.
import { HubServerError } from '../errors.ts';
import type { HubOptions } from '../options.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransportLink } from './link.ts';
import { type SheddingEvents, type SheddingLimits, SheddingQueue } from './shedding-queue.ts';

export type OutputLimits = SheddingLimits & Pick<HubOptions, 'slowConsumerTimeoutMs'>;

/** Of a UTF-16 unit in UTF-8, and of what a transport puts around a message. */
const mostBytesOfUnit = 3;
const mostBytesOfFrame = 16;

export class OutputQueue {
  readonly #link: TransportLink;
  readonly #limits: OutputLimits;
  readonly #events: SheddingEvents;
  #shedding: SheddingQueue | undefined;
  #isJudged = false;
  #isEnded = false;
  /** Messages that senders wait for, and since when none of them has been taken. */
  #awaited = 0;
  #stuckSince: number | undefined;

  constructor(link: TransportLink, limits: OutputLimits, events: SheddingEvents) {
    this.#link = link;
    this.#limits = limits;
    this.#events = events;
  }

  get isEmpty(): boolean {
    return this.#link.bufferedBytes === 0 && (this.#shedding?.isEmpty ?? true);
  }

  /** A promise when the client should be waited for before more is written to it alone. It never rejects. */
  write(wire: WireMessage, message: HubMessage): Promise<void> | undefined {
    const { applicationMaxBufferSize, maximumBufferedBytes } = this.#limits;
    if (this.#shedding?.isEmpty === false) return this.#shedding.add(wire, message);
    // Far from the limit nobody has to wait, or to be told when there is room again.
    const most = this.#link.bufferedBytes + wire.data.length * mostBytesOfUnit + mostBytesOfFrame;
    if (wire.isShared && most <= applicationMaxBufferSize && this.#link.post(wire)) return undefined;
    const { slowConsumer } = this.#limits;
    const mayShed = (slowConsumer === 'drop-oldest' || slowConsumer === 'latest-by-key') && !this.#isEnded;
    if (mayShed && this.#link.bufferedBytes > applicationMaxBufferSize) {
      this.#shedding ??= new SheddingQueue(this.#link, this.#limits, this.#events);
      return this.#shedding.add(wire, message);
    }
    const sent = this.#link.write(wire);
    const { bufferedBytes } = this.#link;
    if (bufferedBytes <= applicationMaxBufferSize) return undefined;
    const drained = () => this.#shedding?.drained();
    if (mayShed) sent.then(drained, drained);
    else if (bufferedBytes > maximumBufferedBytes) this.#judge();
    this.#awaited += 1;
    const taken = () => this.#taken();
    return sent.then(taken, taken);
  }

  /** What still waits is handed on: the last message, if there is one, is written behind it. */
  end(): void {
    this.#isEnded = true;
    this.#shedding?.end();
  }

  /** Gives a client up that has taken nothing for too long while senders wait for it. */
  tick(now: number): void {
    const { slowConsumer, slowConsumerTimeoutMs } = this.#limits;
    if (slowConsumer !== 'wait' || this.#awaited === 0) return;
    this.#stuckSince ??= now;
    if (now - this.#stuckSince < slowConsumerTimeoutMs) return;
    const text = `The client reads too slowly: it has taken nothing for ${slowConsumerTimeoutMs} ms.`;
    this.#events.overflowed(new HubServerError('slow-consumer', text));
  }

  #taken(): Promise<void> {
    this.#awaited -= 1;
    this.#stuckSince = undefined;
    return yieldTurn();
  }

  /** Too much waits: the kernel gets its chance to take it in this turn, what it leaves is the client's doing. */
  #judge(): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    setImmediate(() => {
      this.#isJudged = false;
      const { maximumBufferedBytes } = this.#limits;
      if (this.#link.bufferedBytes <= maximumBufferedBytes) return;
      const text = `The client reads too slowly: more than ${maximumBufferedBytes} bytes wait for it.`;
      this.#events.overflowed(new HubServerError('slow-consumer', text));
    });
  }
}

/** A kernel that takes everything at once would otherwise let one busy stream keep the process from all other work. */
function yieldTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
