// Stateful reconnect (§9) as arithmetic, for one connection: both sides number the messages that must not be lost (1, 2, 3,
// never on the wire), keep what they sent until it is acknowledged, and after a cut say with which number they go on.
// Decides only; the link writes.
import { HubServerError } from '../errors.ts';

export class MessageBuffer<Message extends { readonly data: { readonly length: number } }> {
  /** Received bytes after which an Ack does not wait for its second. */
  readonly #promptAckBytes: number;
  #unacknowledged: Message[] = [];
  /** Of the first in `#unacknowledged`, or of the next one to be sent. */
  #firstId = 1;
  #bytes = 0;
  /**
   * The least number the client may expect next. After a Sequence that was cut off behind it, that is less than what it has
   * acknowledged; clients refuse a Sequence above it.
   */
  #expectedAtLeast = 1;
  /** Messages up to this number have been sent over an earlier transport. */
  #lastResentId = 0;
  #nextReceivedId = 1;
  #latestReceivedId = 0;
  #receivedBytes = 0;
  #isAckWanted = false;

  constructor(promptAckBytes: number) {
    this.#promptAckBytes = promptAckBytes;
  }

  /** Sent and not acknowledged; about, for text: UTF-16 units. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A numbered message goes out (or would, if there were a transport). */
  sent(message: Message): void {
    this.#unacknowledged.push(message);
    this.#bytes += message.data.length;
  }

  /** The client has everything up to this number. Throws `invalid-message` for a number that was never sent. */
  acknowledged(sequenceId: number): void {
    const count = sequenceId - this.#firstId + 1;
    if (!Number.isSafeInteger(sequenceId) || count > this.#unacknowledged.length) {
      throw invalid(`The client acknowledged message ${sequenceId}, which it was never sent.`);
    }
    if (count <= 0) return;
    for (let index = 0; index < count; index += 1) this.#bytes -= this.#unacknowledged[index]!.data.length;
    this.#unacknowledged = this.#unacknowledged.slice(count);
    this.#firstId = sequenceId + 1;
    // New on this transport: so everything before it has come over this transport too.
    if (sequenceId > this.#lastResentId) this.#expectedAtLeast = sequenceId + 1;
  }

  /**
   * What a new transport begins with: the number of the first message (§9.6); as many messages of no meaning, which the
   * client has acknowledged and will ignore; then those it may not have.
   */
  resend(): { readonly sequenceId: number; readonly ignored: number; readonly messages: readonly Message[] } {
    this.#lastResentId = this.#firstId + this.#unacknowledged.length - 1;
    const sequenceId = this.#expectedAtLeast;
    return { sequenceId, ignored: this.#firstId - sequenceId, messages: this.#unacknowledged };
  }

  /** A numbered message has come. False: it has come before. */
  received(): boolean {
    const id = this.#nextReceivedId;
    this.#nextReceivedId += 1;
    // Somebody who sends again what we have has not seen our Ack.
    this.#isAckWanted = true;
    if (id <= this.#latestReceivedId) return false;
    this.#latestReceivedId = id;
    return true;
  }

  /** The client goes on with this number. Throws `invalid-message` when that leaves a gap, or is no number of a message. */
  sequenced(sequenceId: number): void {
    if (!Number.isSafeInteger(sequenceId) || sequenceId < 1) {
      throw invalid(`Sequence ID ${sequenceId} is not the number of a message.`);
    }
    // Not `#nextReceivedId`: an earlier Sequence may have been cut off before what it announced.
    if (sequenceId > this.#latestReceivedId + 1) {
      throw invalid("Sequence ID greater than amount of messages we've received.");
    }
    this.#nextReceivedId = sequenceId;
  }

  /** Bytes have arrived. */
  heard(bytes: number): void {
    this.#receivedBytes += bytes;
  }

  /** So much has come that the client should not have to wait for the next tick's Ack. */
  get isAckUrgent(): boolean {
    return this.#isAckWanted && this.#receivedBytes >= this.#promptAckBytes;
  }

  /** The number to acknowledge, if there is something new to say. Counts as said. */
  takeAck(): number | undefined {
    this.#receivedBytes = 0;
    if (!this.#isAckWanted) return undefined;
    this.#isAckWanted = false;
    return this.#latestReceivedId;
  }
}

const invalid = (message: string): HubServerError => new HubServerError('invalid-message', message);
