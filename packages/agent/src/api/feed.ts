// The feed: facts of the features become hub messages to those who watch and may see them.
import type { AgentClient } from '@longhaul/agent-protocol';
import type { Scope } from '../scope.ts';
import type { SocketFact } from '../sockets/door.ts';
import type { TaskFact } from '../tasks/door.ts';
import type { TransferFact } from '../transfers/door.ts';

/** As much of the hub's clients as the feed needs. */
export interface FeedClients {
  groups(names: readonly string[]): {
    readonly [Name in keyof AgentClient]: (...args: Parameters<AgentClient[Name]>) => Promise<void>;
  };
}

/** What can be watched. */
export type Topic = 'transfers' | 'sockets' | 'tasks';

const everything = (topic: Topic): string => `${topic}:*`;
const ofApp = (topic: Topic, app: string): string => `${topic}:${app}`;

/** The group whose members hear what of `topic` lies in `scope`. */
export const watchGroup = (scope: Scope, topic: Topic): string =>
  scope.role === 'app' ? ofApp(topic, scope.app) : everything(topic);

/** All who watch transfers, whatever they see: its members hear what concerns them as a whole. */
export const everyWatcher = 'watchers';

export class Feed {
  #clients: FeedClients | undefined;

  /** Until then there is nobody to tell. */
  attach(clients: FeedClients): void {
    this.#clients = clients;
  }

  // It never waits for the slowest, and rejects only for arguments that are no JSON: records always are.
  publish(fact: TransferFact | SocketFact | TaskFact): void {
    switch (fact.type) {
      case 'limits':
        void this.#clients?.groups([everyWatcher]).limitsChanged(fact.limits);
        break;
      case 'changed':
        void this.#watchers('transfers', fact.record.app)?.transferChanged(fact.record);
        break;
      case 'removed':
        void this.#watchers('transfers', fact.app)?.transferRemoved(fact.id);
        break;
      case 'socket-changed':
        void this.#watchers('sockets', fact.record.app)?.socketChanged(fact.record);
        break;
      case 'socket-removed':
        void this.#watchers('sockets', fact.app)?.socketRemoved({ app: fact.app, id: fact.id });
        break;
      case 'task-changed':
        void this.#watchers('tasks', fact.record.app)?.taskChanged(fact.record);
        break;
      case 'task-removed':
        void this.#watchers('tasks', fact.app)?.taskRemoved(fact.taskId);
        break;
      case 'run-changed':
        void this.#watchers('tasks', fact.record.app)?.runChanged(fact.record);
        break;
    }
  }

  #watchers(topic: Topic, app: string) {
    return this.#clients?.groups([everything(topic), ofApp(topic, app)]);
  }
}
