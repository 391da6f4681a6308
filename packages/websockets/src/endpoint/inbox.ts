// Messages and pieces decoded ahead of the consumer, in order, with an account of what they hold.
import { type Incoming, isPart } from '../protocol/message-parts.ts';

/** What an empty message costs us all the same. */
const bytesPerItem = 64;

export class Inbox {
  #items: (Incoming | undefined)[] | undefined;
  #next = 0;
  #bytes = 0;

  /** What the waiting items hold in memory, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#items === undefined;
  }

  /** A piece is copied: what waits here must not hold on to all that arrived together with it. */
  add(item: Incoming): void {
    this.#items ??= [];
    this.#items.push(isPart(item) ? { ...item, payload: Buffer.from(item.payload) } : item);
    this.#bytes += sizeOf(item);
  }

  take(): Incoming | undefined {
    const item = this.#items?.[this.#next];
    if (item === undefined) return undefined;
    const items = this.#items!;
    items[this.#next++] = undefined;
    this.#bytes -= sizeOf(item);
    if (this.#next === items.length) this.clear();
    else if (this.#next > 1_000 && this.#next * 2 > items.length) {
      items.splice(0, this.#next);
      this.#next = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = undefined;
    this.#next = 0;
    this.#bytes = 0;
  }
}

function sizeOf(item: Incoming): number {
  return (isPart(item) ? item.payload.length : item.data.length) + bytesPerItem;
}
