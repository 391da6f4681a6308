// Negotiated connections, by their secret token (§2, §3): waiting to be opened, or open. Decides only; time is an
// argument. One token opens one connection, once; which transport it has is settled by the first that opens it.
import type { TransportName } from '../endpoint-options.ts';
import type { ServedConnection } from '../served-connection.ts';

export interface DirectoryEntry<User, Channel = unknown> {
  readonly connectionId: string;
  readonly connectionToken: string;
  /** Whom the negotiate was authorized for. */
  readonly user: User | undefined;
  /** Both sides have agreed on stateful reconnect (§9). */
  readonly useStatefulReconnect: boolean;
  /** `undefined` until a transport is attached; it cannot be changed afterwards. */
  readonly transport: TransportName | undefined;
  /** What runs, once it was opened. */
  connection: ServedConnection | undefined;
  /** What the endpoint keeps of a client that POSTs. */
  channel: Channel | undefined;
}

interface Slot<User, Channel> extends DirectoryEntry<User, Channel> {
  transport: TransportName | undefined;
  readonly disposeAt: number;
}

export interface NegotiatedConnection<User> {
  readonly connectionId: string;
  readonly connectionToken: string;
  readonly user: User | undefined;
  readonly useStatefulReconnect?: boolean;
}

export class ConnectionDirectory<User, Channel = unknown> {
  readonly #slots = new Map<string, Slot<User, Channel>>();
  /** Tokens that have opened a connection which has ended, and that another server's signature would still vouch for. */
  readonly #spent = new Map<string, number>();
  #pending = 0;

  /** Negotiated and not opened yet. */
  get pendingCount(): number {
    return this.#pending;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Tokens that are remembered although their connection has ended. */
  get spentCount(): number {
    return this.#spent.size;
  }

  /** A connection that waits to be opened, until `disposeAt`. */
  add(negotiated: NegotiatedConnection<User>, disposeAt: number): DirectoryEntry<User, Channel> {
    const slot: Slot<User, Channel> = {
      connectionId: negotiated.connectionId,
      connectionToken: negotiated.connectionToken,
      user: negotiated.user,
      useStatefulReconnect: negotiated.useStatefulReconnect ?? false,
      transport: undefined,
      connection: undefined,
      channel: undefined,
      disposeAt,
    };
    this.#slots.set(slot.connectionToken, slot);
    this.#pending += 1;
    return slot;
  }

  find(connectionToken: string): DirectoryEntry<User, Channel> | undefined {
    return this.#slots.get(connectionToken);
  }

  /** False when the token is unknown or used. */
  attach(connectionToken: string, transport: TransportName): boolean {
    const slot = this.#slots.get(connectionToken);
    if (slot === undefined || slot.transport !== undefined) return false;
    slot.transport = transport;
    this.#pending -= 1;
    return true;
  }

  remove(connectionToken: string): void {
    const slot = this.#slots.get(connectionToken);
    if (slot === undefined) return;
    this.#slots.delete(connectionToken);
    if (slot.transport === undefined) this.#pending -= 1;
  }

  /** Never opens anything again, until it has expired anyway at `expiresAt`. */
  spend(connectionToken: string, expiresAt: number): void {
    this.#spent.set(connectionToken, expiresAt);
  }

  isSpent(connectionToken: string): boolean {
    return this.#spent.has(connectionToken);
  }

  /** Forgets what nobody has opened in time, and says what that was. */
  disposeOverdue(now: number): readonly DirectoryEntry<User, Channel>[] {
    for (const [token, expiresAt] of this.#spent) if (expiresAt <= now) this.#spent.delete(token);
    if (this.#pending === 0) return [];
    const overdue: DirectoryEntry<User, Channel>[] = [];
    for (const slot of this.#slots.values()) {
      if (slot.transport !== undefined || slot.disposeAt > now) continue;
      overdue.push(slot);
      this.remove(slot.connectionToken);
    }
    return overdue;
  }
}
