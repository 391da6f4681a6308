// The Sec-WebSocket-Extensions header (RFC 6455 §9.1): its grammar only. Which offers are taken is decided by whoever
// knows the extension; a connection without any declines them all by answering without the header (§4.2.2).
import { WebSocketError } from '../errors.ts';
import { isToken } from './header-values.ts';

export interface ExtensionOffer {
  readonly name: string;
  /** In the order written, repeated ones too: whether that matters is the extension's business. */
  readonly parameters: readonly { readonly name: string; readonly value: string | undefined }[];
}

/** Offers in order of preference. Throws `invalid-header` where the header breaks the grammar (RFC 6455 §9.1: fail). */
export function parseExtensions(header: string | undefined): readonly ExtensionOffer[] {
  if (header === undefined) return [];
  return splitOutsideQuotes(header, ',').map(offer => {
    const [name, ...parameters] = splitOutsideQuotes(offer, ';');
    return { name: token(name), parameters: parameters.map(parameter) };
  });
}

function parameter(text: string): { name: string; value: string | undefined } {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: token(text), value: undefined };
  const value = text.slice(equals + 1).trim();
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  // A quoted value must be a token once its escapes are undone (RFC 6455 §9.1).
  return {
    name: token(text.slice(0, equals)),
    value: token(isQuoted ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value),
  };
}

function token(text: string | undefined): string {
  const name = (text ?? '').trim();
  if (!isToken(name)) throw new WebSocketError('invalid-header', 'Sec-WebSocket-Extensions is malformed');
  return name;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && isQuoted) i++;
    else if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === separator && !isQuoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (isQuoted) throw new WebSocketError('invalid-header', 'Sec-WebSocket-Extensions has an open quote');
  parts.push(text.slice(start));
  return parts;
}
