// The loop over the messages of a connection, `for await (const message of socket)`. By hand and not by an async generator:
// an idle connection waits in here, and a generator costs several hundred bytes and three more promises a message.
import type { Message } from '../protocol/message-parts.ts';
import type { Driver } from './driver.ts';
import { type Step, stepTo } from './receiver.ts';

export class Messages implements AsyncIterableIterator<Message, undefined, void> {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    return this.#driver.receiveStep();
  }

  /** The loop was left. The connection stays as it is; another loop goes on where this one ended. */
  return(): Promise<Step> {
    return Promise.resolve(stepTo(undefined));
  }
}
