// A hub client for tests, over a memory transport: what @microsoft/signalr does, in as much as hubs can tell, plus a look at
// every message. It fits `typedConnection`.
import { formatErrorDetail } from '../protocol/error-text.ts';
import { type CloseMessage, errorCompletion, type HubMessage, resultCompletion } from '../protocol/messages.ts';
import type { HubProtocol, MessageReader } from '../protocol/protocol.ts';
import type { ClientConnection, ClientStream } from '../typed-connection.ts';
import type { MemoryLink } from './memory-transport.ts';
import { ReceivedStream } from './received-stream.ts';

type Handler = (...args: unknown[]) => unknown;

interface OpenCall {
  item(item: unknown): void;
  end(error: Error | undefined, result: unknown): void;
}

export class TestClient implements ClientConnection, AsyncDisposable {
  readonly connectionId: string;
  /** All that has come, in order, pings included. */
  readonly messages: HubMessage[] = [];
  /** How it ended: the server's Close message, `undefined` when there was none. */
  readonly closed: Promise<CloseMessage | undefined>;
  readonly #link: MemoryLink;
  readonly #protocol: HubProtocol;
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #calls = new Map<string, OpenCall>();
  /** Calls from the server that no `next` has taken, by lower-case name. */
  readonly #unread = new Map<string, unknown[][]>();
  readonly #waiting = new Map<string, PromiseWithResolvers<unknown[]>[]>();
  #close: CloseMessage | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(link: MemoryLink, protocol: HubProtocol, reader: MessageReader, connectionId: string) {
    this.#link = link;
    this.#protocol = protocol;
    this.connectionId = connectionId;
    this.closed = this.#read(reader);
  }

  invoke<T = unknown>(methodName: string, ...args: unknown[]): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#start('invocation', methodName, args, {
      item: () => {},
      end: (error, result) => (error === undefined ? resolve(result) : reject(error)),
    });
    return promise as Promise<T>;
  }

  async send(methodName: string, ...args: unknown[]): Promise<void> {
    this.#start('invocation', methodName, args);
  }

  /** To subscribe to, or to iterate over; leaving the loop cancels. */
  stream<T = unknown>(methodName: string, ...args: unknown[]): ReceivedStream<T> {
    const stream = new ReceivedStream<T>(() => this.write({ type: 'cancel-invocation', invocationId }));
    const invocationId = this.#start('stream-invocation', methodName, args, stream);
    return stream;
  }

  on(methodName: string, handler: Handler): void {
    const name = methodName.toLowerCase();
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
  }

  off(methodName: string, handler: Handler): void {
    this.#handlers.get(methodName.toLowerCase())?.delete(handler);
  }

  /** The arguments of the next call of this method from the server: one that has come already, or the first that comes. */
  next(methodName: string): Promise<unknown[]> {
    const name = methodName.toLowerCase();
    const unread = this.#unread.get(name)?.shift();
    if (unread !== undefined) return Promise.resolve(unread);
    if (this.#isClosed) return Promise.reject(new Error(`The connection ended before '${methodName}' was called.`));
    const waiting = Promise.withResolvers<unknown[]>();
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), waiting]);
    return waiting.promise;
  }

  /** From the first one on, the server minds a client that falls silent. */
  ping(): void {
    this.write({ type: 'ping' });
  }

  /** Any message, as it is. */
  write(message: HubMessage): void {
    this.#link.send(this.#protocol.write(message));
  }

  /** Says goodbye as the official client does on `stop()`. Resolves when the server has closed. */
  async close(): Promise<void> {
    if (!this.#isClosed) this.write({ type: 'close' });
    await this.closed;
  }

  /** The connection is cut. */
  async cut(): Promise<void> {
    this.#link.cut();
    await this.closed;
  }

  /** Reads nothing until `resume`: a slow client. */
  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(type: 'invocation' | 'stream-invocation', target: string, args: unknown[], call?: OpenCall): string {
    const uploads = args.filter(isUpload);
    const streamIds = uploads.map(() => this.#newId());
    const invocationId = this.#newId();
    const sent = { target, arguments: args.filter(arg => !isUpload(arg)), streamIds };
    if (this.#isClosed) call?.end(new Error('The connection has ended.'), undefined);
    else if (call !== undefined) this.#calls.set(invocationId, call);
    if (type === 'stream-invocation') this.write({ type, invocationId, ...sent });
    else this.write({ type, ...(call === undefined ? {} : { invocationId }), ...sent });
    for (const [at, upload] of uploads.entries()) void this.#upload(streamIds[at]!, upload);
    return invocationId;
  }

  async #upload(invocationId: string, source: AsyncIterable<unknown> | ClientStream<unknown>): Promise<void> {
    const end = (error?: unknown): void =>
      this.write({
        type: 'completion',
        invocationId,
        hasResult: false,
        ...(error === undefined ? {} : { error: String(error) }),
      });
    const item = (value: unknown): void => this.write({ type: 'stream-item', invocationId, item: value });
    if ('subscribe' in source) {
      source.subscribe({ next: item, error: end, complete: end });
      return;
    }
    try {
      for await (const value of source) item(value);
      end();
    } catch (error) {
      end(error);
    }
  }

  #newId(): string {
    this.#lastId += 1;
    return String(this.#lastId - 1);
  }

  async #read(reader: MessageReader): Promise<CloseMessage | undefined> {
    for (;;) {
      for (let message = reader.next(); message !== undefined; message = reader.next()) this.#take(message);
      const chunk = await this.#link.receive().catch(() => undefined);
      if (chunk === undefined) break;
      reader.push(chunk);
    }
    this.#isClosed = true;
    this.#link.close();
    const error = new Error(this.#close?.error ?? 'The connection has ended.');
    for (const call of this.#calls.values()) call.end(error, undefined);
    for (const waiting of [...this.#waiting.values()].flat()) waiting.reject(error);
    return this.#close;
  }

  #take(message: HubMessage): void {
    this.messages.push(message);
    switch (message.type) {
      case 'invocation':
        void this.#called(message.target, message.arguments, message.invocationId);
        break;
      case 'stream-item':
        this.#calls.get(message.invocationId)?.item(message.item);
        break;
      case 'completion': {
        const call = this.#calls.get(message.invocationId);
        this.#calls.delete(message.invocationId);
        call?.end(message.error === undefined ? undefined : new Error(message.error), message.result);
        break;
      }
      case 'close':
        this.#close = message;
        break;
    }
  }

  async #called(target: string, args: readonly unknown[], invocationId: string | undefined): Promise<void> {
    const name = target.toLowerCase();
    const handlers = [...(this.#handlers.get(name) ?? [])];
    const waiting = this.#waiting.get(name)?.shift();
    if (waiting !== undefined) waiting.resolve([...args]);
    else if (handlers.length === 0) this.#unread.set(name, [...(this.#unread.get(name) ?? []), [...args]]);
    let result: unknown;
    let failure: unknown;
    for (const handler of handlers) {
      try {
        result = await handler(...args);
      } catch (error) {
        failure = error;
      }
    }
    if (invocationId === undefined || this.#isClosed) return;
    if (failure !== undefined) this.write(errorCompletion(invocationId, formatErrorDetail(failure, true).trim()));
    else if (result === undefined) this.write(errorCompletion(invocationId, "Client didn't provide a result."));
    else this.write(resultCompletion(invocationId, result));
  }
}

function isUpload(value: unknown): value is AsyncIterable<unknown> | ClientStream<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || typeof (value as { subscribe?: unknown }).subscribe === 'function';
}
