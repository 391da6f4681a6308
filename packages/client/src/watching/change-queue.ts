// What one watcher has still to be told, as something to loop over. Of each thing only the last change waits, so that a slow
// reader hears less and nothing piles up; what came and went unheard is not told at all.
import type { ChangeFollower } from './change-feed.ts';
import type { News } from './change-mirror.ts';
import type { Topic } from './topic.ts';

/** What one who watches is told beside the changes. */
export type WatchState =
  /** Everything that is there has been told: at the start, and again after each `lost`. */
  | { readonly type: 'caught-up' }
  /** The connection broke; another is being made. What happens meanwhile is told when it stands. */
  | { readonly type: 'lost' };

export class ChangeQueue<Change> implements ChangeFollower<Change> {
  readonly #topic: Topic<Change>;
  readonly #waiting = new Map<string, News<Change | WatchState>>();
  #failure: { readonly error: unknown } | undefined;
  #isEnded = false;
  #wake = () => {};

  constructor(topic: Topic<Change>) {
    this.#topic = topic;
  }

  changed({ change, isNew }: News<Change>): void {
    const key = `of ${this.#topic.keyOf(change)}`;
    const earlier = this.#waiting.get(key);
    const isUnheard = earlier?.isNew ?? isNew;
    if (isUnheard && this.#topic.isRemoval(change)) this.#waiting.delete(key);
    else this.#waiting.set(key, { change, isNew: isUnheard });
    this.#wake();
  }

  caughtUp(): void {
    this.#tell({ type: 'caught-up' });
  }

  lost(): void {
    this.#tell({ type: 'lost' });
  }

  failed(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  /** Nobody wants to hear more. */
  end = (): void => {
    this.#isEnded = true;
    this.#wake();
  };

  /** Where the connection is now is told after all that is known of it. */
  #tell(state: WatchState): void {
    for (const key of ['lost', 'caught-up']) this.#waiting.delete(key);
    this.#waiting.set(state.type, { change: state, isNew: false });
    this.#wake();
  }

  /** Ends with `end`; throws what `failed` gave when all before it has been told. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Change | WatchState, void, undefined> {
    while (!this.#isEnded) {
      const [next] = this.#waiting;
      if (next !== undefined) {
        this.#waiting.delete(next[0]);
        yield next[1].change;
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else {
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    }
  }
}
