// 256-bit secrets: made, and compared without telling by the time taken how much was right.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 64 hexadecimal digits. */
export const newToken = (): string => randomBytes(32).toString('hex');

/** The digest a token is looked up by: what an attacker learns from timing about a digest says nothing about the token. */
export const tokenDigest = (token: string): string => createHash('sha256').update(token).digest('base64');

export function isSameToken(given: string, expected: string): boolean {
  const digest = (token: string) => createHash('sha256').update(token).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
