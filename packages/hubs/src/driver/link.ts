// The way to the client as its connection sees it: one transport after another. A transport that was replaced is closed
// and says nothing any more; whoever waits for bytes goes on waiting with the new one. With stateful reconnect (§9) a
// transport that is cut leaves the link waiting for the next one.
import { HubServerError } from '../errors.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransferFormat } from '../protocol/protocol.ts';
import type { Chunk, Transport } from '../transports/transport.ts';
import { Resumption, type ResumptionSettings } from './resumption.ts';

export interface LinkEvents {
  /** The transport is gone and no other will take its place; with the reason, unless the end was orderly. */
  transportClosed(error: Error | undefined): void;
  /** The transport was cut; another one may take its place. */
  transportLost(error: Error): void;
}

const done = Promise.resolve();

export class TransportLink {
  readonly #events: LinkEvents;
  #transport: Transport;
  #resumption: Resumption | undefined;
  #isClosed = false;
  #generation = 0;
  #isWatched = false;

  constructor(transport: Transport, events: LinkEvents) {
    this.#transport = transport;
    this.#events = events;
    if (transport.readersLearnOfEnd !== true) this.watch();
  }

  /** The end of the transport is told from now on also while nobody waits in `receive`. */
  watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#watch(this.#transport);
  }

  get transferFormats(): readonly TransferFormat[] {
    return this.#transport.transferFormats;
  }

  /**
   * Bytes that were written and that the kernel has not taken; with stateful reconnect also what the client has left
   * unacknowledged over its limit.
   */
  get bufferedBytes(): number {
    const resumption = this.#resumption;
    if (resumption === undefined) return this.#transport.bufferedBytes;
    return Math.max(resumption.isAway ? 0 : this.#transport.bufferedBytes, resumption.bufferedBytes);
  }

  /** How many transports came before this one: bytes of one are no continuation of another's. */
  get generation(): number {
    return this.#generation;
  }

  get isResumable(): boolean {
    return this.#resumption !== undefined && !this.#isClosed;
  }

  /** From now on messages are numbered and kept, and the loss of the transport is not the end. */
  keepForResumption(settings: ResumptionSettings): void {
    this.#resumption = new Resumption(settings);
    this.watch();
  }

  /** Goes on over `transport`. What the old one has not delivered is lost, or with stateful reconnect sent again. */
  replace(transport: Transport): void {
    const old = this.#transport;
    this.#transport = transport;
    this.#generation += 1;
    this.#watch(transport);
    void old.close();
    for (const message of this.#resumption?.resume() ?? []) void transport.write(message).catch(() => {});
  }

  tryReceive(): Chunk | undefined {
    const chunk = this.#transport.tryReceive();
    if (chunk !== undefined) this.#resumption?.heard(chunk.data.length);
    return chunk;
  }

  /** As Transport.receive, over all of them. */
  receive(): Promise<Chunk | undefined> {
    // Most connections wait here all their life: one promise less is worth a line.
    return this.#resumption === undefined ? this.#transport.receive() : this.#receiveFromAll();
  }

  async #receiveFromAll(): Promise<Chunk | undefined> {
    for (;;) {
      const transport = this.#transport;
      try {
        const chunk = await transport.receive();
        if (transport === this.#transport) {
          this.#resumption?.heard(chunk?.data.length ?? 0);
          return chunk;
        }
      } catch (error) {
        if (transport === this.#transport) {
          if (!this.isResumable || !wasCut(await closingOf(transport))) throw error;
          if (transport === this.#transport) await this.#resumption!.next();
          if (this.#isClosed) throw error;
        }
      }
    }
  }

  /** True when this message is for the hub, and has not come before. Throws `invalid-message`. */
  admits(message: HubMessage, now: number): boolean {
    const resumption = this.#resumption;
    if (resumption === undefined) return true;
    const isNews = resumption.admits(message);
    if (resumption.isAckUrgent) this.#acknowledge(resumption, now);
    return isNews;
  }

  /** What is due at `now`. False when a client that was cut off has not come back in time. */
  tick(now: number): boolean {
    this.#transport.checkSends?.(now);
    const resumption = this.#resumption;
    if (resumption === undefined) return true;
    if (resumption.isAckDue(now)) this.#acknowledge(resumption, now);
    return !resumption.isGone(now);
  }

  write(message: WireMessage): Promise<unknown> {
    const resumption = this.#resumption;
    if (resumption === undefined) return this.#transport.write(message);
    const room = message.isNumbered ? resumption.keep(message) : undefined;
    const sent = resumption.isAway ? done : this.#transport.write(message);
    return room ?? sent;
  }

  /** As `write`, for a message to many that nobody waits for. False: it has to be written. */
  post(message: WireMessage): boolean {
    const transport = this.#transport;
    if (transport.post === undefined || this.#resumption !== undefined) return false;
    transport.post(message);
    return true;
  }

  /** What was written still goes out. Resolves when the transport has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#resumption?.end();
    return this.#transport.close();
  }

  #acknowledge(resumption: Resumption, now: number): void {
    const ack = resumption.takeAck(now);
    if (ack !== undefined) void this.#transport.write(ack).catch(() => {});
  }

  #watch(transport: Transport): void {
    transport.whenClosed(error => {
      if (transport !== this.#transport) return;
      if (error === undefined || !this.isResumable || !wasCut(error)) return this.#events.transportClosed(error);
      this.#resumption!.lost();
      this.#events.transportLost(error);
    });
  }
}

const closingOf = (transport: Transport): Promise<Error | undefined> =>
  new Promise(resolve => transport.whenClosed(resolve));

/** The network's doing, not that of a client that broke the rules of its transport. */
function wasCut(error: Error | undefined): boolean {
  return error instanceof HubServerError && error.code === 'connection-lost';
}
