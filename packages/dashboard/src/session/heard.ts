// Changes on their way from the hub to the page: those of one list, told at most once a frame, and kept back until the first
// picture of this connection is here.
import { requestFrame } from '../frame.ts';

export class Heard<Change> {
  readonly #tell: (changes: readonly Change[]) => void;
  #changes: Change[] = [];
  #hasSnapshot = false;

  constructor(tell: (changes: readonly Change[]) => void) {
    this.#tell = tell;
  }

  hear(change: Change): void {
    this.#changes.push(change);
    if (this.#hasSnapshot && this.#changes.length === 1) requestFrame(() => this.tellNow());
  }

  /** From now on changes are told. Gives those that were heard before the picture was here. */
  snapshotArrived(): readonly Change[] {
    this.#hasSnapshot = true;
    return this.#changes.splice(0);
  }

  tellNow(): void {
    if (this.#hasSnapshot && this.#changes.length > 0) this.#tell(this.#changes.splice(0));
  }

  /** The connection is lost: what was heard is told, what comes next belongs to another picture. */
  lost(): void {
    this.tellNow();
    this.#hasSnapshot = false;
    this.#changes = [];
  }
}
