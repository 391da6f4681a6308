// Where connections wait between negotiate and the request that opens them (§2), and where their tokens are known as long as
// they live. Tokens of other servers with the same secret are taken for what their signature says (§11.1).
import type { Allowed, TransportName } from '../endpoint-options.ts';
import type { ClientChannel } from './client-channel.ts';
import { ConnectionDirectory, type DirectoryEntry, type NegotiatedConnection } from './connection-directory.ts';
import type { ConnectionTokens } from './connection-token.ts';

type Entry<User> = DirectoryEntry<User, ClientChannel>;

export interface LobbySettings {
  readonly tokens: ConnectionTokens;
  /** Other servers have the same secret: what they have negotiated may be opened here. */
  readonly isSecretShared: boolean;
}

export class Lobby<User extends object> {
  readonly #directory = new ConnectionDirectory<User, ClientChannel>();
  readonly #tokens: ConnectionTokens;
  readonly #isSecretShared: boolean;

  constructor({ tokens, isSecretShared }: LobbySettings) {
    this.#tokens = tokens;
    this.#isSecretShared = isSecretShared;
  }

  /** Negotiated and not opened yet. */
  get pendingCount(): number {
    return this.#directory.pendingCount;
  }

  find(connectionToken: string): Entry<User> | undefined {
    return this.#directory.find(connectionToken);
  }

  /** False when the token has opened a connection before. */
  attach({ connectionToken }: Entry<User>, transport: TransportName): boolean {
    return this.#directory.attach(connectionToken, transport);
  }

  negotiate(
    version: number,
    user: User | undefined,
    useStatefulReconnect: boolean,
    waitMs: number,
  ): NegotiatedConnection<User> {
    const id = this.#tokens.createId();
    const connectionToken = this.#tokens.issue(version, id, Date.now() + waitMs);
    // Version 0 knows one id only: it is the token too.
    const connectionId = version > 0 ? id : connectionToken;
    const negotiated = { connectionId, connectionToken, user, useStatefulReconnect };
    this.#directory.add(negotiated, performance.now() + waitMs);
    return negotiated;
  }

  /** Who still wants to send to what nobody has opened in time waits in vain. */
  disposeOverdue(now: number): void {
    for (const { channel } of this.#directory.disposeOverdue(now)) channel?.inbox.end();
  }

  create(user: User | undefined): Entry<User> {
    // `skipNegotiation`: the id is the token too; it was told to nobody and opens nothing.
    const connectionToken = this.#tokens.createId();
    const negotiated = { connectionId: connectionToken, connectionToken, user };
    return this.#directory.add(negotiated, Number.POSITIVE_INFINITY);
  }

  /** A connection that another server with our secret has negotiated. Who may open it says `authorize` alone. */
  adopt(token: string, { user }: Allowed<User>): Entry<User> | undefined {
    if (!this.#isSecretShared || this.#directory.isSpent(token)) return undefined;
    const content = this.#tokens.read(token, Date.now());
    if (content === undefined) return undefined;
    const negotiated = { connectionId: content.connectionId, connectionToken: token, user };
    return this.#directory.add(negotiated, performance.now() + content.expiresAt - Date.now());
  }

  forget({ connectionToken }: Entry<User>): void {
    this.#directory.remove(connectionToken);
    if (!this.#isSecretShared) return;
    const content = this.#tokens.read(connectionToken, Date.now());
    if (content !== undefined) {
      this.#directory.spend(connectionToken, performance.now() + content.expiresAt - Date.now());
    }
  }
}
