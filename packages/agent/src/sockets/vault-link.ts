// The agent's end of one vault: what it holds, requests to it in batches, and its epoll, which tells which of its sockets have
// something to read.
import type { LonghaulError } from '@longhaul/agent-protocol';
import { Holdings, leaseAfter } from '../keeper/holdings.ts';
import type { Holding, LeasedId, ToVault, VaultAddress, VaultResult } from '../keeper/vault-wire.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { maxDescriptors } from '../platform/kernel/envelope.ts';
import { Epoll } from '../platform/kernel/epoll.ts';
import { Readiness } from '../platform/kernel/readiness.ts';
import { Batches } from './batches.ts';
import { VaultLine, type VaultLineOptions } from './vault-line.ts';

/** What happened to a parked socket. It is deaf from then on, until armed again. */
export interface SocketActivity {
  readonly id: string;
  /** There are bytes, a datagram, a connection, or the end of the stream. */
  readonly isReadable: boolean;
  /** The peer sends nothing more; what it sent before is still to be read. */
  readonly hasEnded: boolean;
}

export interface VaultListener {
  activity(happened: readonly SocketActivity[]): void;
  /** The vault is dead, and with it every connection that it held. Once, and not after `silent`. */
  lost(ids: readonly string[]): void;
  /** It does not answer, or its channel has broken: what was asked of it may have happened or not. Once. */
  silent(): void;
}

export interface Lent {
  readonly holding: Holding;
  /** A duplicate; the vault keeps one. */
  readonly descriptor: Descriptor;
}

interface Parking {
  readonly id: string;
  readonly descriptor: Descriptor;
}

/** Ids of one message without descriptors: far below its 64 KiB. */
const idsPerMessage = 256;
/** Slots of one message: each has at most 10 digits and a comma. */
const slotsPerMessage = 4_096;

