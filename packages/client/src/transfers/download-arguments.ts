// The arguments of createDownload, checked before anything is sent: what a caller got wrong is told at once and by name.
// The agent checks again, and more (whether the folder exists, whether the target does).
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CollisionOption } from '@longhaul/agent-protocol';
import { collisionOptions, isBytesPerSecond, LonghaulError } from '@longhaul/agent-protocol/plain';

/** Of a URL and of a path as the agent takes them; see CreateDownloadRequest. */
const maxUrlLength = 16_384;
const maxPathLength = 4_096;

/**
 * The URL as the agent gets it.
 * @throws LonghaulError `invalid-url`, `unsupported-scheme`
 */
export function parseDownloadUrl(input: string | URL): string {
  const text = String(input);
  if (!URL.canParse(text)) throw new LonghaulError('invalid-url', `not a URL: ${JSON.stringify(text.slice(0, 200))}`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new LonghaulError('unsupported-scheme', `cannot download from a ${url.protocol} URL`);
  }
  if (url.href.length > maxUrlLength) {
    throw new LonghaulError('invalid-url', `the URL has ${url.href.length} characters, more than ${maxUrlLength}`);
  }
  return url.href;
}

/**
 * The target as an absolute path; a relative one is taken from `currentFolder`. A `file:` URL object is a path too.
 * @throws LonghaulError `invalid-argument`
 */
export function parseTarget(input: string | URL, currentFolder: string): string {
  let path: string;
  try {
    path = input instanceof URL ? fileURLToPath(input) : input;
  } catch (cause) {
    throw new LonghaulError('invalid-argument', `not a file: ${String(input)}`, { cause });
  }
  if (typeof path !== 'string' || path === '')
    throw new LonghaulError('invalid-argument', 'the target file has no name');
  if (path.includes('\0'))
    throw new LonghaulError('invalid-argument', 'the target file has a NUL character in its name');
  if (path.endsWith('/'))
    throw new LonghaulError('invalid-argument', `the target must be a file, not a folder: ${path}`);
  const absolute = isAbsolute(path) ? path : resolve(currentFolder, path);
  if (absolute.length > maxPathLength) {
    throw new LonghaulError('invalid-argument', `the target's path has more than ${maxPathLength} characters`);
  }
  return absolute;
}

/** @throws LonghaulError `invalid-argument` */
export function parseCollision(input: unknown): CollisionOption {
  const found = collisionOptions.find(option => option === input);
  if (found) return found;
  throw new LonghaulError(
    'invalid-argument',
    `collision must be one of ${collisionOptions.join(', ')}, not ${String(input)}`,
  );
}

/**
 * Bytes a second, or `null` for no limit.
 * @throws LonghaulError `invalid-argument`
 */
export function parseRateLimit(input: number | null): number | null {
  if (input === null || isBytesPerSecond(input)) return input;
  throw new LonghaulError(
    'invalid-argument',
    `a rate limit is a whole number of at least 1,024 bytes a second, not ${input}`,
  );
}
