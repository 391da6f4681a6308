// Requests of one kind, gathered: those of one turn of the loop go out together, and while one message is not answered the
// next ones wait. So a thousand requests are sixteen messages, and no channel ever fills up.

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export class Batches<Item, Answer> {
  readonly #maxItems: number;
  /** Answers in the order of the items. */
  readonly #ask: (items: readonly Item[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Item, Answer>[] = [];
  #isBusy = false;

  constructor(maxItems: number, ask: (items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#maxItems = maxItems;
    this.#ask = ask;
  }

  add(item: Item): Promise<Answer> {
    const answered = new Promise<Answer>((resolve, reject) => void this.#waiting.push({ item, resolve, reject }));
    if (!this.#isBusy) {
      this.#isBusy = true;
      setImmediate(() => void this.#work());
    }
    return answered;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#maxItems);
      try {
        const answers = await this.#ask(batch.map(({ item }) => item));
        if (answers.length !== batch.length) throw new Error(`${answers.length} answers to ${batch.length} requests`);
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isBusy = false;
  }
}
