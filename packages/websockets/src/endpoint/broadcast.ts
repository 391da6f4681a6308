// One message to many connections: encoded once, written once per connection and tick.
import { type EncodedMessage, encodeMessage } from './encoded-message.ts';
import { driverOf, type WebSocketConnection } from './websocket.ts';

/**
 * Sends to every open connection, deflated once for all that agreed on it (not with `compress: false`); gives how many that were. Does not wait for slow ones: bound what they may hold up
 * with `outputPolicy: 'drop'` or `'close'`. Throws `invalid-text`.
 */
export function broadcast(
  connections: Iterable<WebSocketConnection>,
  data: string | Uint8Array | EncodedMessage,
  options?: { type?: 'text' | 'binary'; compress?: boolean },
): number {
  const message = typeof data === 'string' || data instanceof Uint8Array ? encodeMessage(data, options) : data;
  const sendOptions = options?.compress === false ? { compress: false } : undefined;
  let count = 0;
  for (const connection of connections) {
    if (!connection.isOpen) continue;
    // Nobody waits here, so thousands of promises need not be made.
    if (!driverOf(connection).tryQueue(message)) void connection.send(message, sendOptions);
    count += 1;
  }
  return count;
}
