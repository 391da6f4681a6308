// What an agent and a vault say to each other: one JSON text in each message of a channel (platform/kernel/channel.ts), with
// the descriptors it is about. Only what is held comes as records (holdings.ts): the start of an agent waits for all of it. Ids
// are the transfer ids of hand-overs; a slot names a parked socket in the vault's epoll and is not used again before 65,535 others.

import { isHoldingId, type PackedHoldings } from './holdings.ts';

/** A vault as its keeper announces it to the agent. */
export interface VaultAddress {
  readonly number: number;
  readonly path: string;
  /** 64 hexadecimal digits: who shows them is an agent of this keeper. */
  readonly key: string;
  /** With `born` (process-facts.ts) its process: that it has ended is the only proof that it holds nothing any more. */
  readonly pid: number;
  readonly born: string;
}

/** A parked socket in a vault. */
export interface Holding {
  readonly id: string;
  readonly slot: number;
  /** Counts how often it was handed out: only who has the last lease may hand it back or close it. */
  readonly lease: number;
  /** Somebody has it now. */
  readonly isLent: boolean;
  /** The vault's own descriptor of it, and the socket's name, by which a duplicate of that is known (decision 180). */
  readonly descriptor: number;
  readonly cookie: number;
}

export interface LeasedId {
  readonly id: string;
  readonly lease: number;
}

export type ToVault =
  /** First on every channel. `generation` counts the agents of a keeper: an older one is not listened to any more. */
  | { readonly type: 'hello'; readonly key: string; readonly generation: number }
  /** With one descriptor for each id. Again with the same id and the same socket: nothing changes. */
  | { readonly type: 'park'; readonly request: number; readonly ids: readonly string[] }
  /** Tell of each once, when there is something to read. Only those that are not lent. */
  | { readonly type: 'arm'; readonly slots: readonly number[] }
  /** Duplicates, please: with the answer, one for each that is held, in order. */
  | { readonly type: 'lend'; readonly request: number; readonly ids: readonly string[] }
  /** The agent has taken a duplicate itself, and is about to give it away under the lease that comes next. */
  | { readonly type: 'lent'; readonly slot: number; readonly lease: number }
  /** Whoever had it has given it back. */
  | { readonly type: 'return'; readonly request: number; readonly returned: readonly LeasedId[] }
  /** End the connection, whoever else has a duplicate, and forget it. */
  | { readonly type: 'close'; readonly request: number; readonly closed: readonly LeasedId[] }
  /** Forget it: whoever else has a duplicate keeps the connection. */
  | { readonly type: 'drop'; readonly request: number; readonly ids: readonly string[] };

export type ToAgentOfVault =
  /** With the descriptor of the epoll. */
  | { readonly type: 'welcome'; readonly capacity: number; readonly count: number }
  /** What is held, in several messages; together `count`. `packed` by Holdings. */
  | { readonly type: 'holdings'; readonly packed: PackedHoldings }
  /** Of each id, in order: what is held now. */
  | { readonly type: 'done'; readonly request: number; readonly results: readonly VaultResult[] };

export type VaultResult = Holding | { readonly id: string; readonly refused: VaultRefusal };

export type VaultRefusal =
  /** No room for another descriptor. */
  | 'full'
  /** This id is held already, and it is another socket. */
  | 'other-socket'
  /** Cannot be watched: no socket. */
  | 'not-watchable'
  | 'not-held'
  /** It was handed out again since, or is not lent. */
  | 'stale-lease';

const refusals = ['full', 'other-socket', 'not-watchable', 'not-held', 'stale-lease'] as const;

export function encode(message: ToVault | ToAgentOfVault): Buffer {
  if (message.type !== 'holdings') return Buffer.from(JSON.stringify(message));
  const { firstPlace, records } = message.packed;
  const head = Uint32Array.of(packedMark, firstPlace);
  return Buffer.concat([bytesOf(head), bytesOf(records)]);
}

/** No JSON text begins with it. */
const packedMark = 0;
const headWords = 2;

const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

function packedIn(bytes: Buffer): PackedHoldings | undefined {
  if (bytes.length % 4 !== 0 || bytes.length < headWords * 4 || bytes.readUInt32LE() !== packedMark) return undefined;
  const words = new Uint32Array(bytes.length / 4);
  new Uint8Array(words.buffer).set(bytes);
  return { firstPlace: words[1]!, records: words.subarray(headWords) };
}

/** A message of an agent; `undefined` for anything else. */
export function parseToVault(bytes: Buffer): ToVault | undefined {
  const value = parse(bytes);
  if (value === undefined) return undefined;
  const { type, key, generation, request, ids, slots, slot, lease } = value;
  if (type === 'hello') return typeof key === 'string' && isCount(generation) ? { type, key, generation } : undefined;
  if (type === 'arm') return isList(slots, isCount) ? { type, slots } : undefined;
  if (type === 'lent') return isCount(slot) && isCount(lease) ? { type, slot, lease } : undefined;
  if (!isCount(request)) return undefined;
  switch (type) {
    case 'park':
      return isList(ids, isId) ? { type, request, ids } : undefined;
    case 'lend':
    case 'drop':
      return isList(ids, isId) ? { type, request, ids } : undefined;
    case 'return':
      return isList(value.returned, isLeasedId) ? { type, request, returned: value.returned } : undefined;
    case 'close':
      return isList(value.closed, isLeasedId) ? { type, request, closed: value.closed } : undefined;
    default:
      return undefined;
  }
}

/** A message of a vault; `undefined` for anything else. */
export function parseToAgentOfVault(bytes: Buffer): ToAgentOfVault | undefined {
  const packed = packedIn(bytes);
  if (packed !== undefined) return { type: 'holdings', packed };
  const value = parse(bytes);
  if (value === undefined) return undefined;
  const { type, capacity, count, request, results } = value;
  switch (type) {
    case 'welcome':
      return isCount(capacity) && isCount(count) ? { type, capacity, count } : undefined;
    case 'done':
      return isCount(request) && isList(results, isResult) ? { type, request, results } : undefined;
    default:
      return undefined;
  }
}

function parse(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isId = (value: unknown): value is string => typeof value === 'string' && isHoldingId(value);
const isList = <T>(value: unknown, isEach: (each: unknown) => each is T): value is T[] =>
  Array.isArray(value) && value.every(isEach);
const isLeasedId = (value: unknown): value is LeasedId => isRecord(value) && isId(value.id) && isCount(value.lease);
const isHolding = (value: unknown): value is Holding =>
  isRecord(value) &&
  isLeasedId(value) &&
  isCount(value.slot) &&
  typeof value.isLent === 'boolean' &&
  isCount(value.descriptor) &&
  isCount(value.cookie);
const isResult = (value: unknown): value is VaultResult =>
  isHolding(value) || (isRecord(value) && isId(value.id) && refusals.some(refusal => refusal === value.refused));
