// The loop over the messages of a connection, `for await (const message of socket)`. By hand and not by an async generator:
// an idle connection waits in here, and a generator costs several hundred bytes and three more promises a message.
import type { Message } from '../protocol/message-parts.ts';
import type { Driver } from './driver.ts';

type Step = IteratorResult<Message, undefined>;

export class Messages implements AsyncIterableIterator<Message, undefined, void> {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    const message = this.#driver.tryReceive();
    return message === undefined ? this.#driver.receive().then(stepTo) : Promise.resolve(stepTo(message));
  }

  /** The loop was left. The connection stays as it is; another loop goes on where this one ended. */
  return(): Promise<Step> {
    return Promise.resolve(stepTo(undefined));
  }
}

function stepTo(value: Message | undefined): Step {
  return value === undefined ? { done: true, value } : { done: false, value };
}
