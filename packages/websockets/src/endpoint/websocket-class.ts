// A class with the browser's `WebSocket` interface over our client, for libraries that take such a class
// (`@microsoft/signalr`'s `WebSocket` option): it dials where the URL says, or always the same Unix socket.
import { WebSocketError } from '../errors.ts';
import type { ClientOptions } from '../client-options.ts';
import type { Message } from '../protocol/message-assembler.ts';
import { connectWebSocket } from './client.ts';
import { bytesOf, type WebSocketConnection } from './websocket.ts';

export type BinaryType = 'arraybuffer' | 'blob' | 'nodebuffer';

/** What `createWebSocketClass` builds into the class: options of every connection made by it. */
export type WebSocketClassOptions = Omit<ClientOptions, 'subprotocols' | 'signal'>;

type Handler<E extends Event> = ((event: E) => unknown) | null;

/** A WebSocket with the browser's interface; the third argument of its constructor adds headers, as in `ws`. */
export class BrowserWebSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  onopen: Handler<Event> = null;
  onmessage: Handler<MessageEvent> = null;
  onerror: Handler<Event> = null;
  onclose: Handler<CloseEvent> = null;
  binaryType: BinaryType = 'blob';
  readonly url: string;
  #readyState: 0 | 1 | 2 | 3 = 0;
  #connection: WebSocketConnection | undefined;
  readonly #abort = new AbortController();

  constructor(url: string | URL, protocols: string | readonly string[] = [], options: WebSocketClassOptions = {}) {
    super();
    this.url = String(url);
    for (const type of ['open', 'message', 'error', 'close'] as const) {
      this.addEventListener(type, event => (this[`on${type}`] as Handler<Event>)?.call(this, event));
    }
    void this.#run({
      ...options,
      subprotocols: typeof protocols === 'string' ? [protocols] : protocols,
      signal: this.#abort.signal,
    });
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState === 1 && this.#connection?.isOpen === false ? 2 : this.#readyState;
  }

  get protocol(): string {
    return this.#connection?.subprotocol ?? '';
  }

  get extensions(): string {
    return '';
  }

  get bufferedAmount(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /** As in the browser: throws while connecting, sends nothing once closing. */
  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.#readyState === 0) throw new DOMException('The WebSocket is still connecting', 'InvalidStateError');
    void this.#connection?.send(typeof data === 'string' ? data : bytesOf(data));
  }

  /** Without a code the Close frame says 1000. */
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`Close code ${code} is neither 1000 nor 3000-4999`, 'InvalidAccessError');
    }
    if (reason !== undefined && Buffer.byteLength(reason) > 123) {
      throw new DOMException('The close reason is over 123 bytes', 'SyntaxError');
    }
    if (this.#readyState >= 2) return;
    const wasConnecting = this.#readyState === 0;
    this.#readyState = 2;
    if (wasConnecting) this.#abort.abort();
    else void this.#connection?.close(code, reason);
  }

  async #run(options: ClientOptions): Promise<void> {
    try {
      this.#connection = await connectWebSocket(this.url, options);
    } catch (error) {
      return this.#ended(1006, '', false, error);
    }
    const connection = this.#connection;
    this.#readyState = 1;
    this.dispatchEvent(new Event('open'));
    let cause: unknown;
    try {
      for await (const message of connection) {
        this.dispatchEvent(new MessageEvent('message', { data: this.#dataOf(message) }));
      }
    } catch (error) {
      cause = error;
    }
    const { code, reason, clean } = await connection.closed;
    this.#ended(code, reason, clean, cause);
  }

  #ended(code: number, reason: string, wasClean: boolean, error: unknown): void {
    this.#readyState = 3;
    if (error !== undefined) {
      const message = error instanceof WebSocketError ? error.message : 'The WebSocket was closed before it opened';
      this.dispatchEvent(new ErrorEvent('error', { error, message }));
    }
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }));
  }

  #dataOf(message: Message): string | ArrayBuffer | Blob | Buffer {
    if (message.type === 'text' || this.binaryType === 'nodebuffer') return message.data;
    const bytes = Uint8Array.from(message.data);
    return this.binaryType === 'blob' ? new Blob([bytes]) : bytes.buffer;
  }
}

/** What a library takes in place of the global `WebSocket`. */
export interface WebSocketClass {
  new (url: string | URL, protocols?: string | readonly string[], options?: WebSocketClassOptions): BrowserWebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/** A class to be used like the browser's `WebSocket`, with these options built in: `{ socketPath }` dials a Unix socket. */
export function createWebSocketClass(classOptions: WebSocketClassOptions = {}): WebSocketClass {
  return class WebSocket extends BrowserWebSocket {
    constructor(url: string | URL, protocols?: string | readonly string[], options: WebSocketClassOptions = {}) {
      super(url, protocols, { ...classOptions, ...options, headers: { ...classOptions.headers, ...options.headers } });
    }
  };
}
