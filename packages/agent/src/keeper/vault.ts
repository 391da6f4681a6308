// What a vault holds: parked sockets by id, each with its descriptor, its place in the epoll and its lease. One owner of all
// of it; synchronous; knows neither channels nor processes.
import { statSync } from 'node:fs';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { Epoll } from '../platform/kernel/epoll.ts';
import { cookieOf, shutDown } from '../platform/kernel/sockets.ts';
import { Holdings, leaseAfter, maxPlaces, placeOf } from './holdings.ts';
import type { Holding, LeasedId, VaultResult } from './vault-wire.ts';

export class Vault implements Disposable {
  readonly epoll = new Epoll();
  readonly #capacity: number;
  readonly #holdings = new Holdings();
  /** By place. */
  readonly #descriptors: (Descriptor | undefined)[] = [];
  /** Places that were left. */
  readonly #free: number[] = [];
  #turn = 0;

  constructor(capacity: number) {
    this.#capacity = Math.min(capacity, maxPlaces);
  }

  get size(): number {
    return this.#holdings.size;
  }

  get holdings(): Pick<Holdings, 'size' | 'pack'> {
    return this.#holdings;
  }

  /**
   * Takes the descriptor, deaf until armed. With an id that is held already the descriptor must be the same socket, and the
   * one held before stays: who did not hear the answer asks again.
   */
  park(id: string, descriptor: Descriptor): VaultResult {
    const held = this.#holdings.get(id);
    if (held !== undefined) {
      const isSame = inodeOf(this.#descriptorOf(held)) === inodeOf(descriptor);
      descriptor[Symbol.dispose]();
      return isSame ? held : { id, refused: 'other-socket' };
    }
    const place = this.#free.at(-1) ?? this.#descriptors.length;
    this.#turn = (this.#turn % 0xffff) + 1;
    const slot = this.#turn * 0x10000 + place;
    const refused = this.size >= this.#capacity ? 'full' : this.#watch(descriptor, slot);
    if (refused !== undefined) {
      descriptor[Symbol.dispose]();
      return { id, refused };
    }
    this.#free.pop();
    this.#descriptors[place] = descriptor;
    return this.#put({
      id,
      slot,
      lease: 0,
      isLent: false,
      descriptor: descriptor.number,
      cookie: cookieOf(descriptor),
    });
  }

  /** Those that are unknown or lent stay deaf. */
  arm(slots: readonly number[]): void {
    for (const slot of slots) {
      if (this.#holdings.isAtHome(slot)) this.epoll.arm(this.#descriptors[placeOf(slot)]!, slot);
    }
  }

  /** Under a new lease, which ends every earlier one. The descriptor stays the vault's: pass a duplicate. */
  lend(id: string): { readonly result: VaultResult; readonly descriptor?: Descriptor } {
    const held = this.#holdings.get(id);
    if (held === undefined) return { result: { id, refused: 'not-held' } };
    const descriptor = this.#descriptorOf(held);
    this.epoll.disarm(descriptor, held.slot);
    return { result: this.#put({ ...held, lease: leaseAfter(held.lease), isLent: true }), descriptor };
  }

  /** Somebody has taken a duplicate under the lease that comes next: what else is said of this slot is old. */
  lent(slot: number, lease: number): void {
    const held = this.#holdings.withSlot(slot);
    if (held === undefined || lease !== leaseAfter(held.lease)) return;
    this.epoll.disarm(this.#descriptorOf(held), slot);
    this.#put({ ...held, lease, isLent: true });
  }

  return({ id, lease }: LeasedId): VaultResult {
    const held = this.#holdings.get(id);
    if (held === undefined) return { id, refused: 'not-held' };
    if (!held.isLent || held.lease !== lease) return { id, refused: 'stale-lease' };
    return this.#put({ ...held, isLent: false });
  }

  /** Lease 0 is that of a socket that was never handed out. */
  close({ id, lease }: LeasedId): VaultResult {
    const held = this.#holdings.get(id);
    if (held === undefined) return { id, refused: 'not-held' };
    if (held.lease !== lease) return { id, refused: 'stale-lease' };
    this.#forget(held, shutDown);
    return held;
  }

  /** Whoever else has it keeps the connection. */
  drop(id: string): VaultResult {
    const held = this.#holdings.get(id);
    if (held === undefined) return { id, refused: 'not-held' };
    this.#forget(held, () => {});
    return held;
  }

  #put(holding: Holding): Holding {
    this.#holdings.set(holding);
    return holding;
  }

  #descriptorOf({ slot }: Holding): Descriptor {
    return this.#descriptors[placeOf(slot)]!;
  }

  #watch(descriptor: Descriptor, slot: number): 'not-watchable' | 'full' | undefined {
    if (!isSocket(descriptor)) return 'not-watchable';
    try {
      this.epoll.add(descriptor, slot);
      return undefined;
    } catch {
      return 'full'; // the kernel has no memory, or no watches of this user, for one more
    }
  }

  #forget(held: Holding, end: (descriptor: Descriptor) => void): void {
    const descriptor = this.#descriptorOf(held);
    this.#holdings.delete(held.id);
    this.#descriptors[placeOf(held.slot)] = undefined;
    this.#free.push(placeOf(held.slot));
    try {
      this.epoll.remove(descriptor);
      end(descriptor);
    } finally {
      descriptor[Symbol.dispose]();
    }
  }

  /** Closes what it holds without ending connections that somebody else holds too. */
  [Symbol.dispose](): void {
    this.epoll[Symbol.dispose]();
    for (const descriptor of this.#descriptors.splice(0)) descriptor?.[Symbol.dispose]();
  }
}

/** Of the open file: duplicates share it, and no two sockets have the same. */
const inodeOf = (descriptor: Descriptor): bigint =>
  statSync(`/proc/self/fd/${descriptor.number}`, { bigint: true }).ino;
const isSocket = (descriptor: Descriptor): boolean => statSync(`/proc/self/fd/${descriptor.number}`).isSocket();
