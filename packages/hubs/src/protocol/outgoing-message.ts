// Messages on their way out, encoded once for each protocol, however many connections they go to.
import { type HubMessage, isNumbered } from './messages.ts';
import type { HubProtocol, TransferFormat, WireData } from './protocol.ts';

/** A message in the bytes of one protocol. */
export class WireMessage {
  readonly data: WireData;
  readonly format: TransferFormat;
  /** Goes to many connections: a transport may keep its own encoding in `frame`. */
  readonly isShared: boolean;
  frame: unknown;
  /** Must not be lost with a transport (§9). */
  readonly isNumbered: boolean;

  constructor(data: WireData, format: TransferFormat, isShared: boolean, isNumbered = false) {
    this.data = data;
    this.format = format;
    this.isShared = isShared;
    this.isNumbered = isNumbered;
  }
}

export class OutgoingMessage {
  readonly message: HubMessage;
  readonly #isShared: boolean;
  #protocol: HubProtocol | undefined;
  #wire: WireMessage | undefined;
  #others: Map<HubProtocol, WireMessage> | undefined;

  constructor(message: HubMessage, isShared = false) {
    this.message = message;
    this.#isShared = isShared;
  }

  /** Throws what serialization throws. */
  encode(protocol: HubProtocol): WireMessage {
    if (this.#protocol === protocol) return this.#wire!;
    const known = this.#others?.get(protocol);
    if (known !== undefined) return known;
    const data = protocol.write(this.message);
    const wire = new WireMessage(data, protocol.transferFormat, this.#isShared, isNumbered(this.message));
    if (this.#protocol === undefined) {
      this.#protocol = protocol;
      this.#wire = wire;
    } else {
      this.#others ??= new Map();
      this.#others.set(protocol, wire);
    }
    return wire;
  }
}
