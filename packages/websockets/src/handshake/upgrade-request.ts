// The opening handshake of a client, on HTTP/1.1 (RFC 6455 §4.1 and §4.2.1) and on HTTP/2 (RFC 8441 §4 and §5): is it
// one, and what does it ask for?
import { WebSocketError } from '../errors.ts';
import { isKey } from './accept-key.ts';
import { type ExtensionOffer, parseExtensions } from './extensions.ts';
import { hasMember } from './header-values.ts';
import { offeredSubprotocols } from './subprotocols.ts';

/** The parts of a request that the handshake looks at; header names in lower case, as Node gives them. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly httpVersion?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface UpgradeRequest {
  /** Nothing on HTTP/2: a stream needs no proof that the server means it (RFC 8441 §5). */
  readonly key: string | undefined;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly ExtensionOffer[];
}

/** True when the client asks for a WebSocket, in whatever version and form. */
export function wantsWebSocket(request: RequestHead): boolean {
  if (isStream(request)) return value(request, ':protocol') === 'websocket';
  return (
    request.method === 'GET' &&
    hasMember(value(request, 'upgrade'), 'websocket') &&
    hasMember(value(request, 'connection'), 'upgrade')
  );
}

/** Throws `not-a-websocket-request` (400), `unsupported-version` (426), `invalid-key` (400), `invalid-header` (400). */
export function readUpgradeRequest(request: RequestHead): UpgradeRequest {
  if (!wantsWebSocket(request))
    throw new WebSocketError('not-a-websocket-request', 'The request asks for no WebSocket');
  const version = value(request, 'sec-websocket-version');
  if (!hasMember(version, '13')) {
    throw new WebSocketError('unsupported-version', `WebSocket version ${version ?? '(none)'} is not spoken here`);
  }
  return {
    key: isStream(request) ? undefined : readKey(request),
    subprotocols: offeredSubprotocols(value(request, 'sec-websocket-protocol')),
    extensions: parseExtensions(value(request, 'sec-websocket-extensions')),
  };
}

function readKey(request: RequestHead): string {
  const key = value(request, 'sec-websocket-key');
  if (!isKey(key)) throw new WebSocketError('invalid-key', 'Sec-WebSocket-Key is not base64 of 16 bytes');
  return key;
}

/** An extended CONNECT; its method may have been rewritten for routers. No header line of HTTP/1.1 can have that name. */
function isStream(request: RequestHead): boolean {
  return request.headers[':protocol'] !== undefined;
}

function value(request: RequestHead, name: string): string | undefined {
  const found = request.headers[name];
  return typeof found === 'object' ? found.join(', ') : found;
}
