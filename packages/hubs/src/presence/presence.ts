// Who is there: the members of a group, the groups of a connection, the connections of a user, and facts as they change. What
// ASP.NET Core leaves to the application (aspnetcore #55165). A lifetime manager answers, for all servers of its hub.

export interface PresenceMember {
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;
}

/** Something that has happened. `isFirst…` and `isLast…` save counting: only then does somebody come or go for the others. */
export type PresenceFact =
  | (PresenceMember & {
      readonly kind: 'connected';
      /** No other connection of this user is open. False for connections without a user. */
      readonly isFirstOfUser: boolean;
    })
  | (PresenceMember & { readonly kind: 'disconnected'; readonly isLastOfUser: boolean })
  | (PresenceMember & {
      readonly kind: 'joined';
      readonly group: string;
      /** The group was empty. */
      readonly isFirst: boolean;
      /** No other connection of this user is in the group: a second tab is no second person. */
      readonly isFirstOfUser: boolean;
    })
  | (PresenceMember & {
      readonly kind: 'left';
      readonly group: string;
      /** The group is empty now. */
      readonly isLast: boolean;
      readonly isLastOfUser: boolean;
    });

export interface HubPresence {
  connectionCount(): Promise<number>;
  isConnected(connectionId: string): Promise<boolean>;
  /** In the order in which they joined. */
  groupMembers(groupName: string): Promise<readonly PresenceMember[]>;
  groupCount(groupName: string): Promise<number>;
  /** Empty for a connection that is not there. */
  groupsOf(connectionId: string): Promise<readonly string[]>;
  /** Ids of the connections of a user. */
  connectionsOf(userIdentifier: string): Promise<readonly string[]>;
  isOnline(userIdentifier: string): Promise<boolean>;
  /**
   * Calls `listener` with every fact from now on, in the order in which it happened, until the function that it gives is
   * called. What the listener throws is logged. A connection that ends leaves its groups first, then disconnects.
   */
  watch(listener: (fact: PresenceFact) => void): () => void;
}
