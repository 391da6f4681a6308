// Sub-protocols (RFC 6455 §1.9, §4.1 and §4.2.2): offered by the client in order of preference, one chosen by the server.
import { WebSocketError } from '../errors.ts';
import { isToken, listOf } from './header-values.ts';

/** What the client offers. Throws `invalid-header` for a name that is no token or stands there twice. */
export function offeredSubprotocols(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  const names = listOf(header);
  if (names.length === 0 || new Set(names).size !== names.length || !names.every(isToken)) {
    throw new WebSocketError('invalid-header', 'Sec-WebSocket-Protocol is not a list of different tokens');
  }
  return names;
}
