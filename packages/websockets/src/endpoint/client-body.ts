// How the body of a refusal begins: enough to read the reason, bounded in bytes and in time.
import type { Readable } from 'node:stream';
import { snippet } from '../client-options.ts';

/** Never rejects; what has come until the end, the limit or the time-out. */
export function bodySnippet(body: Readable): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = () => {
    clearTimeout(timer);
    body.off('data', onData);
    body.pause();
    resolve(Buffer.concat(chunks).subarray(0, snippet.maxBytes).toString('utf8'));
  };
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= snippet.maxBytes) finish();
  };
  const timer = setTimeout(finish, snippet.timeoutMs);
  body.on('data', onData);
  // Listeners of 'error' stay: the transport is about to be dropped.
  body.on('end', finish).on('close', finish).on('error', finish);
  return promise;
}
