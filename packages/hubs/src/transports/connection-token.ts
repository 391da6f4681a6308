// Connection tokens that say what they are (§11.1): negotiate version, time of expiry and connection id, signed for one path.
// A server that has not issued a token can tell by the common secret that another one has. Touches no clock.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const headBytes = 7;
const idBytes = 16;
const nonceBytes = 8;
const payloadBytes = headBytes + idBytes + nonceBytes;
const signatureBytes = 16;

export interface TokenContent {
  readonly version: number;
  readonly connectionId: string;
  /** Milliseconds of `Date.now()`. */
  readonly expiresAt: number;
}

export class ConnectionTokens {
  readonly #secret: string | Uint8Array;
  readonly #path: string;

  constructor(secret: string | Uint8Array, path: string) {
    this.#secret = secret;
    this.#path = path;
  }

  /** Sixteen unpredictable bytes in 22 characters (§2). */
  createId(): string {
    return randomBytes(idBytes).toString('base64url');
  }

  /** 63 characters of base64url. */
  issue(version: number, connectionId: string, expiresAt: number): string {
    const payload = Buffer.alloc(payloadBytes);
    payload.writeUInt8(version, 0);
    payload.writeUIntBE(Math.min(Math.floor(expiresAt), 2 ** 48 - 1), 1, 6);
    payload.set(Buffer.from(connectionId, 'base64url').subarray(0, idBytes), headBytes);
    payload.set(randomBytes(nonceBytes), headBytes + idBytes);
    return Buffer.concat([payload, this.#sign(payload)]).toString('base64url');
  }

  /** `undefined` for what was not signed with our secret for this path, and for what has expired at `now` (Date.now()). */
  read(token: string, now: number): TokenContent | undefined {
    if (!/^[\w-]{63}$/.test(token)) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    // The last character has spare bits: only one spelling of a token is the token.
    if (bytes.length !== payloadBytes + signatureBytes || bytes.toString('base64url') !== token) return undefined;
    const payload = bytes.subarray(0, payloadBytes);
    if (!timingSafeEqual(bytes.subarray(payloadBytes), this.#sign(payload))) return undefined;
    const expiresAt = payload.readUIntBE(1, 6);
    if (expiresAt <= now) return undefined;
    const version = payload.readUInt8(0);
    const id = payload.subarray(headBytes, headBytes + idBytes).toString('base64url');
    return { version, connectionId: version > 0 ? id : token, expiresAt };
  }

  #sign(payload: Uint8Array): Buffer {
    const signature = createHmac('sha256', this.#secret)
      .update(`longhaul hub ${this.#path}\n`)
      .update(payload)
      .digest();
    return signature.subarray(0, signatureBytes);
  }
}
