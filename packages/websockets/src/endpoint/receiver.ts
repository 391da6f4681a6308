// The one who waits for the next message: `receive()`, a loop over `fragments()`, or a `for await` loop. Each gets its
// answer in its own shape from the one promise it waits for: an idle connection holds nothing more.
import type { Message, MessageFragment } from '../protocol/message-parts.ts';

export type Step = IteratorResult<Message, undefined>;

interface Answers {
  readonly message: Message | undefined;
  readonly fragment: MessageFragment | undefined;
  readonly step: Step;
}
export type Wanted = keyof Answers;

export class Receiver {
  readonly wants: Wanted;
  readonly #answer = Promise.withResolvers<Answers[Wanted]>();

  constructor(wants: Wanted) {
    this.wants = wants;
  }

  get promise(): Promise<Answers[Wanted]> {
    return this.#answer.promise;
  }

  /** Nothing: the connection ended cleanly. */
  give(item: Message | MessageFragment | undefined): void {
    this.#answer.resolve(this.wants === 'step' ? stepTo(item) : (item as MessageFragment | undefined));
  }

  refuse(error: unknown): void {
    this.#answer.reject(error);
  }
}

export function stepTo(value: Message | undefined): Step {
  return value === undefined ? { done: true, value } : { done: false, value };
}
