// Sec-WebSocket-Key and Sec-WebSocket-Accept (RFC 6455 §1.3, §4.2.2).
import { createHash } from 'node:crypto';

const keyPattern = /^[+/0-9A-Za-z]{22}==$/;

/** True for base64 of exactly 16 bytes. */
export function isKey(value: string | undefined): value is string {
  return value !== undefined && keyPattern.test(value);
}

export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
