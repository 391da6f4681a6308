// Facts on their way out: coalesced by the pace, one timer for all. In: "something of this key changed".
import { isStoreFailure } from '../store/store.ts';
import { Again } from './again.ts';
import { FactPace, type Pace } from './fact-pace.ts';

export class FactFeed implements Disposable {
  readonly #pace: FactPace;
  readonly #send: (id: string) => void;
  /** Of what could not be read. */
  readonly #again = new Again({
    isPassing: isStoreFailure,
    failed: error => {
      if (!isStoreFailure(error)) throw error;
    },
  });
  #timer: NodeJS.Timeout | undefined;

  /** `send` reads the transfer as it is by then and publishes it. */
  constructor(pace: Pace, send: (id: string) => void) {
    this.#pace = new FactPace(pace);
    this.#send = id => this.#again.do(id, () => send(id));
  }

  changed(id: string): void {
    if (this.#pace.offer(id, performance.now())) this.#send(id);
    else this.#arm();
  }

  /** It has come to its end, which waits for nothing. */
  ended(id: string): void {
    this.#pace.forget(id);
    this.#send(id);
  }

  /** What is due of a removed transfer will not be sent any more. */
  forget(id: string): void {
    this.#pace.forget(id);
    this.#again.forget(id);
  }

  #arm(): void {
    const nextAt = this.#pace.nextAt;
    if (this.#timer !== undefined || nextAt === undefined) return;
    this.#timer = setTimeout(() => this.#flush(), Math.max(1, Math.ceil(nextAt - performance.now())));
  }

  #flush(): void {
    this.#timer = undefined;
    for (const id of this.#pace.take(performance.now())) this.#send(id);
    this.#arm();
  }

  /** Sends what is still due. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const id of this.#pace.take(Number.POSITIVE_INFINITY)) this.#send(id);
    this.#again[Symbol.dispose]();
  }
}
