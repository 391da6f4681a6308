// A transfers room in a folder of its own, for tests: opened, closed, opened again; waits for conditions, never for time.
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedCreateDownloadRequest, TransferRecord } from '@longhaul/agent-protocol';
import { migrations } from '../../src/migrations.ts';
import type { Scope } from '../../src/scope.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { openTransfers, type TransferFact, type Transfers, type TransfersOptions } from '../../src/transfers/door.ts';
import type { TransferLimits } from '../../src/transfers/options.ts';

export const owner: Scope = { role: 'owner' };
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Time-outs and waits short enough for a test, long enough for a busy machine. */
export const testLimits: Partial<TransferLimits> = {
  connectTimeoutMs: 600,
  responseTimeoutMs: 600,
  stallTimeoutMs: 600,
  retryDelaysMs: [10, 20, 30],
  checkpointMs: 50,
  factIntervalMs: 20,
  connectivityPollMs: 20,
};

export type RoomOptions = Partial<Omit<TransfersOptions, 'store' | 'publish'>>;

interface Waiter {
  readonly id: string;
  readonly isMet: (record: TransferRecord) => boolean;
  readonly resolve: (record: TransferRecord) => void;
  readonly reject: (reason: Error) => void;
}

/** A record like this changes no more by itself. */
const isOver = ({ status }: TransferRecord) => status === 'completed' || status === 'canceled' || status === 'error';

export class Room implements AsyncDisposable {
  readonly folder: string;
  readonly facts: TransferFact[] = [];
  readonly log: { readonly level: string; readonly facts: object; readonly message: string }[] = [];
  readonly #options: RoomOptions;
  readonly #waiters = new Set<Waiter>();
  #store: Store | undefined;
  #transfers: Transfers | undefined;

  constructor(options: RoomOptions, folder: string) {
    this.#options = options;
    this.folder = folder;
  }

  static async open(options: RoomOptions = {}): Promise<Room> {
    const room = new Room(options, mkdtempSync(join(tmpdir(), 'longhaul-room-')));
    await room.reopen();
    return room;
  }

  /** For an origin that says nothing until the test goes on. */
  static openPatient(options: RoomOptions = {}): Promise<Room> {
    return Room.open({ ...options, limits: { stallTimeoutMs: 60_000, ...options.limits } });
  }

  get transfers(): Transfers {
    return this.#transfers!;
  }

  get store(): Store {
    return this.#store!;
  }

  async reopen(): Promise<void> {
    await this.close();
    const write = (level: string) => (facts: object, message: string) => void this.log.push({ level, facts, message });
    this.#store = openStore(join(this.folder, 'state'), migrations);
    this.#transfers = await openTransfers({
      store: this.#store,
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      publish: fact => this.#take(fact),
      ...this.#options,
      limits: { ...testLimits, ...this.#options.limits },
    });
  }

  async close(): Promise<void> {
    await this.#transfers?.[Symbol.asyncDispose]();
    this.#transfers = undefined;
    this.#store?.[Symbol.dispose]();
    this.#store = undefined;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  /** What the target folder holds, the store's folder left out. */
  get names(): string[] {
    return readdirSync(this.folder)
      .filter(name => name !== 'state')
      .sort();
  }

  request(url: string, more: Partial<ParsedCreateDownloadRequest> = {}): ParsedCreateDownloadRequest {
    const file = this.path('file.bin');
    const id = randomUUID();
    return {
      id,
      url,
      file,
      collision: 'fail',
      headers: [],
      maxBytesPerSecond: null,
      checksum: null,
      start: true,
      ...more,
    };
  }

  create(url: string, more: Partial<ParsedCreateDownloadRequest> = {}): Promise<TransferRecord> {
    return this.transfers.create('longhaul', this.request(url, more));
  }

  get(id: string): TransferRecord {
    return this.transfers.get(owner, id);
  }

  /** Resolves with the first record, present or to come, that meets the condition; rejects once none can. */
  when(id: string, isMet: (record: TransferRecord) => boolean): Promise<TransferRecord> {
    const { promise, resolve, reject } = Promise.withResolvers<TransferRecord>();
    this.#waiters.add({ id, isMet, resolve, reject });
    this.#check(this.get(id));
    return promise;
  }

  /** Creates, starts, resolves with its id once `bytes` are here. */
  async underWay(url: string, bytes: number, more: Partial<ParsedCreateDownloadRequest> = {}): Promise<string> {
    const { id } = await this.create(url, more);
    await this.when(id, ({ bytesReceived }) => bytesReceived >= bytes);
    return id;
  }

  /** Resolves when nothing but a person can go on with it. */
  ended(id: string): Promise<TransferRecord> {
    return this.when(id, ({ status }) => status !== 'idle' && status !== 'running');
  }

  /** Creates, starts, waits for the end. */
  async download(url: string, more: Partial<ParsedCreateDownloadRequest> = {}): Promise<TransferRecord> {
    return this.ended((await this.create(url, more)).id);
  }

  #take(fact: TransferFact): void {
    this.facts.push(fact);
    if (fact.type === 'changed') this.#check(fact.record);
  }

  #check(record: TransferRecord): void {
    for (const waiter of this.#waiters) {
      if (waiter.id !== record.id) continue;
      const isMet = waiter.isMet(record);
      if (!isMet && !isOver(record)) continue;
      this.#waiters.delete(waiter);
      if (isMet) waiter.resolve(record);
      else waiter.reject(new Error(`It was not met before the end: ${waiter.isMet}\n${JSON.stringify(record)}`));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
