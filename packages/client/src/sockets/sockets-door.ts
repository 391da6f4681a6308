// What an app needs for its own sockets: what the broker has of them, and the door that descriptors go through. Apps use
// `transferOwnership` and `SocketActivityInformation`, which stand on it.
import { LonghaulError, type OwnSocketRecord } from '@longhaul/agent-protocol';
import type { AgentConnection } from '../connection/connection.ts';
import type { SocketDoor } from './socket-door.ts';

export class SocketsDoor {
  readonly #connection: AgentConnection;
  readonly #openDoor: (() => SocketDoor) | undefined;

  /** `openDoor` gives the door, the same each time; without it this connection speaks for no app. */
  constructor(connection: AgentConnection, openDoor: (() => SocketDoor) | undefined) {
    this.#connection = connection;
    this.#openDoor = openDoor;
  }

  /** The app's own, with their contexts. @throws LonghaulError `access-denied` without an app */
  listOwn(): Promise<OwnSocketRecord[]> {
    return this.#connection.call('listOwnSockets');
  }

  /** Where descriptors go through. @throws LonghaulError `access-denied` without an app, `not-supported-here` */
  get door(): SocketDoor {
    if (this.#openDoor !== undefined) return this.#openDoor();
    throw new LonghaulError('access-denied', 'sockets belong to an app: connect with connectAgent({ app })');
  }
}
