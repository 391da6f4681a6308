// What a redirect leads to and what it takes along (decisions/034, 111): never to a weaker scheme, and to another
// origin nothing that could be a secret.
import { WebSocketError } from '../errors.ts';
import { parseUrl } from './url.ts';

const statuses = new Set([301, 302, 303, 307, 308]);
/** Request headers that name nobody. */
const harmless = new Set(['accept', 'accept-language', 'user-agent']);

export function isRedirect(status: number): boolean {
  return statuses.has(status);
}

/** Where a redirect leads, without user and password. Throws `redirect-refused`. */
export function redirectTarget(from: URL, location: string | undefined): URL {
  if (location === undefined) throw new WebSocketError('redirect-refused', 'The redirect has no Location');
  const resolved = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (resolved !== undefined) resolved.hash = '';
  const to = resolved === undefined ? undefined : parseUrl(resolved);
  if (to === undefined) throw new WebSocketError('redirect-refused', 'The redirect leads to no ws: or wss: URL');
  if (from.protocol === 'wss:' && to.protocol !== 'wss:') {
    throw new WebSocketError('redirect-refused', `The redirect leads from wss: to ws: (${to.host})`);
  }
  const isSame = isSameOrigin(from, to);
  to.username = isSame ? from.username : '';
  to.password = isSame ? from.password : '';
  return to;
}

/** Scheme, host and port. */
export function isSameOrigin(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && a.host === b.host;
}

/** The headers that may go along to another origin. */
export function harmlessHeaders<Value>(headers: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.has(name.toLowerCase())));
}
