// All vaults of this agent as one: where a socket is parked, and where there is room for another. What happens in any of them
// is told to one listener.
import { setTimeout as delay } from 'node:timers/promises';
import { LonghaulError } from '@longhaul/agent-protocol';
import type { Holding, LeasedId, VaultAddress } from '../keeper/vault-wire.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { lives } from '../platform/process-facts.ts';
import { type Doubles, doublesIn, doublesOf } from './doubles.ts';
import { refusalError } from './refusal-error.ts';
import { type SortedIds, sortIds } from './sorted-ids.ts';
import { type Lent, VaultLink, type VaultListener } from './vault-link.ts';

export interface VaultsOptions {
  /** Counts the agents of a keeper: what an older one says is not heard any more. */
  readonly generation: number;
  /** Those that earlier agents opened. */
  readonly vaults: readonly VaultAddress[];
  /** One more. @throws LonghaulError `quota-exceeded` */
  readonly openVault: () => Promise<VaultAddress>;
  readonly listener: VaultsListener;
  /** A vault must answer within this time. Milliseconds. */
  readonly deadlineMs: number;
  /** How long those of earlier agents are waited for at first. Milliseconds. */
  readonly patienceMs: number;
}

export interface VaultsListener extends Pick<VaultListener, 'activity' | 'lost'> {
  /** A vault that was silent answers. These it holds, or did before: what was asked of it may have happened or not. */
  rejoined(ids: readonly string[]): void;
  /** All vaults of earlier agents have answered by now, or are dead: what none of them holds is lost. */
  complete(): void;
}

/** The first pause before a vault that could not be joined is dialled again; doubles up to the deadline. Milliseconds. */
const firstPauseMs = 50;

export class Vaults implements Disposable {
  readonly #options: VaultsOptions;
  readonly #links = new Set<VaultLink>();
  /** Those that do not answer now; what they hold stays theirs. */
  readonly #silent = new Set<VaultLink>();
  /** Of earlier agents, and silent since this one began: nobody knows what they hold. */
  readonly #unmet = new Set<VaultAddress>();
  /** Of those that are on their way into one. */
  readonly #parking = new Map<string, VaultLink>();
  #opening: Promise<VaultLink> | undefined;
  #dropping: Promise<void> = Promise.resolve();
  #hasBegun = false;
  #isDisposed = false;

  private constructor(options: VaultsOptions) {
    this.#options = options;
  }

