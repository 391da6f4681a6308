// The server's answer to the opening handshake as the client checks it: on HTTP/1.1 (RFC 6455 §4.1) and to an extended
// CONNECT on HTTP/2 (RFC 8441 §5), which has neither key nor Upgrade. What was not offered must not be chosen.

import type { CompressionSettings } from '../compression-options.ts';
import { WebSocketError } from '../errors.ts';
import { acceptFor } from './accept-key.ts';
import { type DeflateAgreement, readDeflateAnswer } from './deflate.ts';
import { hasMember } from './header-values.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What we asked for. */
export interface Offer {
  readonly subprotocols: readonly string[];
  readonly compression: CompressionSettings | undefined;
}

/** What both ends agreed on. */
export interface Agreement {
  /** Empty for none. */
  readonly subprotocol: string;
  /** As the server wrote them, empty for none. */
  readonly extensions: string;
  readonly deflate: DeflateAgreement | undefined;
}

/** Checks a 101 answer on HTTP/1.1. Throws `handshake-invalid`. */
export function readUpgradeAnswer(headers: Headers, key: string, offer: Offer): Agreement {
  if (!hasMember(text(headers.upgrade), 'websocket') || !hasMember(text(headers.connection), 'upgrade')) {
    throw new WebSocketError('handshake-invalid', 'The 101 answer does not upgrade to websocket');
  }
  if (headers['sec-websocket-accept'] !== acceptFor(key)) {
    throw new WebSocketError('handshake-invalid', 'Sec-WebSocket-Accept does not belong to our key');
  }
  return readChoices(headers, offer);
}

/** Checks the sub-protocol and the extensions that the server chose. Throws `handshake-invalid`. */
export function readChoices(headers: Headers, offer: Offer): Agreement {
  const extensions = text(headers['sec-websocket-extensions']);
  const deflate = readDeflateAnswer(extensions, offer.compression);
  const chosen = text(headers['sec-websocket-protocol']);
  if (chosen !== undefined && !offer.subprotocols.includes(chosen)) {
    throw new WebSocketError(
      'handshake-invalid',
      `The server chose sub-protocol ${JSON.stringify(chosen)}, which was not offered`,
    );
  }
  return { subprotocol: chosen ?? '', extensions: extensions ?? '', deflate };
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
