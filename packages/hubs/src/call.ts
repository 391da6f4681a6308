// What a hub method is given as its first parameter: who calls, whom it can talk to, and how the call ends.

import { CallerClients, type HubCallerClients } from './clients/clients.ts';
import type { ConnectionRequest } from './connection-request.ts';
import type { Invocation } from './dispatch/invocation.ts';
import { HubServerError } from './errors.ts';
import type { HubUser } from './hub.ts';
import type { HubLifetimeManager } from './lifetime/lifetime-manager.ts';
import type { HubPresence } from './presence/presence.ts';

export interface GroupManager {
  /** Idempotent; names are case-sensitive; an unknown connection is no error. Rejects with `too-many-groups`. */
  add(connectionId: string, groupName: string): Promise<void>;
  remove(connectionId: string, groupName: string): Promise<void>;
}

export interface HubCall<Client extends object, User extends HubUser = HubUser> {
  readonly clients: HubCallerClients<Client>;
  readonly groups: GroupManager;
  /** Who is connected, and in which groups. */
  readonly presence: HubPresence;
  /** Public name of this connection; opens nothing. */
  readonly connectionId: string;
  /** By the endpoint's `userIdProvider`, else `user.id`. */
  readonly userIdentifier: string | undefined;
  /** What the endpoint's `authorize` gave. */
  readonly user: User | undefined;
  /** The application's own, kept as long as the connection. */
  readonly items: Map<unknown, unknown>;
  /** Aborts when the client cancels this call, and when the connection ends (also after the method has returned). */
  readonly signal: AbortSignal;
  /** The request that opened the connection: its words and its socket; its body, if it had one, was for the transport. */
  readonly request: ConnectionRequest;
  /** Ends the connection: `{"type":7}`, no reconnect (§8.4). */
  abort(): void;
}

/** As much of a connection as its calls show. */
export interface CallConnection {
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;
  readonly user: HubUser | undefined;
  readonly items: Map<unknown, unknown>;
  readonly signal: AbortSignal;
  readonly request: ConnectionRequest;
  readonly lifetime: HubLifetimeManager;
  readonly groups: GroupManager;
  abort(): void;
}

export class ConnectionCall implements HubCall<object> {
  readonly #connection: CallConnection;
  readonly #invocation: Invocation;
  #clients: CallerClients<object> | undefined;

  constructor(connection: CallConnection, invocation: Invocation) {
    this.#connection = connection;
    this.#invocation = invocation;
  }

  get clients(): HubCallerClients<object> {
    this.#clients ??= new CallerClients(this.#connection.lifetime, this.#connection.connectionId, () => {
      if (!this.#invocation.mayInvokeClients) {
        throw new HubServerError(
          'invoke-not-allowed',
          'Client results inside OnConnectedAsync Hub methods are not allowed.',
        );
      }
      this.#invocation.giveUpSlot();
    });
    return this.#clients;
  }

  get signal(): AbortSignal {
    // Only what has an id can be canceled by itself.
    if (this.#invocation.invocationId === undefined) return this.#connection.signal;
    return AbortSignal.any([this.#invocation.signal, this.#connection.signal]);
  }

  get groups(): GroupManager {
    return this.#connection.groups;
  }

  get presence(): HubPresence {
    return this.#connection.lifetime.presence;
  }

  get connectionId(): string {
    return this.#connection.connectionId;
  }

  get userIdentifier(): string | undefined {
    return this.#connection.userIdentifier;
  }

  get user(): HubUser | undefined {
    return this.#connection.user;
  }

  get items(): Map<unknown, unknown> {
    return this.#connection.items;
  }

  get request(): ConnectionRequest {
    return this.#connection.request;
  }

  abort(): void {
    this.#connection.abort();
  }
}
