// What an HTTP endpoint and a connection know of each other: who connects, by which request; what a later request may do with
// a connection that runs; who is told when nothing is left of it.
import type { HubRequest } from './endpoint-options.ts';
import type { HubUser } from './hub.ts';
import type { Transport } from './transports/transport.ts';

/** Who connects, and by which request. */
export interface ConnectionIdentity {
  readonly connectionId: string;
  readonly user: HubUser | undefined;
  readonly userIdentifier: string | undefined;
  readonly request: HubRequest;
  /** When the credentials expire, in milliseconds of Date.now(); the connection is closed then. */
  readonly authenticationExpiresAt?: number | undefined;
  /** What opens it, where that lives as long as the connection. */
  readonly connectionToken?: string | undefined;
  /** Stateful reconnect was negotiated (§9): milliseconds the client has to come back when its transport is cut. */
  readonly resumeWithinMs?: number | undefined;
}

/** What an HTTP endpoint may do with a connection that runs. */
export interface ServedConnection {
  readonly user: HubUser | undefined;
  readonly userIdentifier: string | undefined;
  /** It may go on over another transport (§9). */
  readonly isResumable: boolean;
  resume(transport: Transport): boolean;
  /** Who it is was said again, by a later request or by a refresh. */
  authenticated(user: HubUser | undefined, expiresAt: number | undefined): void;
}

/** Told instead of promised: a promise for each end would be held by every idle connection. */
export interface ConnectionOwner<Connection> {
  connectionGone(connection: Connection): void;
}
