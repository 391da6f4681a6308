// From the link to the dispatcher, one message after the other (§8.3), until the connection ends.
import type { ConnectionEnd } from '../connection/end.ts';
import { HubServerError } from '../errors.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { MessageReader } from '../protocol/protocol.ts';
import type { TransportLink } from './link.ts';

export interface MessageSink {
  readonly isEnded: boolean;
  /** A promise when the next message has to wait. Never rejects. */
  handle(message: HubMessage): Promise<void> | undefined;
}

/** Why there is nothing more to read; never rejects. What the sink says when it has ended is its own business. */
export async function readMessages(
  link: TransportLink,
  reader: MessageReader,
  sink: MessageSink,
): Promise<ConnectionEnd> {
  try {
    for (;;) {
      for (let message = reader.next(); message !== undefined; message = reader.next()) {
        const wait = sink.handle(message);
        if (wait !== undefined) await wait;
        if (sink.isEnded) return { kind: 'transport-closed' };
      }
      const chunk = link.tryReceive() ?? (await link.receive());
      if (sink.isEnded) return { kind: 'transport-closed' };
      if (chunk === undefined) break;
      reader.push(chunk);
    }
    if (reader.hasPartialMessage) {
      throw new HubServerError('invalid-message', 'Connection terminated while reading a message.');
    }
    return { kind: 'transport-closed' };
  } catch (error) {
    return error instanceof HubServerError ? { kind: 'failed', error } : { kind: 'transport-lost', error };
  }
}
