// Values of hub messages in MessagePack, by the library that the official JavaScript client uses (decision 125). Here
// stands what it leaves open: which integers become bigints, and what JSON would do with a value MessagePack has no form for.
import {
  Decoder,
  decodeTimestampExtension,
  Encoder,
  ExtData,
  type ExtensionCodecType,
  encodeTimestampExtension,
} from '@msgpack/msgpack';
import { HubServerError } from '../errors.ts';
import { maximumDepth, scanMessagePack } from './messagepack-scan.ts';

const timestampType = -1;
/** An encoder whose buffer has grown beyond this is not kept. */
const largestKeptBytes = 262_144;
const limits = {
  int64: { least: -(2n ** 63n), most: 2n ** 64n - 1n },
  int32: { least: -(2 ** 31), most: 2 ** 32 - 1 },
};

class NeedsPlainCopy extends Error {}

const extensionCodec: ExtensionCodecType<undefined> = {
  tryToEncode(value: unknown): ExtData | null {
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return null;
    if (value instanceof Date && !Number.isNaN(value.getTime())) {
      return new ExtData(timestampType, encodeTimestampExtension(value)!);
    }
    if (value instanceof ExtData) return value;
    if (
      typeof value !== 'object' ||
      value instanceof ArrayBuffer ||
      typeof (value as HasToJson).toJSON === 'function'
    ) {
      throw new NeedsPlainCopy();
    }
    return null;
  },
  decode: (data: Uint8Array, type: number): unknown =>
    type === timestampType ? decodeTimestampExtension(data) : new ExtData(type, data),
};

interface HasToJson {
  readonly toJSON?: (key: string) => unknown;
}

/** Levels of a message around its arguments do not count against those of a value. */
const common = { extensionCodec, ignoreUndefined: true, maxDepth: maximumDepth + 2 };

export class MessagePackValues {
  #encoder = new Encoder(common);
  readonly #decoder = new Decoder({ extensionCodec });
  readonly #int64Decoder = new Decoder({ extensionCodec, useBigInt64: true, mapKeyConverter: toMapKey });

  /**
   * Integers as the shortest form that holds them, a bigint too; Date as timestamp; bytes as bin; properties that are
   * undefined are left out. Everything else as JSON has it. The result is good until the next call.
   */
  encode(value: unknown): Uint8Array {
    try {
      return this.#encode(this.#encoder, value);
    } catch (error) {
      if (!(error instanceof NeedsPlainCopy)) throw error;
      return new Encoder({ ...common, useBigInt64: true }).encodeSharedRef(plainCopy(value, '', 0));
    }
  }

  #encode(encoder: Encoder<undefined>, value: unknown): Uint8Array {
    const bytes = encoder.encodeSharedRef(value);
    if (bytes.buffer.byteLength > largestKeptBytes) this.#encoder = new Encoder(common);
    return bytes;
  }

  /** One value inside `depth` others. A 64-bit integer is a number where that is exact, else a bigint. Throws `invalid-message`. */
  decode(bytes: Uint8Array, depth = 0): unknown {
    const { hasInt64, hasBytes } = scanMessagePack(bytes, depth);
    // What an application keeps must not hold a whole network buffer.
    const own = hasBytes ? new Uint8Array(bytes) : bytes;
    try {
      return hasInt64 ? exactNumbers(this.#int64Decoder.decode(own)) : this.#decoder.decode(own);
    } catch (cause) {
      throw new HubServerError('invalid-message', 'Error reading MessagePack.', { cause });
    }
  }
}

function toMapKey(key: unknown): string | number {
  if (typeof key === 'string' || typeof key === 'number') return key;
  if (typeof key === 'bigint') return String(key);
  throw new TypeError(`A map key cannot be a ${typeof key}`);
}

/** In place; depth is bounded by the scan. */
function exactNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = exactNumbers(item);
  } else if (isPlain(value)) {
    for (const key of Object.keys(value)) value[key] = exactNumbers(value[key]);
  }
  return value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The same value with what the library cannot write replaced: as JSON.stringify would, but bytes and bigints kept. */
function plainCopy(value: unknown, key: string, depth: number): unknown {
  if (depth > common.maxDepth) throw new RangeError('The value is nested too deeply, or contains itself');
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) && !isInt32(value) ? BigInt(value) : value;
    case 'bigint':
      if (value < limits.int64.least || value > limits.int64.most) {
        throw new RangeError(`The bigint ${value} does not fit into 64 bits`);
      }
      return isInt32(Number(value)) ? Number(value) : value;
    case 'function':
    case 'symbol':
      return undefined;
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null || ArrayBuffer.isView(value) || value instanceof ExtData) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  const { toJSON } = value as HasToJson;
  if (typeof toJSON === 'function') return plainCopy(toJSON.call(value, key), key, depth + 1);
  if (Array.isArray(value)) return value.map((item, index) => plainCopy(item, String(index), depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plainCopy(item, name, depth + 1)]));
}

/** A signed or unsigned integer of 32 bits. */
function isInt32(value: number): boolean {
  return value >= limits.int32.least && value <= limits.int32.most;
}
