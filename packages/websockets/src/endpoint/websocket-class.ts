// A class with the browser's `WebSocket` interface over our client, for libraries that take such a class
// (`@microsoft/signalr`'s `WebSocket` option): it dials where the URL says, or always the same Unix socket.
// WHATWG WebSockets §3 is the authority; where a program can do more than a page, the constructor's third argument says so.
import { bytesOf, mustBeObject } from '../arguments.ts';
import { type ClientOptions, resolveClientOptions } from '../client-options.ts';
import { WebSocketError } from '../errors.ts';
import { isToken } from '../handshake/header-values.ts';
import { parseUrl } from '../handshake/url.ts';
import type { Message } from '../protocol/message-parts.ts';
import { connectWebSocket } from './client.ts';
import type { WebSocketConnection } from './websocket.ts';

/** What binary messages arrive as; `nodebuffer` is ours, and cheapest. */
export type BinaryType = 'arraybuffer' | 'blob' | 'nodebuffer';

/** What `createWebSocketClass` builds into the class: options of every connection made by it. */
export type WebSocketClassOptions = Omit<ClientOptions, 'subprotocols' | 'signal'>;

type Handler<E extends Event> = ((event: E) => unknown) | null;
type EventName = 'open' | 'message' | 'error' | 'close';
type Sendable = string | ArrayBuffer | ArrayBufferView | Blob;

const binaryTypes: readonly unknown[] = ['arraybuffer', 'blob', 'nodebuffer'];

