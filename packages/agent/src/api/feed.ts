// The feed: facts of the transfers become hub messages to those who watch and may see them.
import type { AgentClient } from '@longhaul/agent-protocol';
import type { Scope } from '../scope.ts';
import type { TransferFact } from '../transfers/door.ts';

/** As much of the hub's clients as the feed needs. */
export interface FeedClients {
  groups(names: readonly string[]): {
    readonly [Name in keyof AgentClient]: (...args: Parameters<AgentClient[Name]>) => Promise<void>;
  };
}

const everything = 'watch:*';
const ofApp = (app: string): string => `watch:${app}`;

/** The group whose members hear what lies in `scope`. */
export const watchGroup = (scope: Scope): string => (scope.role === 'app' ? ofApp(scope.app) : everything);

/** All who watch, whatever they see: its members hear what concerns the agent as a whole. */
export const everyWatcher = 'watchers';

export class Feed {
  #clients: FeedClients | undefined;

  /** Until then there is nobody to tell. */
  attach(clients: FeedClients): void {
    this.#clients = clients;
  }

  publish(fact: TransferFact): void {
    // It never waits for the slowest, and rejects only for arguments that are no JSON: records always are.
    if (fact.type === 'limits') {
      void this.#clients?.groups([everyWatcher]).limitsChanged(fact.limits);
      return;
    }
    const app = fact.type === 'changed' ? fact.record.app : fact.app;
    const watchers = this.#clients?.groups([everything, ofApp(app)]);
    if (fact.type === 'changed') void watchers?.transferChanged(fact.record);
    else void watchers?.transferRemoved(fact.id);
  }
}
