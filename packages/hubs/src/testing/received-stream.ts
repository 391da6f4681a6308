// A stream from the server as a test client gives it: an observable, as the official client has it, and an async iterable.
import type { ClientStream } from '../typed-connection.ts';

type Observer<T> = Parameters<ClientStream<T>['subscribe']>[0];

export class ReceivedStream<T> implements ClientStream<T>, AsyncIterable<T> {
  readonly #cancel: () => void;
  readonly #items: T[] = [];
  readonly #observers = new Set<Observer<T>>();
  #end: { readonly error: Error | undefined } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(cancel: () => void) {
    this.#cancel = cancel;
  }

  /** Items that came before are told too. */
  subscribe(observer: Observer<T>): { dispose(): void } {
    for (const item of this.#items) observer.next(item);
    if (this.#end === undefined) this.#observers.add(observer);
    else if (this.#end.error === undefined) observer.complete();
    else observer.error(this.#end.error);
    return {
      dispose: () => {
        if (this.#observers.delete(observer) && this.#observers.size === 0) this.cancel();
      },
    };
  }

  cancel(): void {
    if (this.#end === undefined) this.#cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (let at = 0; ; at += 1) {
        while (at >= this.#items.length && this.#end === undefined) await this.#wake.promise;
        if (at < this.#items.length) yield this.#items[at]!;
        else if (this.#end?.error === undefined) return;
        else throw this.#end.error;
      }
    } finally {
      this.cancel();
    }
  }

  item(item: unknown): void {
    this.#items.push(item as T);
    for (const observer of this.#observers) observer.next(item as T);
    this.#rouse();
  }

  end(error: Error | undefined): void {
    this.#end ??= { error };
    for (const observer of this.#observers) {
      if (error === undefined) observer.complete();
      else observer.error(error);
    }
    this.#observers.clear();
    this.#rouse();
  }

  #rouse(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
