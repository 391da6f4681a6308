// The answers of a hub's endpoint that are no transport's: a status, a short text, or JSON (§1.1, §2).
import type { AnyResponse } from '@longhaul/websockets';

/** The client has left; no event will say so again. */
export function isGone(response: AnyResponse): boolean {
  return response.destroyed === true || ('stream' in response && response.stream.destroyed);
}

/** The same on HTTP/1.1 and HTTP/2. The head goes out with what is written first. */
export function head(response: AnyResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

/** Without a text the body is empty: official clients then show the status itself (§1.1). */
export function reply(response: AnyResponse, status: number, text = '', contentType?: string): void {
  if (response.headersSent || isGone(response)) return;
  const type = contentType ?? (text !== '' || status === 405 || status === 202 ? 'text/plain' : undefined);
  head(response, status, {
    ...(type === undefined ? {} : { 'Content-Type': type }),
    'Content-Length': String(Buffer.byteLength(text)),
  });
  response.end(text);
}

export function replyJson(response: AnyResponse, status: number, text: string): void {
  reply(response, status, text, 'application/json');
}

/** Come again, and not at once. */
export function replyBusy(response: AnyResponse, retryAfterSeconds: number): void {
  if (!response.headersSent) response.setHeader('Retry-After', String(retryAfterSeconds));
  reply(response, 503);
}
