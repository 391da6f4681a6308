// The one error class and the one table of this package. The code is the identity (stable, kebab-case); whose fault it
// is, the close code that goes to the peer and the HTTP status of a refused handshake are derived from it here, once.

export type WebSocketErrorFault = 'caller' | 'peer' | 'network' | 'ours';

export interface WebSocketErrorFacts {
  /** Who has to change something. */
  readonly fault: WebSocketErrorFault;
  /** Code of the Close frame the peer gets, or 1006 (never sent) where the transport is simply dropped (RFC 6455 §7.4.1). */
  readonly closeCode: number | undefined;
  /** HTTP status when the opening handshake is refused for this reason. */
  readonly httpStatus: number | undefined;
  /** What the reader can do about it, one sentence. */
  readonly fix: string;
}

const facts = (
  fault: WebSocketErrorFault,
  closeCode: number | undefined,
  httpStatus: number | undefined,
  fix: string,
) => Object.freeze({ fault, closeCode, httpStatus, fix }) satisfies WebSocketErrorFacts;
const frame = (fix: string) => facts('peer', 1002, undefined, fix);
const call = (fix: string) => facts('caller', undefined, undefined, fix);
const refused = (httpStatus: number, fix: string) => facts('peer', undefined, httpStatus, fix);

export const webSocketErrorTable = Object.freeze({
  // frames that break RFC 6455
  'reserved-bits': frame('Set RSV1-3 only when an extension that defines them was agreed on (RFC 6455 §5.2).'),
  'reserved-opcode': frame('Use opcodes 0, 1, 2, 8, 9 and 10 only (RFC 6455 §5.2).'),
  'control-fragmented': frame('Send control frames in one frame (RFC 6455 §5.5).'),
  'control-too-long': frame('Keep the payload of a control frame at 125 bytes or less (RFC 6455 §5.5).'),
  'unexpected-continuation': frame('Start a message with a text or binary frame (RFC 6455 §5.4).'),
  'expected-continuation': frame('Finish the open message before starting the next (RFC 6455 §5.4).'),
  'mask-missing': frame('A client masks every frame (RFC 6455 §5.1).'),
  'mask-forbidden': frame('A server masks no frame (RFC 6455 §5.1).'),
  'length-not-minimal': frame('Write the length in its shortest form (RFC 6455 §5.2).'),
  'length-out-of-range': frame('The top bit of a 64-bit length is 0 (RFC 6455 §5.2).'),
  'close-payload-invalid': frame('A Close payload is empty or starts with a 2-byte code (RFC 6455 §5.5.1).'),
  'close-code-forbidden': frame('Use a close code that may appear on the wire (RFC 6455 §7.4).'),
  'invalid-utf8': facts('peer', 1007, undefined, 'Text and close reasons are valid UTF-8 (RFC 6455 §8.1).'),
  'inflate-failed': facts('peer', 1007, undefined, 'Send what deflate (RFC 1951) can make, as RFC 7692 §7.2.1 says.'),
  // limits
  'message-too-big': facts('peer', 1009, undefined, 'Send less at once, or raise maxMessageBytes at the receiver.'),
  'too-many-fragments': facts('peer', 1008, undefined, 'Use larger fragments, or raise maxFragments at the receiver.'),
  'too-many-control-frames': facts('peer', 1008, undefined, 'Ping less, or raise maxControlFramesPerSecond.'),
  'output-limit': facts(
    'peer',
    1008,
    undefined,
    'The peer reads too slowly for maxBufferedBytes; send less or raise it.',
  ),
  // how a connection ends
  'keep-alive-timeout': facts('network', 1006, undefined, 'The peer was silent for too long; connect again.'),
  'close-timeout': facts('peer', 1006, undefined, 'The peer did not finish the closing handshake in time.'),
  'connection-lost': facts(
    'network',
    1006,
    undefined,
    'The transport ended without a closing handshake; connect again.',
  ),
  'connection-aborted': facts('caller', 1006, undefined, 'abort() was called on this connection.'),
  'handler-failed': facts('ours', 1011, 500, 'The request handler threw; its error is the cause.'),
  'handler-timeout': facts('ours', undefined, 503, 'Accept or answer the request, or raise handshakeTimeoutMs.'),
  // wrong use of the API
  'connection-closed': call('Send only while the connection is open.'),
  'invalid-close-code': call('Close with 1000, 1001, 1002, 1003, 1007-1014 or 3000-4999.'),
  'close-reason-too-long': call('Keep the close reason at 123 bytes of UTF-8 or less.'),
  'control-payload-too-long': call('Keep the payload of a ping at 125 bytes or less.'),
  'invalid-text': call('Bytes sent as text must be valid UTF-8.'),
  'message-open': call('Finish the message begun with endOfMessage: false before sending another type.'),
  'receive-pending': call('Await one receive() before calling the next.'),
  'invalid-url': call('Give an absolute ws: or wss: URL without a fragment.'),
  'invalid-argument': call('Correct the argument that the message names.'),
  'not-upgradable': call('Call useWebSockets(server) first and pass the request and response of its "request" event.'),
  'already-answered': call('Accept a request before answering it, and once only.'),
  // opening handshake
  'not-a-websocket-request': refused(400, 'Ask with GET, Upgrade: websocket and Connection: Upgrade (RFC 6455 §4.1).'),
  'unsupported-version': refused(426, 'Ask with Sec-WebSocket-Version: 13 (RFC 6455 §4.4).'),
  'invalid-key': refused(400, 'Send one Sec-WebSocket-Key, base64 of 16 bytes (RFC 6455 §4.1).'),
  'invalid-header': refused(400, 'Send each handshake header once and as RFC 6455 §4.3 writes it.'),
  'origin-refused': refused(403, 'Add the origin to allowedOrigins if pages from there may connect.'),
  'handshake-refused': facts(
    'peer',
    undefined,
    undefined,
    'The server answered with no WebSocket; see `status` and `body`.',
  ),
  'handshake-invalid': facts('peer', undefined, undefined, 'The server does not speak RFC 6455 at this URL.'),
  'handshake-timeout': facts('network', undefined, 408, 'The opening handshake took longer than handshakeTimeoutMs.'),
  'connect-failed': facts('network', undefined, undefined, 'The server could not be reached; see `cause`.'),
  'connect-timeout': facts(
    'network',
    undefined,
    undefined,
    'DNS, TCP, proxy and TLS took longer than connectTimeoutMs.',
  ),
  'proxy-refused': facts('peer', undefined, undefined, 'The proxy does not let us through; see `status`.'),
  'redirect-refused': facts('peer', undefined, undefined, 'Connect to where the redirect leads, if you trust it.'),
  'http2-unsupported': facts('peer', undefined, undefined, "Leave out httpVersion: '2'; the server has no HTTP/2."),
  'extended-connect-unsupported': facts(
    'peer',
    undefined,
    undefined,
    "Use httpVersion '1.1', or turn SETTINGS_ENABLE_CONNECT_PROTOCOL on at the server (RFC 8441 §3).",
  ),
});

export type WebSocketErrorCode = keyof typeof webSocketErrorTable;

/** The one error class of this package. Match on `code`, never on the message. */
export class WebSocketError extends Error {
  override readonly name = 'WebSocketError';
  readonly code: WebSocketErrorCode;
  /** HTTP status that the server or the proxy answered with (`handshake-refused`, `proxy-refused`). */
  readonly status: number | undefined;
  /** How the body of a refusal begins, 1 KiB at most (`handshake-refused`). Written by the server: not to be trusted. */
  readonly body: string | undefined;

  constructor(
    code: WebSocketErrorCode,
    message: string,
    options: { cause?: unknown; status?: number; body?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.body = options.body;
  }

  get facts(): WebSocketErrorFacts {
    return webSocketErrorTable[this.code];
  }
}
