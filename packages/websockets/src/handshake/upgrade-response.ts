// The server's answer to the opening handshake on HTTP/1.1 (RFC 6455 §4.2.2), and the client's check of it (§4.1).
import { WebSocketError } from '../errors.ts';
import { acceptFor } from './accept-key.ts';
import { hasMember } from './header-values.ts';

/** The head of a 101 answer. `headers` are more lines of the application, already checked by Node. */
export function writeUpgradeResponse(
  key: string,
  subprotocol: string | undefined,
  extensions: string | undefined,
  headers: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
  ];
  if (subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
  if (extensions !== undefined) lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || ownHeaders.has(name.toLowerCase())) continue;
    for (const line of typeof value === 'object' ? value : [value]) lines.push(`${name}: ${line}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Headers that an acceptance writes itself, or must not have. */
export const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade',
]);

/** The agreed sub-protocol, empty for none. Throws `handshake-refused`, `handshake-invalid`. */
export function readUpgradeResponse(
  response: {
    readonly statusCode?: number | undefined;
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  },
  key: string,
  offered: readonly string[],
): string {
  const status = response.statusCode ?? 0;
  if (status !== 101) {
    throw new WebSocketError('handshake-refused', `The server answered ${status} in place of 101`, { status });
  }
  const { upgrade, connection } = response.headers;
  if (!hasMember(text(upgrade), 'websocket') || !hasMember(text(connection), 'upgrade')) {
    throw new WebSocketError('handshake-invalid', 'The 101 answer does not upgrade to websocket');
  }
  if (response.headers['sec-websocket-accept'] !== acceptFor(key)) {
    throw new WebSocketError('handshake-invalid', 'Sec-WebSocket-Accept does not belong to our key');
  }
  if (response.headers['sec-websocket-extensions'] !== undefined) {
    throw new WebSocketError('handshake-invalid', 'The server chose an extension that was not offered');
  }
  const chosen = text(response.headers['sec-websocket-protocol']);
  if (chosen === undefined) return '';
  if (!offered.includes(chosen)) {
    throw new WebSocketError('handshake-invalid', `The server chose sub-protocol "${chosen}", which was not offered`);
  }
  return chosen;
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
