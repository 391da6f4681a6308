// A connection as a Node stream: a Duplex of bytes, or of whole messages in object mode. It reads one message at a time and
// only when asked, and a write is done when the kernel has it, so pipes keep to the pace of both ends.
import { Duplex } from 'node:stream';
import { mustBeBoolean, mustBeMessageType, mustBeObject } from '../arguments.ts';
import type { MessageData } from './encoded-message.ts';
import { mustBeConnection, type WebSocketConnection } from './websocket.ts';

export interface NodeStreamOptions {
  /**
   * False (default): a stream of bytes; text arrives as its UTF-8 bytes, every write leaves as one binary message.
   * True: every chunk is a message, a string for text and a `Buffer` for binary, both ways.
   */
  objectMode?: boolean;
  /** Type of the messages that writes become, whatever they are. Default: binary, or in object mode by the chunk. */
  type?: 'text' | 'binary';
}

/**
 * A Duplex over a connection, which must not be read in other ways from then on. The peer's close ends both sides; a lost
 * connection destroys the stream with its `WebSocketError`. A WebSocket cannot be closed by half: `end()` closes it with
 * 1000 when everything written has left, and what the peer still sends is dropped. `destroy()` closes with 1011 when given
 * an error, else drops the connection. Throws `invalid-argument`.
 */
export function toNodeStream(connection: WebSocketConnection, options: NodeStreamOptions = {}): Duplex {
  mustBeConnection(connection);
  mustBeObject('The options of a stream', options);
  mustBeBoolean('objectMode', options.objectMode);
  mustBeMessageType(options.type);
  return new ConnectionStream(connection, options);
}

class ConnectionStream extends Duplex {
  readonly #connection: WebSocketConnection;
  readonly #isByMessage: boolean;
  readonly #sendOptions: { type: 'text' | 'binary' } | undefined;
  #isReading = false;

  constructor(connection: WebSocketConnection, { objectMode = false, type }: NodeStreamOptions) {
    super({
      allowHalfOpen: false,
      objectMode,
      // A message may be large: none is fetched ahead of the one being looked at.
      ...(objectMode ? { readableHighWaterMark: 1, writableHighWaterMark: 1 } : {}),
    });
    this.#connection = connection;
    this.#isByMessage = objectMode;
    const fixed = type ?? (objectMode ? undefined : 'binary');
    this.#sendOptions = fixed === undefined ? undefined : { type: fixed };
    // Also without a reader the end is noticed, once everything received before it has been read.
    void connection.closed.then(() => this._read());
  }

  override _read(): void {
    if (!this.#isReading && !this.readableEnded && !this.destroyed) void this.#readOn();
  }

  override _write(chunk: MessageData, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#connection.send(chunk, this.#sendOptions).then(
      () => done(),
      (error: Error) => done(error),
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.close().then(
      () => done(),
      (error: Error) => done(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error === null) this.#connection.abort();
    else void this.#connection.close(1_011);
    done(error);
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    try {
      for (;;) {
        const message = this.#connection.tryReceive() ?? (await this.#connection.receive());
        if (message === undefined) return void this.push(null);
        const isText = typeof message.data === 'string';
        if (!this.push(isText && !this.#isByMessage ? Buffer.from(message.data) : message.data)) return;
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.#isReading = false;
    }
  }
}
