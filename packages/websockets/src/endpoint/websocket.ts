// The object you hold: checks arguments, gives the driver's promises to the app. The same for server and client.
import { isUtf8 } from 'node:buffer';
import { bytesOf, mustBeBoolean, mustBeMessageType, mustBeObject, unfit } from '../arguments.ts';
import { WebSocketError } from '../errors.ts';
import type { Message, MessageFragment } from '../protocol/message-parts.ts';
import { isCloseCode, maxControlPayloadBytes } from '../protocol/opcodes.ts';
import type { Driver } from './driver.ts';
import { EncodedMessage, type MessageData } from './encoded-message.ts';
import { Messages } from './messages.ts';

/** How a connection ended. */
export interface CloseInfo {
  /** The peer's close code; 1005 when it sent none, 1006 when the transport was lost, or our own code of a failed connection. */
  readonly code: number;
  readonly reason: string;
  /** True when both Close frames were exchanged (RFC 6455 §7.1.4). */
  readonly clean: boolean;
}

export interface SendOptions {
  /** Default: `text` for a string, `binary` for bytes. Bytes sent as `text` must be UTF-8 (checked for whole messages). */
  type?: 'text' | 'binary';
  /** False: more of the same message follows by the next `send`. Default true. */
  endOfMessage?: boolean;
  /**
   * False: not compressed, whatever was agreed on; for secrets beside data that somebody else chose (CRIME, BREACH).
   * Default true: compressed where permessage-deflate was agreed on and it makes the message smaller. The first part
   * decides for a message in parts.
   */
  compress?: boolean;
}

const noBytes = new Uint8Array(0);

/** @internal The driver of a connection, for a broadcast. */
export let driverOf: (connection: WebSocketConnection) => Driver;

export class WebSocketConnection implements AsyncIterable<Message>, AsyncDisposable {
  readonly #driver: Driver;
  /** The sub-protocol that was agreed on, empty for none. */
  readonly subprotocol: string;
  /** The extensions that were agreed on, as the server's answer names them; empty for none. */
  readonly extensions: string;
  readonly #isHandlerOwned: boolean;

  static {
    driverOf = connection => connection.#driver;
  }

  /** @internal Made by `acceptWebSocket` and `connectWebSocket`. */
  constructor(driver: Driver, subprotocol: string, extensions: string, isHandlerOwned: boolean) {
    this.#driver = driver;
    this.subprotocol = subprotocol;
    this.extensions = extensions;
    this.#isHandlerOwned = isHandlerOwned;
  }

  /** True until a Close frame was sent or received or the transport is gone. */
  get isOpen(): boolean {
    return this.#driver.isOpen;
  }

  /** Bytes sent by the app and not yet taken by the kernel, with frame headers. */
  get bufferedBytes(): number {
    return this.#driver.bufferedBytes;
  }

  /** Resolves when the transport is gone; never rejects. */
  get closed(): Promise<CloseInfo> {
    return this.#driver.closed.then(({ code, reason, clean }) => ({ code, reason, clean }));
  }

  /**
   * The next message; `undefined` after a clean end (also when `close()` was called here). One call at a time. While
   * nobody takes messages, at most `receiveAheadBytes` are read ahead and the peer is slowed down.
   * Rejects with the reason the connection was lost for (`connection-lost`, `keep-alive-timeout`, a protocol error …).
   */
  receive(): Promise<Message | undefined> {
    return this.#driver.receive();
  }

  /** The next message if it has arrived already, without a promise: `tryReceive() ?? (await receive())` is the cheapest loop. */
  tryReceive(): Message | undefined {
    return this.#driver.tryReceive();
  }

  /** Messages until the connection ends; throws where `receive()` rejects. Leaving the loop early does not close. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined, void> {
    return new Messages(this.#driver);
  }

  /**
   * Messages in pieces as they arrive, for those larger than memory: every piece is `{ type, data, endOfMessage }`, a text
   * cut between characters, the last piece of a message maybe empty. `maxMessageBytes` and `maxFragments` do not apply,
   * because nothing is kept; the peer is slowed down to the pace of the loop. Leaving the loop inside a message is fine:
   * another `fragments()` goes on there, `receive()` skips to the next message. A connection that ends inside a message
   * ends the loop without `endOfMessage`. Throws where `receive()` rejects.
   */
  async *fragments(): AsyncGenerator<MessageFragment, void, void> {
    for (;;) {
      const fragment = await this.#driver.receiveFragment();
      if (fragment === undefined) return;
      yield fragment;
    }
  }

