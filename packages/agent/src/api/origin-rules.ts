// Who may speak to the loopback port, decided from a request's head alone. Against pages of other sites (CSRF, DNS rebinding,
// cross-site WebSockets): the Host must be exactly ours, an Origin must be exactly the page's own. Pure.
import type { IncomingHttpHeaders } from 'node:http';

export type HeadVerdict =
  | { readonly isAllowed: true; readonly host: string }
  | { readonly isAllowed: false; readonly status: 400 | 403 | 421; readonly why: string };

export interface RequestHead {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** As received: Node keeps only the first of two Host lines in `headers`. */
  readonly rawHeaders: readonly string[];
  /** True for requests that only a page of ours has a reason to make: everything but the page's own files. */
  readonly isProtected: boolean;
  readonly isWebSocket: boolean;
}

export function judgeHead(head: RequestHead, port: number): HeadVerdict {
  const refuse = (status: 400 | 403 | 421, why: string): HeadVerdict => ({ isAllowed: false, status, why });
  const hostLines = head.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hostLines !== 1) return refuse(400, 'exactly one Host is needed');
  // RFC 9112 section 3.2.2: a target in absolute form would override Host.
  if (!head.url.startsWith('/')) return refuse(400, 'the target must be a path');
  const host = head.headers.host ?? '';
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return refuse(421, 'not this host');
  const { origin } = head.headers;
  if (origin !== undefined && origin !== `http://${host}`) return refuse(403, 'not from this origin');
  if (head.isWebSocket && origin === undefined) return refuse(403, 'a WebSocket needs an Origin');
  const site = head.headers['sec-fetch-site'];
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (head.isProtected && isForeign) return refuse(403, 'not from this site');
  return { isAllowed: true, host };
}