  /**
   * With everything that earlier agents parked, deaf until armed. A vault that died in between is left out; one that does not
   * answer in time is waited for, and told as `rejoined` when it does.
   */
  static async open(options: VaultsOptions): Promise<Vaults> {
    const vaults = new Vaults(options);
    await Promise.all(options.vaults.map(address => vaults.#meet(address)));
    vaults.#hasBegun = true;
    return vaults;
  }

  /** Every vault of earlier agents has answered, or is dead: what is not here is lost. */
  get isComplete(): boolean {
    return this.#unmet.size === 0;
  }

  /** Whether nobody can say now what has become of a socket that was parked. */
  isSilent(id: string): boolean {
    const areAllOpen = this.#silent.size === 0 && this.isComplete && [...this.#links].every(({ isOpen }) => isOpen);
    if (areAllOpen) return false;
    const link = this.#linkWith(id);
    return link === undefined ? !this.isComplete : !link.isOpen;
  }

  /** By id. */
  get(id: string): Holding | undefined {
    return this.#linkWith(id)?.holdings.get(id);
  }

  /** Where these are, each looked up once: thousands when an agent starts. */
  sort(ids: readonly string[]): SortedIds {
    return sortIds(ids, id => this.#linkWith(id));
  }

  get size(): number {
    return [...this.#links].reduce((sum, link) => sum + link.holdings.size, 0);
  }

  *holdings(): Iterable<Holding> {
    for (const link of this.#links) yield* link.holdings;
  }

  /**
   * Resolves when the vault holds it: from then on it survives this process. The descriptor is taken in any case. Again with
   * the same id and another descriptor of the same socket: the same answer.
   *
   * @throws LonghaulError `already-exists` for another socket under that id, `invalid-argument` for what is no socket,
   * `quota-exceeded`, `vault-lost`, `vault-silent`
   */
  async park(id: string, descriptor: Descriptor): Promise<Holding> {
    // Two vaults never hold the same id: who has it is asked again.
    let link = this.#parking.get(id) ?? this.#linkWith(id) ?? this.#linkWithRoom();
    try {
      while (link === undefined) {
        this.#opening ??= this.#open();
        await this.#opening;
        link = this.#parking.get(id) ?? this.#linkWith(id) ?? this.#linkWithRoom();
      }
    } catch (error) {
      descriptor[Symbol.dispose]();
      throw error;
    }
    this.#parking.set(id, link);
    try {
      const result = await link.park(id, descriptor);
      if ('slot' in result) return result;
      throw refusalError(id, result.refused);
    } finally {
      this.#parking.delete(id);
    }
  }

  /** Those that nobody has. */
  arm(ids: readonly string[]): void {
    this.armSorted(this.sort(ids));
  }

  armSorted({ atHome }: SortedIds): void {
    for (const [link, slots] of atHome) link.arm(slots);
  }

  /** A duplicate under a new lease; every earlier lease has ended. @throws LonghaulError `not-found`, `vault-lost` */
  async lend(id: string): Promise<Lent> {
    const lent = await this.#linkOf(id).lend(id);
    if (lent === undefined) throw refusalError(id, 'not-held');
    return lent;
  }

  /** As `lend` where nothing has to be waited for; nothing has happened until `lent`. `undefined` where it has. */
  take(id: string): Lent | undefined {
    return this.#linkWith(id)?.take(id);
  }

  /** What was taken is given away right after this. */
  lent(holding: Holding): void {
    this.#linkWith(holding.id)?.lent(holding);
  }

  /** @throws LonghaulError `illegal-state` when it was handed out again since, `not-found`, `vault-lost` */
  async return(leased: LeasedId): Promise<Holding> {
    const result = await this.#linkOf(leased.id).return(leased);
    if ('slot' in result) return result;
    throw refusalError(leased.id, result.refused);
  }

  /** Ends the connection, whoever has a duplicate. @throws as `return` */
  async close(leased: LeasedId): Promise<void> {
    const result = await this.#linkOf(leased.id).close(leased);
    if (!('slot' in result)) throw refusalError(leased.id, result.refused);
  }

  /** `return` under the lease it has now, whatever it is; one that is not lent, or not held, stays so. */
  async giveBack(id: string): Promise<void> {
    const held = this.get(id);
    if (held?.isLent) await this.return({ id, lease: held.lease });
  }

  /** `close` under the lease it has now, whatever it is; one that is not held is no error. */
  async end(id: string): Promise<void> {
    const held = this.get(id);
    if (held !== undefined) await this.close({ id, lease: held.lease });
  }

  /** Forgets it: whoever else has a duplicate keeps the connection. One that is not held is no error. */
  async drop(id: string): Promise<void> {
    await this.#linkWith(id)?.drop(id);
  }

  /** Of what several of them hold one copy stays. Asked for before anything is lent: which one it is nobody else knows. */
  dropDoubles(): Promise<void> {
    return this.#dropInTurn(() => doublesIn(this.#links));
  }

  /** There are few vaults and many sockets: looking into each costs less than a third place where an id is kept. */
  #linkWith(id: string): VaultLink | undefined {
    for (const link of this.#links) if (link.holdings.has(id)) return link;
    for (const link of this.#silent) if (link.holdings.has(id)) return link;
    return undefined;
  }

  #linkOf(id: string): VaultLink {
    const link = this.#linkWith(id);
    if (link !== undefined) return link;
    if (this.isComplete) throw new LonghaulError('not-found', `no socket ${id} is parked`);
    throw new LonghaulError('vault-silent', `a vault that may hold the socket ${id} does not answer`);
  }

  #linkWithRoom(): VaultLink | undefined {
    return [...this.#links].find(link => link.isOpen && link.room > 0);
  }

  async #open(): Promise<VaultLink> {
    try {
      return await this.#join(await this.#options.openVault());
    } finally {
      this.#opening = undefined;
    }
  }

  async #join(address: VaultAddress, before?: VaultLink): Promise<VaultLink> {
    const { generation, deadlineMs, listener } = this.#options;
    let joined: VaultLink | undefined;
    const link = await VaultLink.open(
      address,
      { generation, deadlineMs },
      {
        activity: happened => listener.activity(happened),
        lost: ids => {
          if (joined === undefined) return;
          this.#links.delete(joined);
          listener.lost(ids);
        },
        silent: () => {
          if (joined === undefined) return;
          this.#links.delete(joined);
          this.#silent.add(joined);
          void this.#waitFor(address, joined);
        },
      },
    );
    if (this.#isDisposed || !link.isOpen) {
      link[Symbol.dispose]();
      throw new LonghaulError('vault-silent', `vault ${address.number} has hung up`);
    }
    if (before !== undefined) link.catchUp(before.holdings); // before anybody asks for one
    joined = link;
    this.#links.add(link);
    return link;
  }

  async #meet(address: VaultAddress): Promise<void> {
    const { deadlineMs, patienceMs } = this.#options;
    this.#unmet.add(address);
    const tooLate = new AbortController();
    const patience = delay(Math.min(deadlineMs, patienceMs), undefined, { signal: tooLate.signal });
    await Promise.race([this.#waitFor(address), patience]);
    tooLate.abort();
    await patience.catch(() => {});
  }

  /** Until it answers, what is asked of it is refused with `vault-silent`; or it is dead after all. */
  async #waitFor(address: VaultAddress, silent?: VaultLink): Promise<void> {
    const { listener, deadlineMs } = this.#options;
    const before = idsOf(silent?.holdings ?? []);
    let link: VaultLink | undefined;
    for (let pauseMs = firstPauseMs; link === undefined && !this.#isDisposed && lives(address); pauseMs *= 2) {
      const startedAt = performance.now();
      // Whatever goes wrong: only the end of its process is proof that it holds nothing any more.
      link = await this.#join(address, silent).catch(() => undefined);
      const restMs = Math.min(pauseMs, deadlineMs) - (performance.now() - startedAt);
      if (link === undefined && restMs > 0) await delay(restMs, undefined, { ref: false });
    }
    if (this.#isDisposed) return;
    if (link !== undefined && this.#hasBegun) await this.#dropInTurn(() => doublesOf(link, this.#links));
    if (silent !== undefined) this.#silent.delete(silent);
    const wasUnmet = this.#unmet.delete(address);
    if (link !== undefined) listener.rejoined([...new Set([...before, ...idsOf(link.holdings)])]);
    else if (before.length > 0) listener.lost(before);
    if (wasUnmet && this.isComplete) listener.complete();
  }

  /** While it did not answer the same may have been parked elsewhere: its app had heard of no answer and asked again. */
  /** One after the other: no copy goes because of another that is going. A vault that is silent again is asked when it rejoins. */
  #dropInTurn(find: () => Doubles<VaultLink>): Promise<void> {
    this.#dropping = this.#dropping.then(async () => {
      await Promise.allSettled(find().map(([link, id]) => link.drop(id)));
    });
    return this.#dropping;
  }

  /** Ends the links, not the vaults. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const link of this.#links) link[Symbol.dispose]();
    this.#links.clear();
    this.#silent.clear();
    this.#unmet.clear();
  }
}

const idsOf = (holdings: Iterable<Holding>): string[] => Array.from(holdings, ({ id }) => id);