  /**
   * Sends one message. Resolves `sent` when the kernel has it (`dropped` under `outputPolicy: 'drop'`), so awaiting it
   * keeps to the peer's pace; several sends without awaiting leave in one write. A promise that is not awaited is never
   * an unhandled rejection when the connection is lost. Bytes of 16 KiB or more must stay as they are until then.
   * Rejects with `connection-closed`, `message-open`, `invalid-text`, `invalid-argument`, `output-limit`, or as `receive()`.
   */
  send(data: MessageData | EncodedMessage, options?: SendOptions): Promise<'sent' | 'dropped'> {
    try {
      if (typeof data === 'string' && options === undefined) return this.#driver.send('text', data, true, true);
      if (options !== undefined) mustBeSendOptions(options, data);
      const compress = options?.compress ?? true;
      if (data instanceof EncodedMessage) return this.#driver.sendEncoded(data, compress);
      const bytes = typeof data === 'string' ? data : bytesOf(data);
      const type = options?.type ?? (typeof data === 'string' ? 'text' : 'binary');
      const isFinal = options?.endOfMessage ?? true;
      const isWhole = isFinal && !this.#driver.hasOpenMessage;
      if (type === 'text' && typeof bytes !== 'string' && isWhole && !isUtf8(bytes)) {
        throw new WebSocketError('invalid-text', 'Bytes sent as text are not valid UTF-8');
      }
      return this.#driver.send(
        type,
        typeof bytes === 'string' && type === 'binary' ? Buffer.from(bytes) : bytes,
        isFinal,
        compress,
      );
    } catch (error) {
      return refused(error);
    }
  }

  /** Sends a ping; resolves when the kernel has it. Rejects with `control-payload-too-long`, `connection-closed`. */
  ping(payload: MessageData = noBytes): Promise<'sent' | 'dropped'> {
    try {
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : bytesOf(payload);
      if (bytes.length > maxControlPayloadBytes) {
        throw new WebSocketError('control-payload-too-long', `A ping of ${bytes.length} bytes is over 125`);
      }
      return this.#driver.ping(bytes);
    } catch (error) {
      return refused(error);
    }
  }

  /**
   * Closes with the closing handshake (RFC 6455 §7) and resolves as `closed` does, `closeTimeoutMs` later at most.
   * Received messages that were not taken yet are dropped. Without effect on a connection that is closing already.
   * Throws `invalid-argument`, `invalid-close-code`, `close-reason-too-long`.
   */
  close(code = 1000, reason = ''): Promise<CloseInfo> {
    if (typeof code !== 'number') throw unfit('A close code', code);
    if (typeof reason !== 'string') throw unfit('A close reason', reason);
    if (!isCloseCode(code)) throw new WebSocketError('invalid-close-code', `Close code ${code} may not be sent`);
    if (Buffer.byteLength(reason) > maxControlPayloadBytes - 2) {
      throw new WebSocketError('close-reason-too-long', 'The close reason is over 123 bytes of UTF-8');
    }
    this.#driver.close(code, reason);
    return this.closed;
  }

  /** Drops the connection without a closing handshake; whoever waits gets `connection-aborted`. */
  abort(cause?: unknown): void {
    this.#driver.abort(new WebSocketError('connection-aborted', 'The connection was aborted', { cause }));
  }

  /**
   * Closes with 1000. In a handler run by `useWebSockets` it returns at once and the close follows in the next turn, so
   * that an error on its way out of the handler still closes with 1011; elsewhere it waits until the connection is gone.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isHandlerOwned) await this.close();
    else setImmediate(closeNormally, this);
  }
}

function closeNormally(connection: WebSocketConnection): void {
  void connection.close();
}

/** Throws `invalid-argument`. */
function mustBeSendOptions(options: SendOptions, data: unknown): void {
  mustBeObject('The options of send', options);
  const { type, endOfMessage, compress } = options;
  mustBeMessageType(type);
  mustBeBoolean('endOfMessage', endOfMessage);
  mustBeBoolean('compress', compress);
  if (!(data instanceof EncodedMessage)) return;
  if (endOfMessage === false || (type !== undefined && type !== data.type))
    throw new WebSocketError('invalid-argument', 'An encoded message is whole and has its type already');
}

/** Throws `invalid-argument`. */
export function mustBeConnection(value: unknown): void {
  if (!(value instanceof WebSocketConnection)) throw unfit('A connection', value);
}

/** A closed connection is no surprise to somebody who does not wait; wrong arguments stay loud. */
function refused(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  const isExpected =
    error instanceof WebSocketError && (error.code === 'connection-closed' || error.code === 'output-limit');
  if (isExpected) promise.catch(() => {});
  return promise;
}
