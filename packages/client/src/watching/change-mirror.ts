// PURE. What this process knows of the agent's sockets or tasks: pictures and changes go in, and what is new about them comes
// out. What was heard before a picture was here comes after it, and counts only where it is not older.
import { isDeepStrictEqual } from 'node:util';
import type { Topic } from './topic.ts';

export interface News<Change> {
  readonly change: Change;
  /** The first that is heard of this thing. */
  readonly isNew: boolean;
}

/** More than the agent lists of runs that are over: what is forgotten here is in no picture any more. */
const maxOver = 2_000;

export class ChangeMirror<Change> {
  readonly #topic: Topic<Change>;
  /** By key, in the order in which they were first told. */
  readonly #known = new Map<string, Change>();
  /** Keys of what is over, oldest first. */
  readonly #over = new Set<string>();

  constructor(topic: Topic<Change>) {
    this.#topic = topic;
  }

  /** Oldest first. */
  all(): Change[] {
    return [...this.#known.values()];
  }

  /** All there is, and what was heard before it was here. */
  pictureArrived(listed: readonly Change[], early: readonly Change[]): News<Change>[] {
    const present = new Set(listed.map(change => this.#topic.keyOf(change)));
    const missing = [...this.#known].filter(([key]) => !present.has(key));
    return [
      ...listed.flatMap(change => this.heard(change)),
      ...missing.flatMap(([key, known]) => this.#isMissing(key, known)),
      ...early.flatMap(change => (this.#isOlder(change) ? [] : this.heard(change))),
    ];
  }

  heard(change: Change): News<Change>[] {
    const key = this.#topic.keyOf(change);
    const known = this.#known.get(key);
    if (this.#topic.isRemoval(change)) {
      this.#forget(key);
      return known === undefined ? [] : [{ change, isNew: false }];
    }
    if (known !== undefined && isDeepStrictEqual(known, change)) return [];
    this.#known.set(key, change);
    if (this.#topic.isOver(change)) this.#rememberAsOver(key);
    else this.#over.delete(key);
    return [{ change, isNew: known === undefined }];
  }

  /** Nobody keeps it up to date any more. */
  clear(): void {
    this.#known.clear();
    this.#over.clear();
  }

  #isOlder(change: Change): boolean {
    const known = this.#known.get(this.#topic.keyOf(change));
    return known !== undefined && !this.#topic.isRemoval(change) && this.#topic.isOlder(change, known);
  }

  #isMissing(key: string, known: Change): News<Change>[] {
    this.#forget(key);
    const change = this.#topic.removalOf(known);
    return change === undefined ? [] : [{ change, isNew: false }];
  }

  #rememberAsOver(key: string): void {
    this.#over.add(key);
    if (this.#over.size <= maxOver) return;
    const [oldest] = this.#over;
    this.#forget(oldest!);
  }

  #forget(key: string): void {
    this.#known.delete(key);
    this.#over.delete(key);
  }
}
