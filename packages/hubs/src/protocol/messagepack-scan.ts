// Looks over a MessagePack value before the library decodes it: whole, not too deep, and with no more elements declared
// than there are bytes (the library reserves room for declared elements, so a nest of small headers could ask for
// gigabytes). On the way it notes what decoding has to take care of. Iterative; it reads no content.
import { HubServerError } from '../errors.ts';

/** .NET's `MessagePackSecurity.UntrustedData` allows as many levels. */
export const maximumDepth = 500;

export interface ScanResult {
  /** Where the value ends. */
  readonly end: number;
  /** Holds 64-bit integers. */
  readonly hasInt64: boolean;
  /** Holds byte strings or extension values, of which the library gives views into its input. */
  readonly hasBytes: boolean;
}

/** One value and nothing after it. Throws `invalid-message`. */
export function scanMessagePack(bytes: Uint8Array, depth = 0): ScanResult {
  const result = scanValue(bytes, 0, depth);
  if (result.end === bytes.length) return result;
  throw invalid(`${bytes.length - result.end} bytes follow the end of the message.`);
}

/** The value that begins at `from`, inside `depth` others. Throws `invalid-message`. */
export function scanValue(bytes: Uint8Array, from: number, depth: number): ScanResult {
  const end = bytes.length;
  let at = from;
  let hasInt64 = false;
  let hasBytes = false;
  /** Values still to come, all levels together. Each takes a byte at least. */
  let pending = 1;
  /** `pending` at which each open array or map is complete. */
  const open: number[] = [];
  while (pending > 0) {
    if (pending > end - at) throw invalid('The message ends before its values do.');
    const head = bytes[at]!;
    at += 1;
    pending -= 1;
    let elements = 0;
    if (head < 0x80 || head >= 0xe0) {
      // fixint
    } else if (head < 0x90) {
      elements = (head & 0x0f) * 2;
    } else if (head < 0xa0) {
      elements = head & 0x0f;
    } else if (head < 0xc0) {
      at += head & 0x1f;
    } else {
      switch (head) {
        case 0xc0:
        case 0xc2:
        case 0xc3:
          break;
        case 0xcc:
        case 0xd0:
          at += 1;
          break;
        case 0xcd:
        case 0xd1:
          at += 2;
          break;
        case 0xca:
        case 0xce:
        case 0xd2:
          at += 4;
          break;
        case 0xcb:
          at += 8;
          break;
        case 0xcf:
        case 0xd3:
          hasInt64 = true;
          at += 8;
          break;
        case 0xd9:
          at += 1 + uint(bytes, at, 1);
          break;
        case 0xda:
          at += 2 + uint(bytes, at, 2);
          break;
        case 0xdb:
          at += 4 + uint(bytes, at, 4);
          break;
        case 0xc4:
          hasBytes = true;
          at += 1 + uint(bytes, at, 1);
          break;
        case 0xc5:
          hasBytes = true;
          at += 2 + uint(bytes, at, 2);
          break;
        case 0xc6:
          hasBytes = true;
          at += 4 + uint(bytes, at, 4);
          break;
        case 0xc7:
          hasBytes = true;
          at += 2 + uint(bytes, at, 1);
          break;
        case 0xc8:
          hasBytes = true;
          at += 3 + uint(bytes, at, 2);
          break;
        case 0xc9:
          hasBytes = true;
          at += 5 + uint(bytes, at, 4);
          break;
        case 0xd4:
        case 0xd5:
        case 0xd6:
        case 0xd7:
        case 0xd8:
          hasBytes = true;
          at += 1 + 2 ** (head - 0xd4);
          break;
        case 0xdc:
          elements = uint(bytes, at, 2);
          at += 2;
          break;
        case 0xdd:
          elements = uint(bytes, at, 4);
          at += 4;
          break;
        case 0xde:
          elements = uint(bytes, at, 2) * 2;
          at += 2;
          break;
        case 0xdf:
          elements = uint(bytes, at, 4) * 2;
          at += 4;
          break;
        default:
          throw invalid(`Byte 0x${head.toString(16)} begins no value.`);
      }
    }
    if (at > end) throw invalid('The message ends before its values do.');
    if (elements > 0) {
      open.push(pending);
      if (depth + open.length > maximumDepth)
        throw invalid(`The message is nested more than ${maximumDepth} levels deep.`);
      pending += elements;
    } else {
      while (open.length > 0 && open[open.length - 1] === pending) open.pop();
    }
  }
  return { end: at, hasInt64, hasBytes };
}

/** Big-endian. */
function uint(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) throw invalid('The message ends before its values do.');
  let value = 0;
  for (let i = at; i < at + size; i += 1) value = value * 256 + bytes[i]!;
  return value;
}

const invalid = (message: string): HubServerError => new HubServerError('invalid-message', message);
