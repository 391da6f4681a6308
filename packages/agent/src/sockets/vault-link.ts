// The agent's end of the channel to one vault: requests go out in batches, answers come back in order, and the vault's epoll
// tells which of its sockets have something to read.
import { LonghaulError } from '@longhaul/agent-protocol';
import {
  encode,
  type Holding,
  type LeasedId,
  parseToAgentOfVault,
  type ToAgentOfVault,
  type ToVault,
  type VaultAddress,
  type VaultResult,
} from '../keeper/vault-wire.ts';
import { Channel } from '../platform/kernel/channel.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { maxDescriptors } from '../platform/kernel/envelope.ts';
import { Epoll } from '../platform/kernel/epoll.ts';
import { Readiness } from '../platform/kernel/readiness.ts';
import { connectTo } from '../platform/kernel/sockets.ts';
import { Batches } from './batches.ts';

/** What happened to a parked socket. It is deaf from then on, until armed again. */
export interface SocketActivity {
  readonly id: string;
  /** There are bytes, a datagram, a connection, or the end of the stream. */
  readonly isReadable: boolean;
  /** The peer sends nothing more; what it sent before is still to be read. */
  readonly hasEnded: boolean;
}

export interface VaultLinkOptions {
  /** Of this agent: an older one is not listened to. */
  readonly generation: number;
  /** A request must be answered within this time; then the link is given up, and the vault with everything it holds is unsure. */
  readonly deadlineMs: number;
}

export interface VaultListener {
  activity(happened: readonly SocketActivity[]): void;
  /** The vault is dead, and with it every connection that it held. Once, and not after `silent`. */
  lost(ids: readonly string[]): void;
  /** It does not answer: what was asked of it may have happened or not. Once. */
  silent?(): void;
}

export interface Lent {
  readonly holding: Holding;
  /** A duplicate; the vault keeps one. */
  readonly descriptor: Descriptor;
}

