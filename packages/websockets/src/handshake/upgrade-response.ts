// The server's answer to the opening handshake on HTTP/1.1 (RFC 6455 §4.2.2).
import { acceptFor } from './accept-key.ts';

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
