// One message to many connections: encoded once, written once per connection and tick.
import { mustBeBoolean, mustBeObject, unfit } from '../arguments.ts';
import { EncodedMessage, encodeMessage, type MessageData } from './encoded-message.ts';
import { driverOf, mustBeConnection, type WebSocketConnection } from './websocket.ts';

/**
 * Sends to every open connection, deflated once for all that agreed on it (not with `compress: false`); gives how many that were. Does not wait for slow ones: bound what they may hold up
 * with `outputPolicy: 'drop'` or `'close'`. Throws `invalid-text`, `invalid-argument`.
 */
export function broadcast(
  connections: Iterable<WebSocketConnection>,
  data: MessageData | EncodedMessage,
  options: { type?: 'text' | 'binary'; compress?: boolean } = {},
): number {
  mustBeObject('The options of broadcast', options);
  mustBeBoolean('compress', options.compress);
  if (typeof connections?.[Symbol.iterator] !== 'function') throw unfit('The connections of a broadcast', connections);
  const message = data instanceof EncodedMessage ? data : encodeMessage(data, options);
  const sendOptions = options.compress === false ? { compress: false } : undefined;
  let count = 0;
  for (const connection of connections) {
    mustBeConnection(connection);
    if (!connection.isOpen) continue;
    // Nobody waits here, so thousands of promises need not be made.
    if (!driverOf(connection).tryQueue(message)) void connection.send(message, sendOptions);
    count += 1;
  }
  return count;
}
