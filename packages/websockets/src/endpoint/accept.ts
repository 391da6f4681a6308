// What a handler does with a request: ask what it is, and accept it as a WebSocket. The same on HTTP/1.1 and HTTP/2.
import { mustBeObject, unfit } from '../arguments.ts';
import { WebSocketError } from '../errors.ts';
import { acceptDeflate } from '../handshake/deflate.ts';
import { readUpgradeRequest, type UpgradeRequest, wantsWebSocket } from '../handshake/upgrade-request.ts';
import type { AcceptOptions } from '../server-options.ts';
import { Driver } from './driver.ts';
import { type AnyRequest, type AnyResponse, Opening } from './opening.ts';
import { refuse } from './refusal.ts';
import { WebSocketConnection } from './websocket.ts';

/**
 * True when the client asks for a WebSocket: on HTTP/1.1 GET with `Upgrade: websocket` and `Connection: upgrade`, on
 * HTTP/2 an extended CONNECT with `:protocol` websocket. Whether it asks rightly is seen by `acceptWebSocket`, or
 * beforehand by `checkWebSocketRequest`. Throws `invalid-argument` for what is no request.
 */
export function isWebSocketRequest(request: AnyRequest): boolean {
  mustBeRequest(request);
  return wantsWebSocket(request);
}

/**
 * The error that `acceptWebSocket` would refuse this request with (its `facts.httpStatus` is the answer), or nothing.
 * Throws `invalid-argument` for what is no request.
 */
export function checkWebSocketRequest(request: AnyRequest): WebSocketError | undefined {
  mustBeRequest(request);
  try {
    readUpgradeRequest(request);
    return undefined;
  } catch (error) {
    if (error instanceof WebSocketError) return error;
    throw error;
  }
}

/**
 * The sub-protocols that the client offers, in its order of preference. Throws what `acceptWebSocket` would reject with
 * (`invalid-header`, say), and `invalid-argument` for what is no request.
 */
export function requestedSubprotocols(request: AnyRequest): readonly string[] {
  mustBeRequest(request);
  return readUpgradeRequest(request).subprotocols;
}

/**
 * Accepts a WebSocket request. Headers set on the response go out with the answer (101, on HTTP/2 200). A request that is
 * wrong is answered (426 for another version, else 400) before the promise rejects.
 * Rejects with `not-upgradable`, `already-answered`, `not-a-websocket-request`, `unsupported-version`, `invalid-key`,
 * `invalid-header`, `invalid-argument` or `connection-lost`.
 */
export async function acceptWebSocket(
  request: AnyRequest,
  response: AnyResponse,
  options: AcceptOptions = {},
): Promise<WebSocketConnection> {
  mustBeRequest(request);
  mustBeObject('A response', response);
  mustBeObject('The options of acceptWebSocket', options);
  const opening = Opening.of(response);
  if (opening === undefined) {
    if (!wantsWebSocket(request)) throw new WebSocketError('not-a-websocket-request', 'Not a WebSocket request');
    throw new WebSocketError('not-upgradable', 'This response did not come through useWebSockets');
  }
  if (opening.isAnswered) throw new WebSocketError('already-answered', 'The request was answered already');
  const asked = readOrRefuse(request, response);
  const { subprotocol } = options;
  if (subprotocol !== undefined && typeof subprotocol !== 'string') throw unfit('A sub-protocol', subprotocol);
  if (subprotocol !== undefined && !asked.subprotocols.includes(subprotocol)) {
    throw new WebSocketError('invalid-argument', `The client did not offer sub-protocol "${subprotocol}"`);
  }
  const settings = opening.settings.resolve(options);
  const { compression } = settings;
  const deflate = compression === undefined ? undefined : acceptDeflate(asked.extensions, compression);
  const setup =
    deflate === undefined || compression === undefined
      ? undefined
      : { agreement: deflate.agreement, settings: compression, slots: opening.settings.slots };
  const driver = opening.accept(
    { key: asked.key, subprotocol, extensions: deflate?.header },
    (transport, head) => new Driver(transport, 'server', settings, head, undefined, setup, opening.settings.shared),
  );
  return new WebSocketConnection(driver, subprotocol ?? '', deflate?.header ?? '', true);
}

function mustBeRequest(request: AnyRequest): void {
  if (typeof request?.headers !== 'object' || request.headers === null) throw unfit('A request', request);
}

function readOrRefuse(request: AnyRequest, response: AnyResponse): UpgradeRequest {
  try {
    return readUpgradeRequest(request);
  } catch (error) {
    if (error instanceof WebSocketError) refuse(response, error);
    throw error;
  }
}
