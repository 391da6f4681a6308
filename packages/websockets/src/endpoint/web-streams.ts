// A connection as a pair of Web Streams. Pull on the readable side and awaited writes on the writable side keep to the pace
// of both ends; how the streams end becomes a close code, and a lost connection becomes an error of both streams.
import { WebSocketError } from '../errors.ts';
import { isCloseCode, maxControlPayloadBytes } from '../protocol/opcodes.ts';
import type { MessageData } from './encoded-message.ts';
import { type CloseInfo, mustBeConnection, type WebSocketConnection } from './websocket.ts';

export interface WebStreams {
  /** A chunk for each message: a string for text, a `Buffer` for binary. Cancelling it closes the connection. */
  readonly readable: ReadableStream<string | Uint8Array>;
  /** Each chunk leaves as one message. Closing it closes the connection with 1000, aborting it closes as cancelling does. */
  readonly writable: WritableStream<MessageData>;
  /** How the connection ended; never rejects. */
  readonly closed: Promise<CloseInfo>;
}

/**
 * Web Streams over a connection, which must not be read in other ways from then on. Nothing is read before it is asked for.
 * A clean end ends the readable; a lost connection errors both streams with its `WebSocketError`. The reason of `cancel()`
 * or `abort()` may carry `closeCode` and `reason` for the Close frame (1000, or 3000-4999); without them it says 1000 for a
 * `cancel()` and 1011 for an `abort()`. Throws `invalid-argument`.
 */
export function toWebStreams(connection: WebSocketConnection): WebStreams {
  mustBeConnection(connection);
  const readable = new ReadableStream<string | Uint8Array>(
    {
      async pull(controller) {
        const message = connection.tryReceive() ?? (await connection.receive());
        if (message === undefined) controller.close();
        else controller.enqueue(message.data);
      },
      async cancel(why) {
        await closeFor(connection, why, 1_000);
      },
    },
    { highWaterMark: 0 },
  );
  let isClosing = false;
  const writable = new WritableStream<MessageData>(
    {
      start(controller) {
        // A writer that waits for nothing learns of the end all the same.
        void connection.closed.then(info => {
          if (!isClosing) controller.error(ended(info));
        });
      },
      async write(chunk) {
        await connection.send(chunk);
      },
      async close() {
        isClosing = true;
        await connection.close();
      },
      async abort(why) {
        await closeFor(connection, why, 1_011);
      },
    },
    { highWaterMark: 1 },
  );
  return { readable, writable, closed: connection.closed };
}

/** What a writer gets that comes too late. */
function ended({ code, reason }: CloseInfo): WebSocketError {
  const because = reason === '' ? '' : `: ${JSON.stringify(reason)}`;
  return new WebSocketError('connection-closed', `The connection was closed with ${code}${because}`);
}

async function closeFor(connection: WebSocketConnection, why: unknown, otherwise: number): Promise<void> {
  const { closeCode, reason } = typeof why === 'object' && why !== null ? (why as Record<string, unknown>) : {};
  const code = typeof closeCode === 'number' && isCloseCode(closeCode) ? closeCode : otherwise;
  const isFit = typeof reason === 'string' && Buffer.byteLength(reason) <= maxControlPayloadBytes - 2;
  await connection.close(code, isFit ? reason : '');
}
