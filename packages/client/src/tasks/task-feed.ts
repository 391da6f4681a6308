// Registered tasks and their runs as a topic that can be watched.
import type { TaskChange, TaskEvents } from '@longhaul/agent-protocol';
import { isOlderRun, isOlderTask, isRunOver } from '@longhaul/agent-protocol/plain';
import type { AgentConnection } from '../connection/connection.ts';
import { ChangeFeed } from '../watching/change-feed.ts';
import type { Topic } from '../watching/topic.ts';

function keyOf(change: TaskChange): string {
  if (change.type === 'run') return `run ${change.run.id}`;
  return `task ${change.type === 'removed' ? change.taskId : change.record.taskId}`;
}

const topic: Topic<TaskChange> = {
  keyOf,
  isRemoval: ({ type }) => type === 'removed',
  isOlder(a, b) {
    if (a.type === 'run' && b.type === 'run') return isOlderRun(a.run, b.run);
    return a.type === 'changed' && b.type === 'changed' && isOlderTask(a.record, b.record);
  },
  // A run that is over is listed for a while, and then no more.
  removalOf: known => (known.type === 'changed' ? { type: 'removed', taskId: known.record.taskId } : undefined),
  isOver: change => change.type === 'run' && isRunOver(change.run.status),
};

export const feedOfTasks = (connection: AgentConnection): ChangeFeed<TaskChange> =>
  new ChangeFeed(connection, topic, async link => {
    const [records, runs] = await Promise.all([link.invoke('watchTasks'), link.invoke('listRuns', null)]);
    const tasks = records.map((record): TaskChange => ({ type: 'changed', record }));
    return [...tasks, ...runs.toReversed().map((run): TaskChange => ({ type: 'run', run }))];
  });

export const eventsOfTasks = (feed: ChangeFeed<TaskChange>): TaskEvents => ({
  taskChanged: record => feed.heard({ type: 'changed', record }),
  taskRemoved: taskId => feed.heard({ type: 'removed', taskId }),
  runChanged: run => feed.heard({ type: 'run', run }),
});
