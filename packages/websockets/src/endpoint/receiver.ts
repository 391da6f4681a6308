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
  readonly promise: Promise<Answers[Wanted]>;
  /** The one function that is kept of the promise: it rejects too, by what it is given. */
  readonly #resolve: (answer: Answers[Wanted] | Promise<never>) => void;

  constructor(wants: Wanted) {
    this.wants = wants;
    let resolve: ((answer: Answers[Wanted] | Promise<never>) => void) | undefined;
    this.promise = new Promise(settle => {
      resolve = settle;
    });
    this.#resolve = resolve!;
  }

  /** Nothing: the connection ended cleanly. */
  give(item: Message | MessageFragment | undefined): void {
    this.#resolve(this.wants === 'step' ? stepTo(item) : (item as MessageFragment | undefined));
  }

  refuse(error: unknown): void {
    this.#resolve(Promise.reject(error));
  }
}

export function stepTo(value: Message | undefined): Step {
  return value === undefined ? { done: true, value } : { done: false, value };
}
