// The WebSockets transport (§4.1): frames are a byte stream, whatever their opcode; each message goes out as one frame
// of the protocol's kind, all frames of a tick in one write.
import {
  type AnyRequest,
  type AnyResponse,
  acceptWebSocket,
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
  return new WebSocketTransport(socket);
}

class WebSocketTransport implements Transport {
  readonly name = 'WebSockets';
  readonly transferFormats = transferFormats;
  readonly #socket: WebSocketConnection;

  constructor(socket: WebSocketConnection) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  whenClosed(told: (error: Error | undefined) => void): void {
    void this.#socket.closed.then(({ clean, code }) => told(clean ? undefined : lossOf(code)));
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
    const type = message.format === 'Text' ? 'text' : 'binary';
    if (message.isShared) {
      message.frame ??= encodeMessage(message.data, { type });
      return this.#socket.send(message.frame as ReturnType<typeof encodeMessage>);
    }
    const { data } = message;
    return typeof data === 'string' && type === 'text' ? this.#socket.send(data) : this.#socket.send(data, { type });
  }
}

/** 1006 is the network's doing, which stateful reconnect forgives; others are our answer to a client that broke the rules. */
function lossOf(code: number): Error {
  const text = `The WebSocket was lost (close code ${code}).`;
  return code === 1006 ? new HubServerError('connection-lost', text) : new Error(text);
}