export class VaultLink implements Disposable {
  readonly address: VaultAddress;
  readonly #listener: VaultListener;
  readonly #line: VaultLine;
  readonly #opened = Promise.withResolvers<void>();
  readonly #holdings = new Holdings();
  readonly #parking = new Batches<Parking, VaultResult>(maxDescriptors, batch => this.#park(batch));
  readonly #lending = new Batches<string, Lent | undefined>(maxDescriptors, ids => this.#lend(ids));
  readonly #returning = new Batches<LeasedId, VaultResult>(idsPerMessage, async returned => {
    return (await this.#line.ask(request => ({ type: 'return', request, returned }))).results;
  });
  readonly #closing = new Batches<LeasedId, VaultResult>(idsPerMessage, closed =>
    this.#forgetting(request => ({ type: 'close', request, closed })),
  );
  readonly #dropping = new Batches<string, VaultResult>(idsPerMessage, ids =>
    this.#forgetting(request => ({ type: 'drop', request, ids })),
  );
  #arming: number[] = [];
  #expected = Number.POSITIVE_INFINITY;
  #capacity = 0;
  #onTheWay = 0;
  #isOpened = false;
  #epoll: Epoll | undefined;
  #readiness: Readiness | undefined;

  private constructor(address: VaultAddress, options: VaultLineOptions, listener: VaultListener) {
    this.address = address;
    this.#listener = listener;
    this.#line = new VaultLine(address, options, {
      welcomed: ({ capacity, count }, epoll) => {
        this.#capacity = capacity;
        this.#expected = count;
        this.#epoll = new Epoll(epoll);
        this.#readiness = new Readiness(epoll, () => this.#happened());
        this.#openWhenComplete();
      },
      held: ({ packed }) => {
        this.#holdings.unpack(packed);
        this.#openWhenComplete();
      },
      answered: results => {
        for (const result of results) if ('slot' in result) this.#holdings.set(result);
      },
      ended: error => this.#ended(error),
    });
  }

  /**
   * Connected, with everything known that it holds.
   *
   * @throws LonghaulError `vault-silent` when it does not answer in time or does not want this agent, `vault-lost` when it is
   * dead; a system error when it cannot be dialled
   */
  static async open(address: VaultAddress, options: VaultLineOptions, listener: VaultListener): Promise<VaultLink> {
    const link = new VaultLink(address, options, listener);
    await link.#opened.promise;
    link.#isOpened = true;
    link.#line.heard();
    return link;
  }

  /** What it holds, as far as answered. */
  get holdings(): Pick<Holdings, 'size' | 'has' | 'get' | 'slotOf' | 'isAtHome' | typeof Symbol.iterator> {
    return this.#holdings;
  }

  /** Sockets it can still take, those on their way not counted. */
  get room(): number {
    return this.#capacity - this.#holdings.size - this.#onTheWay;
  }

  get isOpen(): boolean {
    return this.#line.isOpen;
  }

  /** The descriptor is the link's from now on. */
  park(id: string, descriptor: Descriptor): Promise<VaultResult> {
    this.#onTheWay += 1;
    return this.#parking.add({ id, descriptor }).finally(() => {
      this.#onTheWay -= 1;
    });
  }

  /** Tell once of each, at once when there is something already. Those of one turn of the loop travel together. */
  arm(slots: readonly number[]): void {
    const isPlanned = this.#arming.length > 0;
    for (const slot of slots) this.#arming.push(slot);
    if (this.#arming.length >= slotsPerMessage) this.#arm();
    else if (!isPlanned) setImmediate(() => this.#arm());
  }

  /** A duplicate under a new lease; every lease before it has ended. `undefined` when it is not held. */
  lend(id: string): Promise<Lent | undefined> {
    return this.#lending.add(id);
  }

  /** As `lend`, but without asking; nothing has happened until `lent` is told. `undefined` where the vault must be asked. */
  take(id: string): Lent | undefined {
    const held = this.#holdings.get(id);
    const descriptor = held === undefined ? undefined : this.#line.duplicate(held);
    if (held === undefined || descriptor === undefined) return undefined;
    return { holding: { ...held, lease: leaseAfter(held.lease), isLent: true }, descriptor };
  }

  /** What was taken is about to be given away: told without waiting, and before that, so that the vault knows whatever happens to us. */
  lent(holding: Holding): void {
    this.#holdings.set(holding);
    this.#line.tell({ type: 'lent', slot: holding.slot, lease: holding.lease });
  }

  /**
   * What the link before this one has told of as lent, and the vault has never heard: told again. Else the lease would be given
   * twice.
   */
  catchUp(earlier: Iterable<Holding>): void {
    for (const holding of earlier) {
      const held = this.#holdings.get(holding.id);
      const isAhead = held?.slot === holding.slot && holding.isLent && holding.lease === leaseAfter(held.lease);
      if (isAhead) this.lent(holding);
    }
  }

  /** Given back under its lease; deaf until armed. */
  return(leased: LeasedId): Promise<VaultResult> {
    return this.#returning.add(leased);
  }

  /** Ends the connection, whoever has a duplicate. */
  close(leased: LeasedId): Promise<VaultResult> {
    return this.#closing.add(leased);
  }

  /** Forgets it: whoever else has a duplicate keeps the connection. */
  drop(id: string): Promise<VaultResult> {
    return this.#dropping.add(id);
  }

  async #park(batch: readonly Parking[]): Promise<readonly VaultResult[]> {
    const ids = batch.map(({ id }) => id);
    const descriptors = batch.map(({ descriptor }) => descriptor);
    const answered = this.#line.ask(request => ({ type: 'park', request, ids }), descriptors);
    for (const descriptor of descriptors) descriptor[Symbol.dispose](); // sent, or duplicated by the channel
    return (await answered).results;
  }

  async #lend(ids: readonly string[]): Promise<(Lent | undefined)[]> {
    const { results, descriptors } = await this.#line.ask(request => ({ type: 'lend', request, ids }));
    let next = 0;
    return results.map(holding => {
      if (!('slot' in holding)) return undefined;
      const descriptor = descriptors[next];
      next += 1;
      return descriptor === undefined ? undefined : { holding, descriptor };
    });
  }

  async #forgetting(make: (request: number) => ToVault): Promise<readonly VaultResult[]> {
    const { results } = await this.#line.ask(make);
    for (const result of results) if ('slot' in result) this.#holdings.delete(result.id);
    return results;
  }

  #arm(): void {
    const arming = this.#arming;
    this.#arming = [];
    for (let at = 0; at < arming.length; at += slotsPerMessage) {
      this.#line.tell({ type: 'arm', slots: arming.slice(at, at + slotsPerMessage) });
    }
  }

  #openWhenComplete(): void {
    if (this.#holdings.size >= this.#expected) this.#opened.resolve();
  }

  #happened(): void {
    const ready = this.#epoll?.take() ?? [];
    const happened: SocketActivity[] = [];
    for (const { slot, isReadable, hasEnded } of ready) {
      const holding = this.#holdings.withSlot(slot);
      if (holding !== undefined && !holding.isLent) happened.push({ id: holding.id, isReadable, hasEnded });
    }
    if (happened.length > 0) this.#listener.activity(happened);
  }

  #ended(error: LonghaulError): void {
    this.#opened.reject(error);
    this.#release();
    if (!this.#isOpened) return;
    if (error.code === 'vault-silent') this.#listener.silent();
    else this.#listener.lost(Array.from(this.#holdings, ({ id }) => id));
  }

  #release(): void {
    this.#readiness?.[Symbol.dispose]();
    this.#epoll?.[Symbol.dispose]();
  }

  /** Ends the link, not the vault. */
  [Symbol.dispose](): void {
    this.#line[Symbol.dispose]();
    this.#release();
  }
}
