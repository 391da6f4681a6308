// What a hub protocol is: a name, a version, a reader for the byte stream of one connection and a writer of messages.
// The protocols there are stand in one table; the handshake picks by name.
import type { HubMessage } from './messages.ts';

export type TransferFormat = 'Text' | 'Binary';

/** One complete message (or several), ready for the wire. */
export type WireData = string | Uint8Array;

export interface HubProtocol {
  readonly name: string;
  /** Highest version spoken; lower ones are accepted too (§5). */
  readonly version: number;
  readonly transferFormat: TransferFormat;
  createReader(limitBytes: number): MessageReader;
  /** Throws what serialization throws (a cycle, a BigInt). */
  write(message: HubMessage): WireData;
}

/** Pull-style, one for each connection: `push` a chunk, then `next` until it gives `undefined`. */
export interface MessageReader {
  push(chunk: WireData): void;
  /** Throws HubServerError `invalid-message` or `message-too-large`: the connection ends (§6, §8.5). */
  next(): HubMessage | undefined;
  /** Forgets what was pushed and not read: the transport has changed and what was cut off is sent again (§9). */
  reset(): void;
  readonly hasPartialMessage: boolean;
}
