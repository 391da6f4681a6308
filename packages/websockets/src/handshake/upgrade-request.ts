// The opening handshake of a client on HTTP/1.1 (RFC 6455 §4.1 and §4.2.1): is it one, and what does it ask for?
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
  readonly key: string;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly ExtensionOffer[];
}

/** True when the client asks for a WebSocket, in whatever version and form. */
export function wantsWebSocket(request: RequestHead): boolean {
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
  const key = value(request, 'sec-websocket-key');
  if (!isKey(key)) throw new WebSocketError('invalid-key', 'Sec-WebSocket-Key is not base64 of 16 bytes');
  return {
    key,
    subprotocols: offeredSubprotocols(value(request, 'sec-websocket-protocol')),
    extensions: parseExtensions(value(request, 'sec-websocket-extensions')),
  };
}

function value(request: RequestHead, name: string): string | undefined {
  const found = request.headers[name];
  return typeof found === 'object' ? found.join(', ') : found;
}
