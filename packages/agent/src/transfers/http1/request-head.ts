// The head of one GET as it goes on the wire (RFC 9112, 3). Pure. What could end a line or a field early never gets there,
// wherever it came from: the caller, a redirect, the origin's own validator.
import { LonghaulError } from '@longhaul/agent-protocol';
import { requestFields } from '../request-fields.ts';
import type { SourceRequest } from '../source.ts';

const target = /^\/[\x21-\x7e]*$/;
const host = /^[\x21-\x7e]+$/;
const name = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Written in latin1. Throws `invalid-url` or `invalid-header`. */
export function requestHead(request: SourceRequest): string {
  const path = `${request.url.pathname}${request.url.search}`;
  if (!target.test(path) || !host.test(request.url.host)) {
    throw new LonghaulError('invalid-url', 'The URL has characters that no request line may have.');
  }
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${request.url.host}`];
  for (const field of requestFields(request)) {
    if (!name.test(field[0]) || !value.test(field[1])) {
      throw new LonghaulError('invalid-header', `The header ${JSON.stringify(field[0].slice(0, 80))} cannot be sent.`);
    }
    lines.push(`${field[0]}: ${field[1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
