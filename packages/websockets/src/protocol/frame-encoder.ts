// Frames as bytes (RFC 6455 §5.2): the header in its shortest form, the payload masked for a client.
import { applyMask } from './mask.ts';

const finalBit = 0x80;
const maskBit = 0x80;

/** Bytes of the header of a frame with this much payload. */
export function headerBytes(payloadBytes: number, isMasked: boolean): number {
  return (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10) + (isMasked ? 4 : 0);
}

/** Writes the header at `at`; `key` is undefined for a server. Gives the offset of the payload. */
export function writeHeader(
  target: Buffer,
  at: number,
  code: number,
  isFinal: boolean,
  payloadBytes: number,
  key: number | undefined,
): number {
  target[at] = isFinal ? code | finalBit : code;
  const masked = key === undefined ? 0 : maskBit;
  let end = at + 2;
  if (payloadBytes < 126) target[at + 1] = payloadBytes | masked;
  else if (payloadBytes < 65_536) {
    target[at + 1] = 126 | masked;
    end = target.writeUInt16BE(payloadBytes, end);
  } else {
    target[at + 1] = 127 | masked;
    end = target.writeUInt32BE(Math.floor(payloadBytes / 0x1_0000_0000), end);
    end = target.writeUInt32BE(payloadBytes >>> 0, end);
  }
  return key === undefined ? end : target.writeInt32LE(key, end);
}

/** One whole frame as a buffer of its own. */
export function encodeFrame(code: number, isFinal: boolean, payload: Uint8Array, key: number | undefined): Buffer {
  const header = headerBytes(payload.length, key !== undefined);
  const frame = Buffer.allocUnsafeSlow(header + payload.length);
  writeHeader(frame, 0, code, isFinal, payload.length, key);
  frame.set(payload, header);
  if (key !== undefined) applyMask(frame, header, frame.length, key, 0);
  return frame;
}
