// A feed whose facts go out after the turn in which something happened: a wake never waits for those who watch. What changes
// several times in a turn is told once, as it is by then.
import { FactFeed } from './fact-feed.ts';
import type { Pace } from './fact-pace.ts';

export class LateFeed implements Disposable {
  readonly #feed: FactFeed;
  /** Whether it has come to its end. */
  readonly #touched = new Map<string, boolean>();
  #planned: NodeJS.Immediate | undefined;

  /** `send` reads what there is by then and publishes it. */
  constructor(pace: Pace, send: (id: string) => void) {
    this.#feed = new FactFeed(pace, send);
  }

  changed(id: string): void {
    this.#touch(id, false);
  }

  /** It has come to its end: told after this turn, whatever was told before. */
  ended(id: string): void {
    this.#touch(id, true);
  }

  /** What is due of it will not be sent any more. */
  forget(id: string): void {
    this.#touched.delete(id);
    this.#feed.forget(id);
  }

  #touch(id: string, isOver: boolean): void {
    this.#touched.set(id, isOver);
    this.#planned ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#planned = undefined;
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const [id, isOver] of touched) {
      if (isOver) this.#feed.ended(id);
      else this.#feed.changed(id);
    }
  }

  /** Sends what is still due. */
  [Symbol.dispose](): void {
    clearImmediate(this.#planned);
    this.#flush();
    this.#feed[Symbol.dispose]();
  }
}
