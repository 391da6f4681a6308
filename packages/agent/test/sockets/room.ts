// The sockets room in this process, with real vault processes, real connections and a tasks room that only takes notes: the
// test decides when a run gets its socket and how it ends.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  FromSocketDoor,
  LonghaulError,
  maxDoorMessageBytes,
  type RunStatus,
  type SocketReason,
  type ToSocketDoor,
} from '@longhaul/agent-protocol';
import { waitFor } from '@longhaul/testing';
import * as v from 'valibot';
import { migrations } from '../../src/migrations.ts';
import { Channel } from '../../src/platform/kernel/channel.ts';
import type { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { connectTo } from '../../src/platform/kernel/sockets.ts';
import type { Scope } from '../../src/scope.ts';
import { openSockets, type SocketFact, type Sockets, type SocketsOptions } from '../../src/sockets/door.ts';
import type { WarmPlace } from '../../src/sockets/room.ts';
import { openStore } from '../../src/store/store.ts';
import { openKeeper } from './parking.ts';

export const owner: Scope = { role: 'owner' };
/** A registered task of the app `a`, whose grant is `token-a`; of `b` alike. */
export const taskId = randomUUID();
export const apps: Record<string, string> = { 'token-a': 'a', 'token-b': 'b' };

export interface FakeRun {
  readonly id: string;
  readonly app: string;
  readonly taskId: string;
  readonly reason: SocketReason;
  readonly socketId: string;
}

/** Records what is triggered; `next` waits for it. */
export class FakeTasks {
  readonly runs: FakeRun[] = [];
  readonly registered = new Set<string>([taskId]);
  readonly statuses = new Map<string, RunStatus>();
  failure: LonghaulError | undefined;
  #taken = 0;

  isRegistered(_app: string, id: string): boolean {
    return this.registered.has(id);
  }

  trigger(wanted: Omit<FakeRun, 'id'>): string {
    if (this.failure !== undefined) throw this.failure;
    if (!this.registered.has(wanted.taskId)) throw new LonghaulError('not-found', 'no such task');
    const run = { id: randomUUID(), ...wanted };
    this.runs.push(run);
    this.statuses.set(run.id, 'queued');
    return run.id;
  }

  /** Of an app whose host is warm. Without: nobody is, and every run is triggered. */
  warmHost: WarmPlace | undefined;

  warmPlace(): WarmPlace | undefined {
    return this.warmHost;
  }

  statusOf(id: string): RunStatus | undefined {
    return this.statuses.get(id);
  }

  get waiting(): number {
    return this.runs.length - this.#taken;
  }

  async next(): Promise<FakeRun> {
    await waitFor('a run', () => this.waiting > 0);
    const run = this.runs[this.#taken]!;
    this.#taken += 1;
    return run;
  }
}

/** One keeper with one store, and as many agents, one after the other, as the test opens. */
export class Scene {
  readonly tasks = new FakeTasks();
  readonly facts: SocketFact[] = [];
  readonly keeper: ReturnType<typeof openKeeper>;
  readonly folder = mkdtempSync(join(tmpdir(), 'lh-sockets-'));
  readonly path = join(this.folder, 'door');
  readonly #t: TestContext;
  readonly #options: Partial<SocketsOptions>;
  #generation = 0;
  #close: (() => Promise<void>) | undefined;

  constructor(
    t: TestContext,
    options: Partial<SocketsOptions> = {},
    keeperLimits: Parameters<typeof openKeeper>[1] = {},
  ) {
    this.#t = t;
    this.#options = options;
    this.keeper = openKeeper(t, keeperLimits);
    t.after(async () => {
      await this.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** The agent ends; the vaults live on. */
  async close(): Promise<void> {
    await this.#close?.();
    this.#close = undefined;
  }

  async open(options: Partial<SocketsOptions> = {}): Promise<Sockets> {
    await this.close();
    this.#generation += 1;
    const store = openStore(this.folder, migrations);
    const log = {
      info: () => {},
      warn: (facts: object, message: string) => this.#t.diagnostic(`${message} ${JSON.stringify(facts)}`),
      error: (facts: object, message: string) =>
        this.#t.diagnostic(`${message} ${String((facts as { err?: unknown }).err)}`),
    };
    const sockets = await openSockets({
      store,
      log,
      generation: this.#generation,
      vaults: this.keeper.processes.addresses,
      openVault: () => this.keeper.processes.open(),
      path: this.path,
      appOf: token => apps[token],
      tasks: this.tasks,
      publish: fact => void this.facts.push(fact),
      ...this.#options,
      ...options,
    });
    this.#close = async () => {
      await sockets[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    };
    return sockets;
  }

  /** An app at the door. */
  guest(token = 'token-a'): Promise<Guest> {
    return Guest.open(this.#t, this.path, token);
  }
}

export interface Heard {
  readonly message: FromSocketDoor;
  readonly descriptors: readonly Descriptor[];
}

export interface Answered {
  readonly message: Exclude<FromSocketDoor, { readonly type: 'welcome' }>;
  readonly descriptors: readonly Descriptor[];
}

/** An app's end of a channel to the door: speaks the wire, and says what it should not when the test wants so. */
export class Guest {
  readonly #heard: Heard[] = [];
  readonly #asked = new Map<number, PromiseWithResolvers<Answered>>();
  readonly #channel: Channel;
  readonly ended = Promise.withResolvers<void>();
  #requests = 0;
  #hasEnded = false;

  private constructor(path: string) {
    this.#channel = new Channel(
      connectTo(path),
      {
        received: (bytes, descriptors) => {
          const message = v.parse(FromSocketDoor, JSON.parse(bytes.toString()));
          const asked = message.type === 'welcome' ? undefined : this.#asked.get(message.request);
          if (message.type === 'welcome' || asked === undefined) this.#heard.push({ message, descriptors });
          else {
            this.#asked.delete(message.request);
            asked.resolve({ message, descriptors });
          }
        },
        ended: () => {
          this.#hasEnded = true;
          this.ended.resolve();
          for (const { reject } of this.#asked.values()) reject(new Error('the channel has ended'));
        },
      },
      { maxMessageBytes: maxDoorMessageBytes },
    );
  }

  static connect(t: TestContext, path: string): Guest {
    const guest = new Guest(path);
    t.after(() => guest.hangUp());
    return guest;
  }

  static async open(t: TestContext, path: string, token: string): Promise<Guest> {
    const guest = Guest.connect(t, path);
    guest.sayRaw({ type: 'hello', token });
    const { message } = await guest.next();
    if (message.type !== 'welcome') throw Object.assign(new Error(JSON.stringify(message)), message);
    return guest;
  }

  sayRaw(message: object | string | Buffer, descriptors: readonly Descriptor[] = []): void {
    const bytes =
      typeof message === 'string' || Buffer.isBuffer(message)
        ? Buffer.from(message)
        : Buffer.from(JSON.stringify(message));
    this.#channel.send(bytes, descriptors);
  }

  async next(): Promise<Heard> {
    await waitFor('an answer, or the end', () => this.#heard.length > 0 || this.#hasEnded);
    const heard = this.#heard.shift();
    if (heard === undefined) throw new Error('the channel has ended');
    return heard;
  }

  /** Resolves with the answer to this request. The descriptors stay the caller's. */
  async ask(
    request: DistributiveOmit<Exclude<ToSocketDoor, { type: 'hello' }>, 'request'>,
    descriptors: readonly Descriptor[] = [],
  ): Promise<Answered> {
    this.#requests += 1;
    const number = this.#requests;
    const asked = Promise.withResolvers<Answered>();
    this.#asked.set(number, asked);
    this.sayRaw({ ...request, request: number }, descriptors);
    return await asked.promise;
  }

  /** `done`, or the code of the refusal. */
  async tell(...asked: Parameters<Guest['ask']>): Promise<string> {
    const { message } = await this.ask(...asked);
    return message.type === 'refused' ? message.code : message.type;
  }

  /** Hands over; gives the key. */
  async transfer(app: Descriptor, more: Partial<Extract<ToSocketDoor, { type: 'transfer' }>> = {}): Promise<string> {
    const request = transferOf(more);
    const answer = await this.tell(request, [app]);
    if (answer !== 'done') throw Object.assign(new Error(answer), { code: answer });
    return request.key;
  }

  hangUp(): void {
    this.#channel[Symbol.dispose]();
    for (const { descriptors } of this.#heard) for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Transfer = Extract<ToSocketDoor, { type: 'transfer' }>;

export const transferOf = (more: Partial<Transfer> = {}): Omit<Transfer, 'request'> => ({
  type: 'transfer',
  key: randomUUID(),
  socketId: 'main',
  taskId,
  kind: 'stream-socket',
  wake: 'do-not-wake',
  context: null,
  leftover: null,
  keepAliveMs: null,
  ...more,
});

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
