// One stream that a client uploads to a hub method (§8.6): items are pushed in, the method iterates over them. It holds
// `streamBufferCapacity` items; a push beyond waits, and with it everything else this client sends.

import { HubError } from '../hub-error.ts';
import { itemBindingFailed } from '../protocol/error-text.ts';
import type { StandardSchema } from '../standard-schema.ts';
import { bindItem } from './arguments.ts';

interface Reader {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export class UploadStream implements AsyncIterable<unknown>, AsyncIterator<unknown, undefined> {
  readonly #capacity: number;
  readonly #schema: StandardSchema | undefined;
  #items: unknown[] = [];
  #readers: Reader[] = [];
  #wakePusher: (() => void) | undefined;
  #isEnded = false;
  #error: Error | undefined;

  constructor(capacity: number, schema?: StandardSchema) {
    this.#capacity = capacity;
    this.#schema = schema;
  }

  /** Waits while the buffer is full. Items after the end are dropped; one that does not fit is the end. One push at a time. */
  push(item: unknown): Promise<void> | undefined {
    if (this.#isEnded) return undefined;
    if (this.#schema === undefined) return this.#put(item);
    const fail = (error: unknown): void =>
      this.end(error instanceof HubError ? error : new HubError(itemBindingFailed));
    try {
      const bound = bindItem(this.#schema, item);
      return bound instanceof Promise ? bound.then(value => this.#put(value), fail) : this.#put(bound);
    } catch (error) {
      return void fail(error);
    }
  }

  #put(item: unknown): Promise<void> | undefined {
    if (this.#isEnded) return undefined;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: item });
      return undefined;
    }
    this.#items.push(item);
    if (this.#items.length <= this.#capacity) return undefined;
    return new Promise(resolve => {
      this.#wakePusher = resolve;
    });
  }

  /** No more items come. With an error, reading throws it after the buffered items. */
  end(error?: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    for (const reader of this.#readers.splice(0)) void this.next().then(reader.resolve, reader.reject);
    this.#wake();
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift();
      this.#wake();
      return Promise.resolve({ done: false, value });
    }
    if (!this.#isEnded) return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  /** The method stops reading: what is buffered and what still comes is dropped. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#items = [];
    this.end();
    this.#error = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wake(): void {
    const wake = this.#wakePusher;
    this.#wakePusher = undefined;
    wake?.();
  }
}
