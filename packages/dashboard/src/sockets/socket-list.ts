// The parked sockets as the page knows them: a snapshot, then changes. Pure.
import { isOlderSocket, type SocketChange, type SocketName, type SocketRecord } from '@longhaul/agent-protocol';
import { plain } from '../words/place-words.ts';
import { isOverSocket } from '../words/socket-words.ts';
import { groupOfSocket } from './socket-rows.ts';

export interface SocketEntry {
  readonly record: SocketRecord;
  /** What the filter looks through; kept with the record, so that typing is quick with thousands of rows. */
  readonly searchText: string;
}

/** By `socketKey`. */
export type SocketList = ReadonlyMap<string, SocketEntry>;

/** One of a kind on the page: an app's id has no slash. */
export const socketKey = ({ app, id }: SocketName): string => `${app}/${id}`;

/** The agent's whole truth: what is missing in it is gone. */
export const socketsFromSnapshot = (records: readonly SocketRecord[]): SocketList =>
  new Map(records.map(record => [socketKey(record), entryOf(undefined, record)]));

/**
 * The list after changes in the order they were heard. `heard` says when: those from before the snapshot may be older than it,
 * and then count only where they are not.
 */
export function withSocketChanges(
  known: SocketList,
  changes: readonly SocketChange[],
  heard: 'before-snapshot' | 'after-snapshot' = 'after-snapshot',
): SocketList {
  const next = new Map(known);
  for (const change of changes) {
    if (change.type === 'removed') {
      next.delete(socketKey(change.name));
      continue;
    }
    const key = socketKey(change.record);
    const before = next.get(key);
    if (heard === 'before-snapshot' && before !== undefined && isOlderSocket(change.record, before.record)) continue;
    next.set(key, entryOf(before, change.record));
  }
  return next;
}

const entryOf = (before: SocketEntry | undefined, record: SocketRecord): SocketEntry => ({
  record,
  searchText: before !== undefined && isFoundAlike(before.record, record) ? before.searchText : searchTextOf(record),
});

function searchTextOf(record: SocketRecord): string {
  const { id, app, kind, status, localAddress, remoteAddress } = record;
  return plain([id, app, kind, status, groupOfSocket(record), localAddress, remoteAddress].join(' ')).toLowerCase();
}

const isFoundAlike = (a: SocketRecord, b: SocketRecord): boolean =>
  a.status === b.status &&
  a.localAddress === b.localAddress &&
  a.remoteAddress === b.remoteAddress &&
  a.kind === b.kind;

/** True where rows have come, gone or changed places from one list to the next. */
export const movesSockets = (before: SocketList, after: SocketList, changes: readonly SocketChange[]): boolean =>
  changes.some(change => {
    const key = socketKey(change.type === 'removed' ? change.name : change.record);
    const [was, is] = [before.get(key)?.record, after.get(key)?.record];
    if (was === undefined || is === undefined) return was !== is;
    return !isFoundAlike(was, is) || (isOverSocket(is) && was.since !== is.since);
  });
