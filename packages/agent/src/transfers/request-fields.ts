// The fields of one GET, the same from every HTTP client of ours. Pure.
import { basicAuthorization } from './request.ts';
import type { SourceRequest } from './source.ts';

/** In wire order, without Host. Caller's fields stand in for ours where they may; the encoding is always identity. */
export function requestFields({ url, headers, range }: SourceRequest): [name: string, value: string][] {
  const fields = new Map<string, [string, string]>();
  const set = (name: string, value: string) => fields.set(name.toLowerCase(), [name, value]);
  set('Accept', '*/*');
  set('User-Agent', 'longhaul');
  const authorization = basicAuthorization(url);
  if (authorization !== undefined) set('Authorization', authorization);
  for (const [name, value] of headers) set(name, value);
  set('Accept-Encoding', 'identity');
  if (range !== null) {
    set('Range', `bytes=${range.from}-${range.to === undefined ? '' : range.to - 1}`);
    set('If-Range', range.ifRange);
  }
  return [...fields.values()];
}
