// What waits for a slow client under the policies `drop-oldest` and `latest-by-key`: messages stay here, where they can still
// be taken back, and only as many as the transport needs to stay busy are handed on. Made when a client is first slow.
import { Backlog } from '../connection/backlog.ts';
import { HubServerError } from '../errors.ts';
import type { HubOptions } from '../options.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransportLink } from './link.ts';

export type SheddingLimits = Pick<
  HubOptions,
  'applicationMaxBufferSize' | 'maximumBufferedBytes' | 'slowConsumer' | 'slowConsumerKey'
>;

export interface SheddingEvents {
  dropped(count: number): void;
  /** Even without all that may be dropped too much waits. */
  overflowed(error: HubServerError): void;
}

export class SheddingQueue {
  readonly #link: TransportLink;
  readonly #limits: SheddingLimits;
  readonly #events: SheddingEvents;
  readonly #backlog = new Backlog<WireMessage>();
  #room: PromiseWithResolvers<void> | undefined;
  #isJudged = false;
  #isEnded = false;

  constructor(link: TransportLink, limits: SheddingLimits, events: SheddingEvents) {
    this.#link = link;
    this.#limits = limits;
    this.#events = events;
  }

  get isEmpty(): boolean {
    return this.#backlog.size === 0;
  }

  /** Resolves when nothing waits here any more. */
  add(wire: WireMessage, message: HubMessage): Promise<void> | undefined {
    if (this.#isEnded) return undefined;
    const isDroppable = message.type === 'invocation' && message.invocationId === undefined;
    const isKeyed = isDroppable && this.#limits.slowConsumer === 'latest-by-key';
    const key = isKeyed ? this.#limits.slowConsumerKey(message.target, message.arguments) : undefined;
    if (this.#backlog.push({ message: wire, bytes: wire.data.length, isDroppable, key })) this.#events.dropped(1);
    if (this.#isOver()) this.#judge();
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** The transport has taken what it was given. */
  readonly drained = (): void => {
    setImmediate(() => this.#handOn(this.#limits.applicationMaxBufferSize));
  };

  /** The connection ends: all that waits is handed on (in front of the Close message). */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (let entry = this.#backlog.shift(); entry !== undefined; entry = this.#backlog.shift()) {
      this.#link.write(entry.message).catch(() => {});
    }
    this.#room?.resolve();
  }

  #handOn(windowBytes: number): void {
    let sent: Promise<unknown> | undefined;
    while (this.#link.bufferedBytes <= windowBytes) {
      const entry = this.#backlog.shift();
      if (entry === undefined) break;
      sent = this.#link.write(entry.message);
    }
    sent?.then(this.drained, this.drained);
    if (!this.isEmpty) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #isOver(): boolean {
    return this.#link.bufferedBytes + this.#backlog.bytes > this.#limits.maximumBufferedBytes;
  }

  /** The kernel gets its chance to take what it was given in this turn; only what it leaves makes a client slow. */
  #judge(): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    setImmediate(() => {
      this.#isJudged = false;
      if (this.#isEnded || !this.#isOver()) return;
      const { applicationMaxBufferSize, maximumBufferedBytes } = this.#limits;
      if (this.#link.bufferedBytes <= applicationMaxBufferSize) {
        this.#handOn(maximumBufferedBytes);
        if (this.#isOver()) this.#judge();
        return;
      }
      const dropped = this.#backlog.trim(maximumBufferedBytes - this.#link.bufferedBytes);
      if (dropped > 0) this.#events.dropped(dropped);
      if (!this.#isOver()) return;
      const text = `The client reads too slowly: more than ${maximumBufferedBytes} bytes of answers wait for it.`;
      this.#events.overflowed(new HubServerError('slow-consumer', text));
    });
  }
}
