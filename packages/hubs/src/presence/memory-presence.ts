// Presence in one process: reads the indexes of the memory lifetime manager, and tells its watchers what changed there.
import type { Membership } from '../lifetime/membership.ts';
import type { HubLogger } from '../log.ts';
import type { HubPresence, PresenceFact, PresenceMember } from './presence.ts';

export interface PresenceIndexes<Member extends PresenceMember> {
  readonly connections: ReadonlyMap<string, Member>;
  readonly groups: Membership<Member>;
  readonly users: Membership<Member>;
}

export class MemoryPresence<Member extends PresenceMember> implements HubPresence {
  readonly #indexes: PresenceIndexes<Member>;
  readonly #log: HubLogger;
  readonly #watchers = new Set<(fact: PresenceFact) => void>();

  constructor(indexes: PresenceIndexes<Member>, log: HubLogger) {
    this.#indexes = indexes;
    this.#log = log;
  }

  async connectionCount(): Promise<number> {
    return this.#indexes.connections.size;
  }

  async isConnected(connectionId: string): Promise<boolean> {
    return this.#indexes.connections.has(connectionId);
  }

  async groupMembers(groupName: string): Promise<readonly PresenceMember[]> {
    return Array.from(this.#indexes.groups.members(groupName), memberOf);
  }

  async groupCount(groupName: string): Promise<number> {
    return this.#indexes.groups.members(groupName).size;
  }

  async groupsOf(connectionId: string): Promise<readonly string[]> {
    const member = this.#indexes.connections.get(connectionId);
    return member === undefined ? [] : [...this.#indexes.groups.names(member)];
  }

  async connectionsOf(userIdentifier: string): Promise<readonly string[]> {
    return Array.from(this.#indexes.users.members(userIdentifier), ({ connectionId }) => connectionId);
  }

  async isOnline(userIdentifier: string): Promise<boolean> {
    return this.#indexes.users.members(userIdentifier).size > 0;
  }

  watch(listener: (fact: PresenceFact) => void): () => void {
    const watcher = (fact: PresenceFact): void => listener(fact);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** After it is in the indexes. */
  connected(member: Member): void {
    const isFirstOfUser = this.#isOnlyOfUser(member);
    this.#tell(() => ({ kind: 'connected', ...memberOf(member), isFirstOfUser }));
  }

  /** After it is out of them. */
  disconnected(member: Member): void {
    const isLastOfUser = this.#isOnlyOfUser(member);
    this.#tell(() => ({ kind: 'disconnected', ...memberOf(member), isLastOfUser }));
  }

  joined(group: string, member: Member): void {
    this.#tell(() => {
      const isFirst = this.#indexes.groups.members(group).size === 1;
      return { kind: 'joined', group, ...memberOf(member), isFirst, isFirstOfUser: this.#isOnlyOfUser(member, group) };
    });
  }

  left(group: string, member: Member): void {
    this.#tell(() => {
      const isLast = this.#indexes.groups.members(group).size === 0;
      return { kind: 'left', group, ...memberOf(member), isLast, isLastOfUser: this.#isOnlyOfUser(member, group) };
    });
  }

  /** No other connection of the same user is there (in the group). */
  #isOnlyOfUser(member: Member, group?: string): boolean {
    if (member.userIdentifier === undefined) return false;
    const inGroup = group === undefined ? undefined : this.#indexes.groups.members(group);
    for (const other of this.#indexes.users.members(member.userIdentifier)) {
      if (other !== member && (inGroup === undefined || inGroup.has(other))) return false;
    }
    return true;
  }

  #tell(fact: () => PresenceFact): void {
    if (this.#watchers.size === 0) return;
    const told = fact();
    for (const watcher of [...this.#watchers]) {
      try {
        watcher(told);
      } catch (error) {
        this.#log.error({ err: error, fact: told.kind }, 'a presence watcher failed');
      }
    }
  }
}

const memberOf = ({ connectionId, userIdentifier }: PresenceMember): PresenceMember => ({
  connectionId,
  userIdentifier,
});
