// The WebSockets transport (§4.1): frames are a byte stream, whatever their opcode; each message goes out as one frame
// of the protocol's kind, all frames of a tick in one write.
import {
  type AnyRequest,
  type AnyResponse,
  acceptWebSocket,
  broadcast,
  type EncodedMessage,
  encodeMessage,
  requestedSubprotocols,
  type WebSocketConnection,
} from '@longhaul/websockets';
import { type WebSocketTransportOptions, webSocketDefaults } from '../endpoint-options.ts';
import { HubServerError } from '../errors.ts';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransferFormat } from '../protocol/protocol.ts';
import type { Chunk, Transport } from './transport.ts';

const transferFormats: readonly TransferFormat[] = Object.freeze(['Text', 'Binary']);

/** Answers the upgrade request. Rejects as `acceptWebSocket`, after the request was answered. */
export async function acceptWebSocketTransport(
  request: AnyRequest,
  response: AnyResponse,
  sendTimeoutMs: number,
  options: WebSocketTransportOptions = {},
): Promise<Transport> {
  const subprotocol = options.subprotocolSelector?.(requestedSubprotocols(request));
  const socket = await acceptWebSocket(request, response, {
    ...(subprotocol === undefined ? {} : { subprotocol }),
    maxMessageBytes: options.maxMessageBytes ?? webSocketDefaults.maxMessageBytes,
    closeTimeoutMs: options.closeTimeoutMs ?? webSocketDefaults.closeTimeoutMs,
    // §4.1: the client's Close is answered with 1000, also when it had no code.
    closeAnswer: 1000,
    // The hub's own Pings keep the connection alive (§7).
    keepAliveIntervalMs: 0,
  });
  return new WebSocketTransport(socket, sendTimeoutMs);
}

class WebSocketTransport implements Transport {
  readonly name = 'WebSockets';
  readonly transferFormats = transferFormats;
  readonly #socket: WebSocketConnection;
  readonly #sendTimeoutMs: number;
  /** Bytes of all messages so far, and how many of them the kernel had at the last look. */
  #writtenBytes = 0;
  #takenBytes = 0;
  /** Since when it has taken none although some wait. */
  #stuckSince: number | undefined;
  #error: HubServerError | undefined;

  constructor(socket: WebSocketConnection, sendTimeoutMs: number) {
    this.#socket = socket;
    this.#sendTimeoutMs = sendTimeoutMs;
  }

  /** A promise for the end of each would be held by every idle connection. */
  get readersLearnOfEnd(): boolean {
    return true;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  whenClosed(told: (error: Error | undefined) => void): void {
    void this.#socket.closed.then(({ clean, code }) => told(clean ? undefined : (this.#error ?? lossOf(code))));
  }

  tryReceive(): Chunk | undefined {
    return this.#socket.tryReceive();
  }

  receive(): Promise<Chunk | undefined> {
    return this.#socket.receive();
  }

  async close(): Promise<void> {
    await this.#socket.close(1000, '');
  }

  write(message: WireMessage): Promise<unknown> {
    const before = this.#socket.bufferedBytes;
    const sent = this.#send(message);
    this.#writtenBytes += this.#socket.bufferedBytes - before;
    return sent;
  }

  /** Without a promise, which thousands of connections need not make for a message to all of them. */
  post(message: WireMessage): void {
    const { frame } = encoded(message);
    this.#writtenBytes += frame.length;
    alone[0] = this.#socket;
    broadcast(alone, message.frame as EncodedMessage);
  }

  /** `now`: milliseconds of performance.now(). */
  checkSends(now: number): void {
    const { bufferedBytes } = this.#socket;
    const takenBytes = this.#writtenBytes - bufferedBytes;
    const isMoving = bufferedBytes === 0 || takenBytes > this.#takenBytes;
    this.#takenBytes = takenBytes;
    if (isMoving) this.#stuckSince = undefined;
    else if (this.#stuckSince === undefined) this.#stuckSince = Math.ceil(now);
    else if (now - this.#stuckSince >= this.#sendTimeoutMs && this.#error === undefined) {
      this.#error = new HubServerError('connection-lost', `The client has read nothing for ${this.#sendTimeoutMs} ms.`);
      this.#socket.abort(this.#error);
    }
  }

  #send(message: WireMessage): Promise<unknown> {
    if (message.isShared) return this.#socket.send(encoded(message));
    const { data, format } = message;
    const type = typeOf(format);
    return typeof data === 'string' && type === 'text' ? this.#socket.send(data) : this.#socket.send(data, { type });
  }
}

/** For a broadcast to one; nobody keeps it. */
const alone: WebSocketConnection[] = [];

const typeOf = (format: TransferFormat): 'text' | 'binary' => (format === 'Text' ? 'text' : 'binary');

/** Encoded once for all. */
function encoded(message: WireMessage): EncodedMessage {
  message.frame ??= encodeMessage(message.data, { type: typeOf(message.format) });
  return message.frame as EncodedMessage;
}

/** 1006 is the network's doing, which stateful reconnect forgives; others are our answer to a client that broke the rules. */
function lossOf(code: number): Error {
  const text = `The WebSocket was lost (close code ${code}).`;
  return code === 1006 ? new HubServerError('connection-lost', text) : new Error(text);
}
