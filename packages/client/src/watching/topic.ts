// What differs between the things that can be watched (sockets, tasks): how their changes are told apart. Records have no
// revision; of two of one thing the topic says which is older.

export interface Topic<Change> {
  /** The same for all changes of one thing. */
  keyOf(change: Change): string;
  isRemoval(change: Change): boolean;
  /** `a` was so before `b`; of one thing, and no removals. */
  isOlder(a: Change, b: Change): boolean;
  /** Told when a thing is missing in a new picture; `undefined` for what is just not listed any more. */
  removalOf(known: Change): Change | undefined;
  /** Nothing happens to it any more: of such things only the last 2,000 are remembered. */
  isOver(change: Change): boolean;
}