interface Pending {
  readonly resolve: (answer: { results: readonly VaultResult[]; descriptors: readonly Descriptor[] }) => void;
  readonly reject: (error: Error) => void;
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
  readonly #deadlineMs: number;
  readonly #channel: Channel;
  readonly #opened = Promise.withResolvers<void>();
  readonly #holdings = new Map<string, Holding>();
  readonly #idBySlot = new Map<number, string>();
  readonly #pending = new Map<number, Pending>();
  readonly #parking = new Batches<Parking, VaultResult>(maxDescriptors, batch => this.#park(batch));
  readonly #lending = new Batches<string, Lent | undefined>(maxDescriptors, ids => this.#lend(ids));
  readonly #returning = new Batches<LeasedId, VaultResult>(idsPerMessage, async returned => {
    return (await this.#ask(request => ({ type: 'return', request, returned }))).results;
  });
  readonly #closing = new Batches<LeasedId, VaultResult>(idsPerMessage, closed =>
    this.#forgetting(request => ({ type: 'close', request, closed })),
  );
  readonly #dropping = new Batches<string, VaultResult>(idsPerMessage, ids =>
    this.#forgetting(request => ({ type: 'drop', request, ids })),
  );
  #arming: number[] = [];
  #requests = 0;
  #expected = Number.POSITIVE_INFINITY;
  #capacity = 0;
  #onTheWay = 0;
  #epoll: Epoll | undefined;
  #readiness: Readiness | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #end: Error | undefined;

  private constructor(address: VaultAddress, { generation, deadlineMs }: VaultLinkOptions, listener: VaultListener) {
    this.address = address;
    this.#listener = listener;
    this.#deadlineMs = deadlineMs;
    this.#channel = new Channel(connectTo(address.path), {
      received: (bytes, descriptors) => this.#received(bytes, descriptors),
      ended: error => this.#ended(error),
    });
    this.#say({ type: 'hello', key: address.key, generation });
    this.#expect();
  }

  /**
   * Connected, with everything known that it holds.
   *
   * @throws LonghaulError `vault-silent` when it does not answer in time, `vault-lost` when it is dead or does not want this
   * agent
   */
  static async open(address: VaultAddress, options: VaultLinkOptions, listener: VaultListener): Promise<VaultLink> {
    const link = new VaultLink(address, options, listener);
    await link.#opened.promise;
    link.#heard();
    return link;
  }

  /** What it holds, as far as answered. */
  get holdings(): ReadonlyMap<string, Holding> {
    return this.#holdings;
  }

  /** Sockets it can still take, those on their way not counted. */
  get room(): number {
    return this.#capacity - this.#holdings.size - this.#onTheWay;
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** The descriptor is the link's from now on. */
  park(id: string, descriptor: Descriptor): Promise<VaultResult> {
    this.#onTheWay += 1;
    return this.#parking.add({ id, descriptor }).finally(() => {
      this.#onTheWay -= 1;
    });
  }

  /** Tell once of each, at once when there is something already. Those of one turn of the loop travel together. */
  arm(ids: Iterable<string>): void {
    const isPlanned = this.#arming.length > 0;
    for (const id of ids) {
      const holding = this.#holdings.get(id);
      if (holding !== undefined) this.#arming.push(holding.slot);
    }
    if (!isPlanned) setImmediate(() => this.#arm());
  }

  /** A duplicate under a new lease; every lease before it has ended. `undefined` when it is not held. */
  lend(id: string): Promise<Lent | undefined> {
    return this.#lending.add(id);
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
    const answered = this.#ask(request => ({ type: 'park', request, ids }), descriptors);
    for (const descriptor of descriptors) descriptor[Symbol.dispose](); // sent, or duplicated by the channel
    return (await answered).results;
  }

  async #lend(ids: readonly string[]): Promise<(Lent | undefined)[]> {
    const { results, descriptors } = await this.#ask(request => ({ type: 'lend', request, ids }));
    let next = 0;
    return results.map(holding => {
      if (!('slot' in holding)) return undefined;
      const descriptor = descriptors[next];
      next += 1;
      return descriptor === undefined ? undefined : { holding, descriptor };
    });
  }

  async #forgetting(make: (request: number) => ToVault): Promise<readonly VaultResult[]> {
    const { results } = await this.#ask(make);
    for (const result of results) if ('slot' in result) this.#forget(result);
    return results;
  }

  #arm(): void {
    const arming = this.#arming;
    this.#arming = [];
    for (let at = 0; at < arming.length; at += slotsPerMessage) {
      this.#say({ type: 'arm', slots: arming.slice(at, at + slotsPerMessage) });
    }
  }

  #ask(
    make: (request: number) => ToVault,
    descriptors: readonly Descriptor[] = [],
  ): Promise<{ results: readonly VaultResult[]; descriptors: readonly Descriptor[] }> {
    if (!this.#channel.isOpen) return Promise.reject(this.#end ?? this.#lostError());
    this.#requests += 1;
    const request = this.#requests;
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
      this.#say(make(request), descriptors);
      this.#expect();
    });
  }

  #say(message: ToVault, descriptors: readonly Descriptor[] = []): void {
    this.#channel.send(encode(message), descriptors);
  }

  #received(bytes: Buffer, descriptors: readonly Descriptor[]): void {
    if (!this.#take(parseToAgentOfVault(bytes), descriptors)) {
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    }
    if (this.#holdings.size >= this.#expected) this.#opened.resolve();
  }

  /** Whether the descriptors have found an owner. */
  #take(message: ToAgentOfVault | undefined, descriptors: readonly Descriptor[]): boolean {
    switch (message?.type) {
      case 'welcome': {
        const [descriptor] = descriptors;
        if (descriptor === undefined || this.#epoll !== undefined) return false;
        this.#capacity = message.capacity;
        this.#expected = message.count;
        this.#epoll = new Epoll(descriptor);
        this.#readiness = new Readiness(descriptor, () => this.#happened());
        return true;
      }
      case 'holdings':
        for (const holding of message.holdings) this.#remember(holding);
        return false;
      case 'done': {
        const pending = this.#pending.get(message.request);
        this.#pending.delete(message.request);
        this.#heard();
        for (const result of message.results) if ('slot' in result) this.#remember(result);
        pending?.resolve({ results: message.results, descriptors });
        return pending !== undefined;
      }
      default:
        return false;
    }
  }

  #happened(): void {
    const ready = this.#epoll?.take() ?? [];
    const happened: SocketActivity[] = [];
    for (const { slot, isReadable, hasEnded } of ready) {
      const id = this.#idBySlot.get(slot);
      const isLent = id === undefined || this.#holdings.get(id)?.isLent;
      if (id !== undefined && !isLent) happened.push({ id, isReadable, hasEnded });
    }
    if (happened.length > 0) this.#listener.activity(happened);
  }

  #remember(holding: Holding): void {
    this.#holdings.set(holding.id, holding);
    this.#idBySlot.set(holding.slot, holding.id);
  }

  #forget({ id, slot }: Holding): void {
    this.#holdings.delete(id);
    this.#idBySlot.delete(slot);
  }

  /** Something is asked: the vault answers in time. */
  #expect(): void {
    this.#deadline ??= setTimeout(() => this.#silent(), this.#deadlineMs);
  }

  /** It has answered: whatever else is asked has its time from now on. */
  #heard(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    if (this.#pending.size > 0) this.#expect();
  }

  #silent(): void {
    const { number } = this.address;
    const error = new LonghaulError('vault-silent', `vault ${number} has not answered for ${this.#deadlineMs} ms`);
    this.#opened.reject(error);
    const wasOpen = this.#epoll !== undefined;
    this.#channel[Symbol.dispose]();
    this.#release(error);
    if (wasOpen) this.#listener.silent?.();
  }

  #ended(cause: unknown): void {
    const error = this.#lostError(cause);
    this.#opened.reject(error);
    const wasOpen = this.#epoll !== undefined;
    this.#release(error);
    if (wasOpen) this.#listener.lost([...this.#holdings.keys()]);
  }

  #lostError(cause?: unknown): LonghaulError {
    return new LonghaulError('vault-lost', `vault ${this.address.number} has ended`, { cause });
  }

  #release(error: Error): void {
    this.#end = error;
    clearTimeout(this.#deadline);
    this.#readiness?.[Symbol.dispose]();
    this.#epoll?.[Symbol.dispose]();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  /** Ends the link, not the vault. */
  [Symbol.dispose](): void {
    if (!this.#channel.isOpen) return;
    this.#channel[Symbol.dispose]();
    this.#release(this.#lostError());
  }
}
