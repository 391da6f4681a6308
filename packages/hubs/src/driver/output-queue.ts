// What waits for one client, and what is done about a client that reads too slowly: who writes to it alone waits, and
// over the hard limit it is given up.
import { HubServerError } from '../errors.ts';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransportLink } from './link.ts';

export interface OutputLimits {
  readonly applicationMaxBufferSize: number;
  readonly maximumBufferedBytes: number;
}

export class OutputQueue {
  readonly #link: TransportLink;
  readonly #limits: OutputLimits;
  readonly #onOverflow: (error: HubServerError) => void;
  #isJudged = false;

  constructor(link: TransportLink, limits: OutputLimits, onOverflow: (error: HubServerError) => void) {
    this.#link = link;
    this.#limits = limits;
    this.#onOverflow = onOverflow;
  }

  get isEmpty(): boolean {
    return this.#link.bufferedBytes === 0;
  }

  /** A promise when the client should be waited for before more is written to it alone. It never rejects. */
  write(message: WireMessage): Promise<void> | undefined {
    const sent = this.#link.write(message);
    const { applicationMaxBufferSize, maximumBufferedBytes } = this.#limits;
    const { bufferedBytes } = this.#link;
    if (bufferedBytes <= applicationMaxBufferSize) return undefined;
    if (bufferedBytes > maximumBufferedBytes) this.#judge();
    return sent.then(yieldTurn, yieldTurn);
  }

  /** Too much waits: the kernel gets its chance to take it in this turn, what it leaves is the client's doing. */
  #judge(): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    setImmediate(() => {
      this.#isJudged = false;
      const { maximumBufferedBytes } = this.#limits;
      if (this.#link.bufferedBytes <= maximumBufferedBytes) return;
      const text = `The client reads too slowly: more than ${maximumBufferedBytes} bytes wait for it.`;
      this.#onOverflow(new HubServerError('slow-consumer', text));
    });
  }
}

/** A kernel that takes everything at once would otherwise let one busy stream keep the process from all other work. */
function yieldTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
