// What a request of an endpoint is, by its head alone (§1), and which token it brings. Decides only.
import { type AnyRequest, checkWebSocketRequest, isWebSocketRequest } from '@longhaul/websockets';
import { queryValue } from './request-target.ts';

/** A WebSocket request that is right; others are polls (§12). */
export function wantsWebSocket(request: AnyRequest): boolean {
  return isWebSocketRequest(request) && checkWebSocketRequest(request) === undefined;
}

/** §1: the Accept list contains exactly this media type. */
export function acceptsEventStream({ headers }: AnyRequest): boolean {
  return (headers.accept ?? '').split(',').some(type => type.trim().toLowerCase() === 'text/event-stream');
}

/** §15.4: in the query only where a browser has no other way. */
export function accessTokenOf(request: AnyRequest, query: URLSearchParams): string | undefined {
  const bearer = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer.trim();
  return wantsWebSocket(request) || acceptsEventStream(request) ? queryValue(query, 'access_token') : undefined;
}
