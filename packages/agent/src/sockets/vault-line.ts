// The channel to one vault: hello and welcome, requests with their answers, and the time in which an answer must come. What is
// asked and what the answers mean is the link's to know.
import { setTimeout as delay } from 'node:timers/promises';
import { LonghaulError } from '@longhaul/agent-protocol';
import {
  encode,
  type Holding,
  parseToAgentOfVault,
  type ToAgentOfVault,
  type ToVault,
  type VaultAddress,
  type VaultResult,
} from '../keeper/vault-wire.ts';
import { Channel } from '../platform/kernel/channel.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { Neighbour } from '../platform/kernel/neighbour.ts';
import { connectTo, peerCredentials } from '../platform/kernel/sockets.ts';
import { lives } from '../platform/process-facts.ts';

/** Between the looks whether a vault that has hung up is dead. Milliseconds. */
const deathPausesMs = [0, 10, 50, 200];

export interface VaultLineOptions {
  /** Of this agent: an older one is not listened to. */
  readonly generation: number;
  /** A request must be answered within this time; then the line is given up. */
  readonly deadlineMs: number;
}

/** Called while a message is taken, in order. */
export interface VaultLineListener {
  /** Once. The descriptor of the vault's epoll is the listener's. */
  welcomed(welcome: Extract<ToAgentOfVault, { type: 'welcome' }>, epoll: Descriptor): void;
  /** What the vault holds, in parts. */
  held(message: Extract<ToAgentOfVault, { type: 'holdings' }>): void;
  /** Before the request's promise is kept. */
  answered(results: readonly VaultResult[]): void;
  /** Once, unless disposed: `vault-silent` or `vault-lost`. */
  ended(error: LonghaulError): void;
}

export interface Answer {
  readonly results: readonly VaultResult[];
  readonly descriptors: readonly Descriptor[];
}

export class VaultLine implements Disposable {
  readonly #address: VaultAddress;
  readonly #listener: VaultLineListener;
  readonly #deadlineMs: number;
  readonly #channel: Channel;
  /** The vault's process, where its descriptors can be duplicated. */
  readonly #neighbour: Neighbour | undefined;
  readonly #pending = new Map<number, PromiseWithResolvers<Answer>>();
  #requests = 0;
  #isWelcome = false;
  #deadline: NodeJS.Timeout | undefined;
  #end: LonghaulError | undefined;

  /** Says hello. @throws a system error: `EAGAIN` when too many wait at its door; no error is proof of its death */
  constructor(address: VaultAddress, { generation, deadlineMs }: VaultLineOptions, listener: VaultLineListener) {
    this.#address = address;
    this.#listener = listener;
    this.#deadlineMs = deadlineMs;
    using unfinished = new DisposableStack();
    const socket = unfinished.use(connectTo(address.path));
    this.#neighbour = unfinished.use(Neighbour.open(peerCredentials(socket.number).pid));
    this.#channel = new Channel(socket, {
      received: (bytes, descriptors) => this.#received(bytes, descriptors),
      ended: cause => void this.#broken(cause),
    });
    unfinished.move();
    this.tell({ type: 'hello', key: address.key, generation });
    this.#expect();
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** Needs no answer. */
  tell(message: Extract<ToVault, { type: 'hello' | 'arm' | 'lent' }>): void {
    this.#channel.send(encode(message));
  }

  /** A duplicate without asking. `undefined` where that cannot be, or what is there is something else. */
  duplicate({ descriptor, cookie }: Holding): Descriptor | undefined {
    return this.#channel.isOpen ? this.#neighbour?.duplicate(descriptor, cookie) : undefined;
  }

  /** The descriptors stay the caller's. @throws LonghaulError `vault-silent`, `vault-lost` */
  ask(make: (request: number) => ToVault, descriptors: readonly Descriptor[] = []): Promise<Answer> {
    if (!this.#channel.isOpen) return Promise.reject(this.#end ?? this.#silent('has hung up'));
    this.#requests += 1;
    const asked = Promise.withResolvers<Answer>();
    this.#pending.set(this.#requests, asked);
    this.#channel.send(encode(make(this.#requests)), descriptors);
    this.#expect();
    return asked.promise;
  }

  /** What was expected has come: whatever else is asked has its time from now on. */
  heard(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    if (this.#pending.size > 0) this.#expect();
  }

  #received(bytes: Buffer, descriptors: readonly Descriptor[]): void {
    if (this.#take(parseToAgentOfVault(bytes), descriptors)) return;
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  }

  /** Whether the descriptors have found an owner. */
  #take(message: ToAgentOfVault | undefined, descriptors: readonly Descriptor[]): boolean {
    switch (message?.type) {
      case 'welcome': {
        const [epoll] = descriptors;
        if (epoll === undefined || this.#isWelcome) return false;
        this.#isWelcome = true;
        this.#listener.welcomed(message, epoll);
        return true;
      }
      case 'holdings':
        this.#listener.held(message);
        return false;
      case 'done': {
        const asked = this.#pending.get(message.request);
        this.#pending.delete(message.request);
        this.heard();
        this.#listener.answered(message.results);
        asked?.resolve({ results: message.results, descriptors });
        return asked !== undefined;
      }
      default:
        return false;
    }
  }

  /** Something is asked: the vault answers in time. */
  #expect(): void {
    this.#deadline ??= setTimeout(() => {
      this.#channel[Symbol.dispose]();
      this.#ended(this.#silent(`has not answered for ${this.#deadlineMs} ms`));
    }, this.#deadlineMs);
  }

  /** Channels break for other reasons than a death, and a process that dies hangs up a moment before it is gone. */
  async #broken(cause: unknown): Promise<void> {
    clearTimeout(this.#deadline);
    for (const pauseMs of deathPausesMs) {
      await delay(pauseMs);
      if (this.#end !== undefined) return;
      if (!lives(this.#address)) return this.#ended(this.#lost());
    }
    this.#ended(this.#silent('has hung up, or cannot be understood', cause));
  }

  #ended(error: LonghaulError): void {
    this.#release(error);
    this.#listener.ended(error);
  }

  #release(error: LonghaulError): void {
    this.#end = error;
    this.#neighbour?.[Symbol.dispose]();
    clearTimeout(this.#deadline);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #lost(): LonghaulError {
    return new LonghaulError('vault-lost', `vault ${this.#address.number} has ended`);
  }

  #silent(what: string, cause?: unknown): LonghaulError {
    return new LonghaulError('vault-silent', `vault ${this.#address.number} ${what}`, { cause });
  }

  /** Ends the line, not the vault. */
  [Symbol.dispose](): void {
    if (this.#end !== undefined) return;
    this.#channel[Symbol.dispose]();
    this.#release(this.#silent('is not listened to any more'));
  }
}
