// The request that opened a connection, as long as the connection lives: what was said, without the machinery it was read
// with. Node's own request is several times as large and would be held by every idle connection.
import type { IncomingHttpHeaders } from 'node:http';
import type { HubRequest } from './endpoint-options.ts';

/** The request of `call.request`: its words, and the socket they came over. Its body was for the transport alone. */
export interface ConnectionRequest {
  readonly method: string | undefined;
  /** Path and query. */
  readonly url: string | undefined;
  /** `1.1`, `2.0`. */
  readonly httpVersion: string;
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders;
  /** For addresses and the certificate of the client. With HTTP/2 the socket of all its streams. */
  readonly socket: HubRequest['socket'];
}

export function requestToKeep({ method, url, httpVersion, headers, socket }: HubRequest): ConnectionRequest {
  return { method, url, httpVersion, headers, socket };
}
