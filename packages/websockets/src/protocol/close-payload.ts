// What a Close frame says (RFC 6455 §5.5.1): nothing, or a code and a reason.
import { WebSocketError } from '../errors.ts';
import { isCloseCode, noCodeReceived } from './opcodes.ts';
import { checkUtf8, utf8Start } from './utf8.ts';

/** Throws `close-code-forbidden`, `invalid-utf8`. */
export function parseClose(payload: Buffer): { code: number; reason: string } {
  if (payload.length === 0) return { code: noCodeReceived, reason: '' };
  const code = payload.readUInt16BE(0);
  if (!isCloseCode(code)) throw new WebSocketError('close-code-forbidden', `Close code ${code} may not be sent`);
  if (checkUtf8(utf8Start, payload.subarray(2)) !== utf8Start) {
    throw new WebSocketError('invalid-utf8', 'The reason of a Close frame is not valid UTF-8');
  }
  return { code, reason: payload.toString('utf8', 2) };
}

/** Code and reason must be valid. */
export function closePayload(code: number, reason: string): Buffer {
  const codeBytes = code === noCodeReceived ? 0 : 2;
  const payload = Buffer.allocUnsafe(codeBytes + Buffer.byteLength(reason));
  if (codeBytes > 0) payload.writeUInt16BE(code, 0);
  payload.write(reason, codeBytes);
  return payload;
}
