// Messages decoded ahead of the consumer, in order, with an account of what they hold.
import type { Message } from '../protocol/message-assembler.ts';

/** What an empty message costs us all the same. */
const bytesPerMessage = 64;

export class Inbox {
  #messages: (Message | undefined)[] | undefined;
  #next = 0;
  #bytes = 0;

  /** What the waiting messages hold in memory, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#messages === undefined;
  }

  add(message: Message): void {
    this.#messages ??= [];
    this.#messages.push(message);
    this.#bytes += message.data.length + bytesPerMessage;
  }

  take(): Message | undefined {
    const message = this.#messages?.[this.#next];
    if (message === undefined) return undefined;
    const messages = this.#messages!;
    messages[this.#next++] = undefined;
    this.#bytes -= message.data.length + bytesPerMessage;
    if (this.#next === messages.length) this.clear();
    else if (this.#next > 1_000 && this.#next * 2 > messages.length) {
      messages.splice(0, this.#next);
      this.#next = 0;
    }
    return message;
  }

  clear(): void {
    this.#messages = undefined;
    this.#next = 0;
    this.#bytes = 0;
  }
}
