// Negotiated connections, by their secret token (§2, §3): waiting to be opened, or open. Decides only; time is an
// argument. One token opens one connection, once.
import type { TransportName } from '../options.ts';

export interface DirectoryEntry<User> {
  readonly connectionId: string;
  readonly connectionToken: string;
  /** Whom the negotiate was authorized for. */
  readonly user: User | undefined;
  /** `undefined` until a transport is attached; it cannot be changed afterwards. */
  readonly transport: TransportName | undefined;
}

interface Slot<User> extends DirectoryEntry<User> {
  transport: TransportName | undefined;
  readonly disposeAt: number;
}

export class ConnectionDirectory<User> {
  readonly #slots = new Map<string, Slot<User>>();
  readonly #createId: () => string;
  #pending = 0;

  /** `createId` gives 22 unpredictable characters. */
  constructor(createId: () => string) {
    this.#createId = createId;
  }

  /** Negotiated and not opened yet. */
  get pendingCount(): number {
    return this.#pending;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Version 0 knows one id only: it is the token too. */
  negotiate(version: number, user: User | undefined, disposeAt: number): DirectoryEntry<User> {
    const connectionToken = this.#createId();
    const connectionId = version > 0 ? this.#createId() : connectionToken;
    const slot: Slot<User> = { connectionId, connectionToken, user, transport: undefined, disposeAt };
    this.#slots.set(connectionToken, slot);
    this.#pending += 1;
    return slot;
  }

  /** `skipNegotiation`: a new connection, opened at once. Its token opens nothing else. */
  open(user: User | undefined, transport: TransportName): DirectoryEntry<User> {
    const entry = this.negotiate(0, user, Number.POSITIVE_INFINITY);
    this.attach(entry.connectionToken, transport);
    return entry;
  }

  find(connectionToken: string): DirectoryEntry<User> | undefined {
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

  /** Forgets what nobody has opened in time. */
  disposeOverdue(now: number): void {
    if (this.#pending === 0) return;
    for (const slot of this.#slots.values()) {
      if (slot.transport === undefined && slot.disposeAt <= now) this.remove(slot.connectionToken);
    }
  }
}
