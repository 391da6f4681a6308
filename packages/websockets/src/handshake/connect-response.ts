// The server's answer to an extended CONNECT on HTTP/2 (RFC 8441 §5): 200 in place of 101, and no key to prove anything by.
import { ownHeaders } from './upgrade-response.ts';

type HeaderValue = string | number | readonly string[] | undefined;

/** The header block. `headers` are more of the application, already checked by Node. */
export function connectResponse(
  subprotocol: string | undefined,
  extensions: string | undefined,
  headers: Readonly<Record<string, HeaderValue>>,
): Record<string, string | number | string[]> {
  const block: Record<string, string | number | string[]> = { ':status': 200 };
  if (subprotocol !== undefined) block['sec-websocket-protocol'] = subprotocol;
  if (extensions !== undefined) block['sec-websocket-extensions'] = extensions;
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value === undefined || ownHeaders.has(lower) || lower.startsWith(':')) continue;
    block[lower] = typeof value === 'object' ? [...value] : value;
  }
  return block;
}
