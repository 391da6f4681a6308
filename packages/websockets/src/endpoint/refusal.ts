// The answer to a WebSocket request that is refused: the status that the errors table gives, and a line about what to do.
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { WebSocketError } from '../errors.ts';

export function refuse(response: ServerResponse | Http2ServerResponse, error: WebSocketError): void {
  const status = error.facts.httpStatus ?? 500;
  if (status === 426) {
    response.setHeader('Sec-WebSocket-Version', '13');
    // HTTP/2 has no such header (RFC 9113 §8.2.2).
    if (!('stream' in response)) response.setHeader('Upgrade', 'websocket');
  }
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${STATUS_CODES[status]}: ${error.facts.fix}\n`);
}
