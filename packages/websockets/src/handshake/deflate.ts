// What the two ends agree on about permessage-deflate (RFC 7692 §5 and §7.1): offers and answers as values. Which offer
// is taken follows signalr-protocol.md §12: the first that can be kept; none is no error, only no compression.

import type { CompressionSettings } from '../compression-options.ts';
import { WebSocketError } from '../errors.ts';
import { type ExtensionOffer, parseExtensions } from './extensions.ts';

/** The agreement as one end sees it. */
export interface DeflateAgreement {
  /** Window of what we compress, as a power of two (8-15). */
  readonly sendWindowBits: number;
  /** False: every message we send is compressed by itself. */
  readonly sendKeepsContext: boolean;
  /** Window of what the peer compresses, as a power of two (8-15). */
  readonly receiveWindowBits: number;
  readonly receiveKeepsContext: boolean;
}

const extensionName = 'permessage-deflate';
const widest = 15;

/** The parameters of an offer or answer; nothing given is undefined, a window without value is 0. */
interface Parameters {
  readonly serverNoContext: boolean;
  readonly clientNoContext: boolean;
  readonly serverWindowBits: number | undefined;
  readonly clientWindowBits: number | undefined;
}

/** The server's choice among the offers and the header value that says so; undefined: no compression. */
export function acceptDeflate(
  offers: readonly ExtensionOffer[],
  wanted: CompressionSettings,
): { readonly header: string; readonly agreement: DeflateAgreement } | undefined {
  for (const offer of offers) {
    if (offer.name.toLowerCase() !== extensionName) continue;
    const asked = readParameters(offer);
    // zlib has no 8-bit window for raw deflate; §12 declines it in both directions.
    if (asked === undefined || asked.serverWindowBits === 8 || asked.clientWindowBits === 8) continue;
    if (asked.serverWindowBits === 0) continue;
    // A window that the client cannot be told to keep to (RFC 7692 §7.1.2.2).
    if (asked.clientWindowBits === undefined && wanted.clientMaxWindowBits < widest) continue;
    return answerTo(asked, wanted);
  }
  return undefined;
}

function answerTo(asked: Parameters, wanted: CompressionSettings): { header: string; agreement: DeflateAgreement } {
  const sendKeepsContext = wanted.serverContextTakeover && !asked.serverNoContext;
  const receiveKeepsContext = wanted.clientContextTakeover && !asked.clientNoContext;
  const sendWindowBits = Math.min(wanted.serverMaxWindowBits, asked.serverWindowBits ?? widest);
  const receiveWindowBits = Math.min(wanted.clientMaxWindowBits, asked.clientWindowBits || widest);
  const parts = [extensionName];
  if (!receiveKeepsContext) parts.push('client_no_context_takeover');
  if (asked.clientWindowBits || receiveWindowBits < widest) parts.push(`client_max_window_bits=${receiveWindowBits}`);
  if (!sendKeepsContext) parts.push('server_no_context_takeover');
  if (asked.serverWindowBits !== undefined || sendWindowBits < widest) {
    parts.push(`server_max_window_bits=${sendWindowBits}`);
  }
  return {
    header: parts.join('; '),
    agreement: { sendWindowBits, sendKeepsContext, receiveWindowBits, receiveKeepsContext },
  };
}

/** What a client asks for. `client_max_window_bits` is always there: a server may then choose a smaller window. */
export function offerDeflate(wanted: CompressionSettings): string {
  const parts = [extensionName];
  if (!wanted.clientContextTakeover) parts.push('client_no_context_takeover');
  const bits = wanted.clientMaxWindowBits;
  parts.push(bits < widest ? `client_max_window_bits=${bits}` : 'client_max_window_bits');
  if (!wanted.serverContextTakeover) parts.push('server_no_context_takeover');
  if (wanted.serverMaxWindowBits < widest) parts.push(`server_max_window_bits=${wanted.serverMaxWindowBits}`);
  return parts.join('; ');
}

/**
 * The server's answer to our offer; undefined: it declined. Throws `handshake-invalid` for an answer that is malformed
 * or no answer to what was offered (RFC 7692 §7.1: the client must fail the connection).
 */
export function readDeflateAnswer(
  header: string | undefined,
  wanted: CompressionSettings | undefined,
): DeflateAgreement | undefined {
  if (header === undefined) return undefined;
  const [answer, second] = parsedAnswer(header);
  if (wanted === undefined || answer === undefined || second !== undefined) throw unwanted();
  if (answer.name.toLowerCase() !== extensionName) throw unwanted();
  const said = readParameters(answer);
  if (said === undefined || said.serverWindowBits === 0 || said.clientWindowBits === 0) throw unwanted();
  if (!wanted.serverContextTakeover && !said.serverNoContext) throw unwanted();
  const receiveWindowBits = said.serverWindowBits ?? widest;
  if (receiveWindowBits > wanted.serverMaxWindowBits) throw unwanted();
  if ((said.clientWindowBits ?? 0) > wanted.clientMaxWindowBits) throw unwanted();
  return {
    sendWindowBits: said.clientWindowBits ?? wanted.clientMaxWindowBits,
    sendKeepsContext: wanted.clientContextTakeover && !said.clientNoContext,
    receiveWindowBits,
    receiveKeepsContext: !said.serverNoContext,
  };
}

function parsedAnswer(header: string): readonly ExtensionOffer[] {
  try {
    return parseExtensions(header);
  } catch (cause) {
    throw new WebSocketError('handshake-invalid', 'The extensions in the answer are malformed', { cause });
  }
}

const unwanted = () => new WebSocketError('handshake-invalid', 'The server chose an extension that was not offered');

/** Undefined for a parameter that is unknown, doubled, or has a value it must not have (RFC 7692 §7.1). */
function readParameters(offer: ExtensionOffer): Parameters | undefined {
  let serverNoContext = false;
  let clientNoContext = false;
  let serverWindowBits: number | undefined;
  let clientWindowBits: number | undefined;
  const seen = new Set<string>();
  for (const { name, value } of offer.parameters) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    const isWindow = name === 'server_max_window_bits' || name === 'client_max_window_bits';
    if (value !== undefined && !(isWindow && /^([89]|1[0-5])$/.test(value))) return undefined;
    const bits = value === undefined ? 0 : Number(value);
    if (name === 'server_max_window_bits') serverWindowBits = bits;
    else if (name === 'client_max_window_bits') clientWindowBits = bits;
    else if (name === 'server_no_context_takeover') serverNoContext = true;
    else if (name === 'client_no_context_takeover') clientNoContext = true;
    else return undefined;
  }
  return { serverNoContext, clientNoContext, serverWindowBits, clientWindowBits };
}