/** A WebSocket with the browser's interface; the third argument of its constructor adds options, as headers in `ws`. */
export class BrowserWebSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  /** With `http:` and `https:` turned into `ws:` and `wss:`. */
  readonly url: string;
  readonly #origin: string;
  readonly #handlers = new Map<EventName, Handler<Event>>();
  readonly #abort = new AbortController();
  #binaryType: BinaryType = 'blob';
  #readyState: 0 | 1 | 2 | 3 = 0;
  #connection: WebSocketConnection | undefined;
  #bufferedAmount = 0;
  /** Set while a `Blob` is being read: what is sent meanwhile goes behind it. */
  #sending: Promise<unknown> | undefined;

  /** Throws a `SyntaxError` DOMException for a wrong URL or sub-protocol, `invalid-argument` for a wrong option. */
  constructor(url: string | URL, protocols: string | readonly string[] = [], options: WebSocketClassOptions = {}) {
    super();
    const parsed = parseUrl(url);
    if (parsed === undefined) throw new DOMException('The URL is no ws: or wss: URL without a fragment', 'SyntaxError');
    const subprotocols: readonly unknown[] = Array.isArray(protocols) ? [...protocols] : [protocols];
    if (!areSubprotocols(subprotocols)) {
      throw new DOMException('Sub-protocols must be different tokens', 'SyntaxError');
    }
    mustBeObject('The options of a WebSocket', options);
    resolveClientOptions({ ...options, subprotocols });
    this.url = parsed.href;
    this.#origin = `${parsed.protocol}//${parsed.host}`;
    void this.#run({ ...options, subprotocols, signal: this.#abort.signal });
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState === 1 && this.#connection?.isOpen === false ? 2 : this.#readyState;
  }

  get protocol(): string {
    return this.#connection?.subprotocol ?? '';
  }

  /** The extensions in use. */
  get extensions(): string {
    return this.#connection?.extensions ?? '';
  }

  /** Bytes of messages that were sent and are not with the kernel yet; grows only, once closing. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  /** Anything that is no `BinaryType` is ignored, as in the browser. */
  set binaryType(type: BinaryType) {
    if (binaryTypes.includes(type)) this.#binaryType = type;
  }

  get onopen(): Handler<Event> {
    return this.#handlers.get('open') ?? null;
  }

  set onopen(handler: Handler<Event>) {
    this.#setHandler('open', handler);
  }

  get onmessage(): Handler<MessageEvent> {
    return (this.#handlers.get('message') as Handler<MessageEvent> | undefined) ?? null;
  }

  set onmessage(handler: Handler<MessageEvent>) {
    this.#setHandler('message', handler as Handler<Event>);
  }

  get onerror(): Handler<Event> {
    return this.#handlers.get('error') ?? null;
  }

  set onerror(handler: Handler<Event>) {
    this.#setHandler('error', handler);
  }

  get onclose(): Handler<CloseEvent> {
    return (this.#handlers.get('close') as Handler<CloseEvent> | undefined) ?? null;
  }

  set onclose(handler: Handler<CloseEvent>) {
    this.#setHandler('close', handler as Handler<Event>);
  }

  get [Symbol.toStringTag](): string {
    return 'WebSocket';
  }

  /** As in the browser: throws an `InvalidStateError` while connecting, sends nothing once closing. */
  send(data: Sendable): void {
    if (this.#readyState === 0) throw new DOMException('The WebSocket is still connecting', 'InvalidStateError');
    const message = typeof data === 'string' || data instanceof Blob ? data : bytesOf(data);
    const bytes =
      typeof message === 'string'
        ? Buffer.byteLength(message)
        : message instanceof Blob
          ? message.size
          : message.length;
    this.#bufferedAmount += bytes;
    if (this.readyState !== 1) return;
    const sent = () => {
      this.#bufferedAmount -= bytes;
    };
    if (this.#sending === undefined && !(message instanceof Blob)) {
      void this.#connection?.send(message).then(sent, ignore);
      return;
    }
    const mine = Promise.resolve(this.#sending)
      .then(async () => {
        const ready = message instanceof Blob ? await message.arrayBuffer() : message;
        await this.#connection?.send(ready);
      })
      .then(sent, ignore)
      .finally(() => {
        if (this.#sending === mine) this.#sending = undefined;
      });
    this.#sending = mine;
  }

  /** Throws an `InvalidAccessError` for a code other than 1000 and 3000-4999. Without a code the Close frame says 1000. */
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
      throw new DOMException(`Close code ${code} is neither 1000 nor 3000-4999`, 'InvalidAccessError');
    }
    const words = reason === undefined ? undefined : String(reason);
    if (words !== undefined && Buffer.byteLength(words) > 123) {
      throw new DOMException('The close reason is over 123 bytes', 'SyntaxError');
    }
    if (this.#readyState >= 2) return;
    const wasConnecting = this.#readyState === 0;
    this.#readyState = 2;
    if (wasConnecting) this.#abort.abort();
    // What was sent before leaves before the Close frame.
    else if (this.#sending === undefined) void this.#connection?.close(code, words);
    else void this.#sending.then(() => this.#connection?.close(code, words));
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
        if (this.#readyState !== 1) continue;
        this.dispatchEvent(new MessageEvent('message', { data: this.#dataOf(message), origin: this.#origin }));
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
    if (message.type === 'text' || this.#binaryType === 'nodebuffer') return message.data;
    const bytes = Uint8Array.from(message.data);
    return this.#binaryType === 'blob' ? new Blob([bytes]) : bytes.buffer;
  }

  /** A handler stands among the listeners where it was first set (HTML §8.1.8.1). */
  #setHandler(type: EventName, handler: Handler<Event>): void {
    const isNew = !this.#handlers.has(type);
    this.#handlers.set(type, typeof handler === 'function' ? handler : null);
    if (isNew) this.addEventListener(type, event => this.#handlers.get(type)?.call(this, event));
  }
}

function areSubprotocols(values: readonly unknown[]): values is readonly string[] {
  return new Set(values).size === values.length && values.every(value => typeof value === 'string' && isToken(value));
}

function ignore(): void {}

/** What a library takes in place of the global `WebSocket`. */
export interface WebSocketClass {
  new (url: string | URL, protocols?: string | readonly string[], options?: WebSocketClassOptions): BrowserWebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/**
 * A class to be used like the browser's `WebSocket`, with these options built in: `{ socketPath }` dials a Unix socket.
 * Throws `invalid-argument` for a wrong option.
 */
export function createWebSocketClass(classOptions: WebSocketClassOptions = {}): WebSocketClass {
  resolveClientOptions(classOptions);
  return class WebSocket extends BrowserWebSocket {
    constructor(url: string | URL, protocols?: string | readonly string[], options: WebSocketClassOptions = {}) {
      mustBeObject('The options of a WebSocket', options);
      super(url, protocols, { ...classOptions, ...options, headers: { ...classOptions.headers, ...options.headers } });
    }
  };
}
