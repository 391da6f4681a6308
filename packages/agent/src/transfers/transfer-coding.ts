// Transfer codings beside chunked (RFC 9112, 7): they wrap the body for one hop, so whoever receives it takes them off. Nobody
// asked for one (that would be TE); some servers send gzip all the same.
import type { Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { LonghaulError } from '@longhaul/agent-protocol';
import type { ResponseHead } from './response-head.ts';

/** In the order they were applied, in lower case; `identity` is none. */
export function transferCodings(head: ResponseHead): string[] {
  const names = (head.get('transfer-encoding') ?? '').toLowerCase().split(',');
  return names.map(name => name.trim()).filter(name => name !== '' && name !== 'identity');
}

/** Takes off the one coding under chunked; `undefined` when there is none. Throws `web-error` for those we do not know. */
export function transferDecoder(codings: readonly string[]): Transform | undefined {
  const [name, ...more] = codings.filter(coding => coding !== 'chunked');
  if (name === undefined) return undefined;
  if (more.length === 0 && (name === 'gzip' || name === 'x-gzip')) return createGunzip();
  if (more.length === 0 && name === 'deflate') return createInflate();
  throw new LonghaulError('web-error', 'The server sent a transfer coding that nobody asked for and we do not know.', {
    data: { webErrorStatus: 'error-http-invalid-server-response' },
  });
}
