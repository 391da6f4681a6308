// What can be said of a MessagePack message whose payload (arguments, an item, a result) cannot be read: §8.2 and §8.6 let
// it fail that call or that stream, so its head is read by itself. Only what was refused as a whole comes here.
import { HubServerError } from '../errors.ts';
import { bindingMismatch, noArgumentArray, unreadableResult } from './error-text.ts';
import { Fields, invalid } from './messagepack-fields.ts';
import { scanValue } from './messagepack-scan.ts';
import type { MessagePackValues } from './messagepack-values.ts';
import type { HubMessage } from './messages.ts';

export const errorResult = 1;
export const voidResult = 2;
export const nonVoidResult = 3;

/** Which item is the payload, by the type of the message. */
const payloadAt: Readonly<Record<number, number>> = Object.freeze({ 1: 4, 2: 3, 3: 4, 4: 4 });

/** `undefined` where the payload is not to blame. */
export function readHead(values: MessagePackValues, frame: Uint8Array): HubMessage | undefined {
  const items = new Items(values, frame);
  try {
    const type = items.next();
    const payload = typeof type === 'number' ? payloadAt[type] : undefined;
    if (payload === undefined) return undefined;
    const head = [type];
    while (head.length < payload) head.push(items.next());
    const error = faultOf(items, type !== 2 && type !== 3);
    return error === undefined ? undefined : withoutPayload(new Fields(head), error);
  } catch (error) {
    if (error instanceof HubServerError) return undefined;
    throw error;
  }
}

/** What is wrong with the payload, which is next. */
function faultOf(items: Items, isArgumentArray: boolean): HubServerError | undefined {
  let value: unknown;
  try {
    value = items.next();
  } catch (cause) {
    const text = isArgumentArray && !items.isAtArray ? noArgumentArray : bindingMismatch;
    return new HubServerError('invalid-arguments', text, { cause });
  }
  if (!isArgumentArray || Array.isArray(value)) return undefined;
  return new HubServerError('invalid-arguments', noArgumentArray);
}

function withoutPayload(fields: Fields, bindingError: HubServerError): HubMessage | undefined {
  const headers = fields.headers();
  switch (fields.integer(0, 'type')) {
    case 1: {
      const invocationId = fields.optionalString(2, 'invocationId') || undefined;
      const target = fields.string(3, 'target');
      return { type: 'invocation', headers, invocationId, target, arguments: [], bindingError };
    }
    case 2: {
      const invocationId = fields.string(2, 'invocationId');
      return { type: 'stream-item', headers, invocationId, item: undefined, bindingError };
    }
    case 3: {
      const invocationId = fields.string(2, 'invocationId');
      if (fields.integer(3, 'resultKind') !== nonVoidResult) return undefined;
      return { type: 'completion', headers, invocationId, error: unreadableResult, hasResult: false };
    }
    default: {
      const invocationId = fields.string(2, 'invocationId');
      const target = fields.string(3, 'target');
      if (invocationId === '') return undefined;
      return { type: 'stream-invocation', headers, invocationId, target, arguments: [], bindingError };
    }
  }
}

/** The items of the array that a message is, one after the other, each decoded by itself. */
class Items {
  readonly #values: MessagePackValues;
  readonly #frame: Uint8Array;
  #left: number;
  #at: number;

  constructor(values: MessagePackValues, frame: Uint8Array) {
    this.#values = values;
    this.#frame = frame;
    const { count, size } = arrayHeader(frame, 0) ?? { count: 0, size: 0 };
    // As many as are declared must have room, each a byte at least.
    this.#left = count <= frame.length - size ? count : 0;
    this.#at = size;
  }

  /** The next item begins as an array does. */
  get isAtArray(): boolean {
    return this.#left > 0 && arrayHeader(this.#frame, this.#at) !== undefined;
  }

  /** Throws `invalid-message` where there is none, or none that can be read: then it is still the next one. */
  next(): unknown {
    if (this.#left === 0) throw invalid('An item is missing.');
    const { end } = scanValue(this.#frame, this.#at, 1);
    const value = this.#values.decode(this.#frame.subarray(this.#at, end), 1);
    this.#at = end;
    this.#left -= 1;
    return value;
  }
}

function arrayHeader(bytes: Uint8Array, at: number): { readonly count: number; readonly size: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const left = bytes.length - at;
  const first = bytes[at] ?? 0;
  if (first >= 0x90 && first <= 0x9f) return { count: first & 0x0f, size: 1 };
  if (first === 0xdc && left >= 3) return { count: view.getUint16(at + 1), size: 3 };
  if (first === 0xdd && left >= 5) return { count: view.getUint32(at + 1), size: 5 };
  return undefined;
}
