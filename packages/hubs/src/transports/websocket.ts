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
  /** Forgotten as soon as nothing waits: an idle connection holds none. */
  #lastSend: Promise<unknown> | undefined;
  /** Since when the kernel has not taken what was the last send then. */
  #stuck: { readonly since: number } | undefined;
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
    this.#lastSend = this.#send(message);
    return this.#lastSend;
  }

  /** `now`: milliseconds of performance.now(). */
  checkSends(now: number): void {
    if (this.#socket.bufferedBytes === 0) {
      this.#lastSend = undefined;
      this.#stuck = undefined;
    } else if (this.#stuck !== undefined) {
      if (now - this.#stuck.since < this.#sendTimeoutMs || this.#error !== undefined) return;
      this.#error = new HubServerError('connection-lost', `The client has read nothing for ${this.#sendTimeoutMs} ms.`);
      this.#socket.abort(this.#error);
    } else if (this.#lastSend !== undefined) {
      const stuck = { since: now };
      this.#stuck = stuck;
      const taken = () => {
        if (this.#stuck === stuck) this.#stuck = undefined;
      };
      this.#lastSend.then(taken, taken);
    }
  }

  #send(message: WireMessage): Promise<unknown> {
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
