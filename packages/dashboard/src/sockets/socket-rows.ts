// Which sockets stand together on the page and in which order. Pure.
import type { SocketRecord, SocketStatus } from '@longhaul/agent-protocol';
import { byNumbersToo, groupRows, queryWords, type RowGroups } from '../rows/row-groups.ts';
import { isOverSocket } from '../words/socket-words.ts';
import { type SocketEntry, type SocketList, socketKey } from './socket-list.ts';

/** In the order of the page: what somebody has to look at comes first. */
export const socketGroups = ['orphaned', 'awake', 'parked', 'closed'] as const;
export type SocketGroup = (typeof socketGroups)[number];

const groupOfStatus: { readonly [S in SocketStatus]: SocketGroup } = {
  orphaned: 'orphaned',
  signalled: 'awake',
  lent: 'awake',
  parked: 'parked',
  closed: 'closed',
};

export const groupOfSocket = ({ status }: SocketRecord): SocketGroup => groupOfStatus[status];

export type SocketRows = RowGroups<SocketGroup>;

export const noSocketRows: SocketRows = Object.freeze<SocketRows>({
  groups: [],
  found: 0,
  counts: { orphaned: 0, awake: 0, parked: 0, closed: 0 },
});

export const arrangeSockets = (list: SocketList, query: string): SocketRows =>
  groupRows<SocketGroup, SocketEntry>(list.values(), queryWords(query), {
    groups: socketGroups,
    groupOf: ({ record }) => groupOfSocket(record),
    searchTextOf: ({ searchText }) => searchText,
    idOf: ({ record }) => socketKey(record),
    compare: (a, b) => compare(a.record, b.record),
  });

/** By name while they live, so that a wake moves no row within its group; the latest first once they are over. */
function compare(a: SocketRecord, b: SocketRecord): number {
  if (isOverSocket(a) && a.since !== b.since) return b.since - a.since;
  return byNumbersToo.compare(a.id, b.id) || (socketKey(a) < socketKey(b) ? -1 : 1);
}
