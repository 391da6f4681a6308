// Parked sockets as a topic that can be watched.
import type { SocketChange, SocketEvents } from '@longhaul/agent-protocol';
import { isOlderSocket } from '@longhaul/agent-protocol/plain';
import type { AgentConnection } from '../connection/connection.ts';
import { ChangeFeed } from '../watching/change-feed.ts';
import type { Topic } from '../watching/topic.ts';

const nameOf = (change: SocketChange) => (change.type === 'removed' ? change.name : change.record);

const topic: Topic<SocketChange> = {
  // An app's id has no slash.
  keyOf: change => `${nameOf(change).app}/${nameOf(change).id}`,
  isRemoval: ({ type }) => type === 'removed',
  isOlder: (a, b) => a.type === 'changed' && b.type === 'changed' && isOlderSocket(a.record, b.record),
  removalOf: known => ({ type: 'removed', name: { app: nameOf(known).app, id: nameOf(known).id } }),
  // One that is closed or orphaned is listed until it is removed.
  isOver: () => false,
};

export const feedOfSockets = (connection: AgentConnection): ChangeFeed<SocketChange> =>
  new ChangeFeed(connection, topic, async link => {
    const records = await link.invoke('watchSockets');
    return records.map(record => ({ type: 'changed', record }));
  });

export const eventsOfSockets = (feed: ChangeFeed<SocketChange>): SocketEvents => ({
  socketChanged: record => feed.heard({ type: 'changed', record }),
  socketRemoved: name => feed.heard({ type: 'removed', name }),
});
