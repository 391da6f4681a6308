// What a link needs to go on over another transport (§9): the messages that the client has not acknowledged, who waits for
// room among them, and the time limits. There is one for a connection that has agreed on stateful reconnect.
import { MessageBuffer } from '../connection/message-buffer.ts';
import type { HubOptions } from '../options.ts';
import { endCompletion, type HubMessage, isNumbered } from '../protocol/messages.ts';
import { OutgoingMessage, type WireMessage } from '../protocol/outgoing-message.ts';
import type { HubProtocol } from '../protocol/protocol.ts';

/** An Ack a second (§9.3). */
const ackIntervalMs = 1_000;

export interface ResumptionSettings {
  readonly protocol: HubProtocol;
  readonly limits: Pick<HubOptions, 'statefulReconnectBufferSize' | 'applicationMaxBufferSize'>;
  /** Milliseconds the client has to come back. */
  readonly windowMs: number;
  readonly now: () => number;
}

export class Resumption {
  readonly #settings: ResumptionSettings;
  readonly #buffer: MessageBuffer<WireMessage>;
  #room: PromiseWithResolvers<void> | undefined;
  #next: PromiseWithResolvers<void> | undefined;
  #isAway = false;
  #isOver = false;
  #goneBy = Number.POSITIVE_INFINITY;
  #ackAt = 0;

  constructor(settings: ResumptionSettings) {
    this.#settings = settings;
    this.#buffer = new MessageBuffer(settings.limits.statefulReconnectBufferSize / 4);
  }

  /** The transport was cut and no other has come yet. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Counted so that a full buffer looks like a client that has left `applicationMaxBufferSize` unread. */
  get bufferedBytes(): number {
    const { statefulReconnectBufferSize, applicationMaxBufferSize } = this.#settings.limits;
    const excess = this.#buffer.bytes - statefulReconnectBufferSize;
    return excess > 0 ? applicationMaxBufferSize + excess : 0;
  }

  /** Keeps the message until it is acknowledged. A promise when the sender should wait for that. */
  keep(message: WireMessage): Promise<void> | undefined {
    this.#buffer.sent(message);
    if (this.bufferedBytes === 0 || this.#isOver) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** True when this message is news and for the hub. Throws `invalid-message`. */
  admits(message: HubMessage): boolean {
    if (message.type === 'ack') {
      this.#buffer.acknowledged(message.sequenceId);
      if (this.bufferedBytes === 0) this.#release();
      return false;
    }
    if (message.type === 'sequence') {
      this.#buffer.sequenced(message.sequenceId);
      return false;
    }
    return !isNumbered(message) || this.#buffer.received();
  }

  heard(bytes: number): void {
    this.#buffer.heard(bytes);
  }

  isAckDue(now: number): boolean {
    return !this.#isAway && (this.#buffer.isAckUrgent || now >= this.#ackAt);
  }

  get isAckUrgent(): boolean {
    return !this.#isAway && this.#buffer.isAckUrgent;
  }

  /** The Ack to be written now, if there is something new to acknowledge. */
  takeAck(now: number): WireMessage | undefined {
    this.#ackAt = now + ackIntervalMs;
    const sequenceId = this.#buffer.takeAck();
    return sequenceId === undefined ? undefined : this.#encode({ type: 'ack', sequenceId });
  }

  /** True when the client has not come back in time. */
  isGone(now: number): boolean {
    return now >= this.#goneBy;
  }

  lost(): void {
    this.#isAway = true;
    this.#goneBy = this.#settings.now() + this.#settings.windowMs;
  }

  /** What a new transport begins with. */
  resume(): WireMessage[] {
    this.#isAway = false;
    this.#goneBy = Number.POSITIVE_INFINITY;
    const { sequenceId, ignored, messages } = this.#buffer.resend();
    const next = this.#next;
    this.#next = undefined;
    next?.resolve();
    const filler = ignored === 0 ? undefined : this.#encode(endCompletion('s0'));
    return [this.#encode({ type: 'sequence', sequenceId }), ...Array(ignored).fill(filler), ...messages];
  }

  /** Resolves with the next transport, or when there will be none. */
  next(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#next ??= Promise.withResolvers();
    return this.#next.promise;
  }

  /** The connection ends: nobody waits any more. */
  end(): void {
    this.#isOver = true;
    this.#release();
    this.#next?.resolve();
  }

  #release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #encode(message: HubMessage): WireMessage {
    return new OutgoingMessage(message).encode(this.#settings.protocol);
  }
}
