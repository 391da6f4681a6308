// What a vault holds: parked sockets by id, each with its descriptor, its place in the epoll and its lease. One owner of all
// of it; synchronous; knows neither channels nor processes.
import { statSync } from 'node:fs';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { Epoll } from '../platform/kernel/epoll.ts';
import { shutDown } from '../platform/kernel/sockets.ts';
import type { Holding, LeasedId, VaultResult } from './vault-wire.ts';

interface Parked {
  readonly id: string;
  readonly slot: number;
  readonly descriptor: Descriptor;
  lease: number;
  isLent: boolean;
}

export class Vault implements Disposable {
  readonly epoll = new Epoll();
  readonly #capacity: number;
  readonly #byId = new Map<string, Parked>();
  readonly #bySlot = new Map<number, Parked>();
  #nextSlot = 1;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#byId.size;
  }

  holdings(): Holding[] {
    return [...this.#byId.values()].map(holdingOf);
  }

  /**
   * Takes the descriptor, deaf until armed. With an id that is held already the descriptor must be the same socket, and the
   * one held before stays: who did not hear the answer asks again.
   */
  park(id: string, descriptor: Descriptor): VaultResult {
    const held = this.#byId.get(id);
    if (held !== undefined) {
      const isSame = inodeOf(held.descriptor) === inodeOf(descriptor);
      descriptor[Symbol.dispose]();
      return isSame ? holdingOf(held) : { id, refused: 'other-socket' };
    }
    const parked: Parked = { id, slot: this.#nextSlot, descriptor, lease: 0, isLent: false };
    const refused = this.#byId.size >= this.#capacity ? 'full' : this.#watch(parked);
    if (refused !== undefined) {
      descriptor[Symbol.dispose]();
      return { id, refused };
    }
    this.#nextSlot += 1;
    this.#byId.set(id, parked);
    this.#bySlot.set(parked.slot, parked);
    return holdingOf(parked);
  }

  /** Those that are unknown or lent stay deaf. */
  arm(slots: readonly number[]): void {
    for (const slot of slots) {
      const parked = this.#bySlot.get(slot);
      if (parked !== undefined && !parked.isLent) this.epoll.arm(parked.descriptor, slot);
    }
  }

  /** Under a new lease, which ends every earlier one. The descriptor stays the vault's: pass a duplicate. */
  lend(id: string): { readonly result: VaultResult; readonly descriptor?: Descriptor } {
    const parked = this.#byId.get(id);
    if (parked === undefined) return { result: { id, refused: 'not-held' } };
    parked.lease += 1;
    parked.isLent = true;
    this.epoll.disarm(parked.descriptor, parked.slot);
    return { result: holdingOf(parked), descriptor: parked.descriptor };
  }

  return({ id, lease }: LeasedId): VaultResult {
    const parked = this.#byId.get(id);
    if (parked === undefined) return { id, refused: 'not-held' };
    if (!parked.isLent || parked.lease !== lease) return { id, refused: 'stale-lease' };
    parked.isLent = false;
    return holdingOf(parked);
  }

  /** Lease 0 is that of a socket that was never handed out. */
  close({ id, lease }: LeasedId): VaultResult {
    const parked = this.#byId.get(id);
    if (parked === undefined) return { id, refused: 'not-held' };
    if (parked.lease !== lease) return { id, refused: 'stale-lease' };
    this.#forget(parked, shutDown);
    return holdingOf(parked);
  }

  /** Whoever else has it keeps the connection. */
  drop(id: string): VaultResult {
    const parked = this.#byId.get(id);
    if (parked === undefined) return { id, refused: 'not-held' };
    this.#forget(parked, () => {});
    return holdingOf(parked);
  }

  #watch({ descriptor, slot }: Parked): 'not-watchable' | 'full' | undefined {
    if (!isSocket(descriptor)) return 'not-watchable';
    try {
      this.epoll.add(descriptor, slot);
      return undefined;
    } catch {
      return 'full'; // the kernel has no memory, or no watches of this user, for one more
    }
  }

  #forget({ id, slot, descriptor }: Parked, end: (descriptor: Descriptor) => void): void {
    this.#byId.delete(id);
    this.#bySlot.delete(slot);
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
    for (const { descriptor } of this.#byId.values()) descriptor[Symbol.dispose]();
    this.#byId.clear();
    this.#bySlot.clear();
  }
}

const holdingOf = ({ id, slot, lease, isLent }: Parked): Holding => ({ id, slot, lease, isLent });
/** Of the open file: duplicates share it, and no two sockets have the same. */
const inodeOf = (descriptor: Descriptor): bigint =>
  statSync(`/proc/self/fd/${descriptor.number}`, { bigint: true }).ino;
const isSocket = (descriptor: Descriptor): boolean => statSync(`/proc/self/fd/${descriptor.number}`).isSocket();
