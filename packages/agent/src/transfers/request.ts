// The caller's URL and headers, checked once at the door. Pure. What passes here may go on the wire as it is.
import { LonghaulError } from '@longhaul/agent-protocol';

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: visible characters, space, tab and obs-text; never CR, LF or NUL. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields that the engine itself answers for, and those that frame the message or belong to one connection. */
const reserved = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** All request headers of one transfer together. Bytes; servers refuse more long before. */
const maxHeaderBytes = 65_536;

/** Throws `invalid-url` or `unsupported-scheme`. */
export function parseTransferUrl(text: string): URL {
  if (!URL.canParse(text)) throw new LonghaulError('invalid-url', 'The URL cannot be parsed.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new LonghaulError('unsupported-scheme', `URLs with ${url.protocol} cannot be downloaded.`);
  }
  return url;
}

/** Headers as they will be sent; values given twice for one name are joined (BT-35). Throws `invalid-header`. */
export function checkHeaders(headers: readonly (readonly [string, string])[]): [string, string][] {
  const joined = new Map<string, [string, string]>();
  let bytes = 0;
  for (const [name, raw] of headers) {
    const value = raw.replace(/^[ \t]+|[ \t]+$/g, '');
    if (!token.test(name)) throw invalid(name, 'its name is no token');
    if (!fieldValue.test(value)) throw invalid(name, 'its value has characters that no header may have');
    if (reserved.has(name.toLowerCase())) throw invalid(name, 'Longhaul sets it itself');
    bytes += name.length + value.length + 4;
    const known = joined.get(name.toLowerCase());
    if (known === undefined) joined.set(name.toLowerCase(), [name, value]);
    else known[1] = `${known[1]}, ${value}`;
  }
  if (bytes > maxHeaderBytes) {
    throw new LonghaulError('invalid-header', `The headers have ${bytes} bytes; the limit is ${maxHeaderBytes}.`);
  }
  return [...joined.values()];
}

/** Names only: values may be secrets. */
function invalid(name: string, why: string): LonghaulError {
  return new LonghaulError('invalid-header', `The header ${JSON.stringify(name.slice(0, 80))} cannot be sent: ${why}.`);
}

/** User name and password of a URL as the Authorization of that origin (RFC 7617, UTF-8). */
export function basicAuthorization(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const pair = `${decode(url.username)}:${decode(url.password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
