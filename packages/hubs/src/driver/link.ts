// The way to the client as its connection sees it: one transport after another. A transport that was replaced is closed
// and says nothing any more; whoever waits for bytes goes on waiting with the new one.
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransferFormat, WireData } from '../protocol/protocol.ts';
import type { Transport } from '../transports/transport.ts';

export class TransportLink {
  #transport: Transport;
  readonly #onClosed: (error: Error | undefined) => void;

  /** `onClosed`: the transport is gone and no other has taken its place; with the reason, unless the end was orderly. */
  constructor(transport: Transport, onClosed: (error: Error | undefined) => void) {
    this.#transport = transport;
    this.#onClosed = onClosed;
    this.#watch(transport);
  }

  get transferFormats(): readonly TransferFormat[] {
    return this.#transport.transferFormats;
  }

  /** Bytes that were written and that the kernel has not taken. */
  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** Goes on over `transport`. What the old one has not delivered is lost. */
  replace(transport: Transport): void {
    const old = this.#transport;
    this.#transport = transport;
    this.#watch(transport);
    void old.close();
  }

  tryReceive(): WireData | undefined {
    return this.#transport.tryReceive();
  }

  /** As Transport.receive, over all of them. */
  async receive(): Promise<WireData | undefined> {
    for (;;) {
      const transport = this.#transport;
      try {
        const chunk = await transport.receive();
        if (transport === this.#transport) return chunk;
      } catch (error) {
        if (transport === this.#transport) throw error;
      }
    }
  }

  write(message: WireMessage): Promise<unknown> {
    return this.#transport.write(message);
  }

  /** What was written still goes out. Resolves when the transport has ended. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #watch(transport: Transport): void {
    void transport.closed.then(error => {
      if (transport === this.#transport) this.#onClosed(error);
    });
  }
}
