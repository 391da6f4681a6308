// One of the places of a file's body where connections come one after the other: each carries a span.
import type { SpanFlow } from './span-flow.ts';

export class Carrier {
  /** Of what it asks for; the first one's answer was asked for by others. */
  abort: AbortController | undefined;
  /** While its bytes flow. */
  flow: SpanFlow | undefined;
  /** The ramp waits for what becomes of it. */
  isTrial: boolean;
  isLetGo = false;
  /** Of the connections to its host. */
  readonly leave: () => void;

  constructor(isTrial: boolean, leave: () => void) {
    this.isTrial = isTrial;
    this.leave = leave;
  }

  /** It ends, and asks for nothing more. */
  letGo(): void {
    this.isLetGo = true;
    this.abort?.abort();
    this.flow?.stop();
  }
}
