// What a transport is to the connection that runs over it: bytes in, messages out, an end. WebSockets, Server-Sent Events
// and long polling are one each.
import type { TransportName } from '../endpoint-options.ts';
import type { WireMessage } from '../protocol/outgoing-message.ts';
import type { TransferFormat, WireData } from '../protocol/protocol.ts';

/** Bytes that have arrived; a WebSocket's message as it is. */
export interface Chunk {
  readonly data: WireData;
}

export interface Transport {
  readonly name: TransportName;
  readonly transferFormats: readonly TransferFormat[];
  /** True: the transport notices by itself when the client is gone, and no Pings are sent over it (§4.3). */
  readonly hasInherentKeepAlive?: boolean;
  /** True: who waits in `receive` learns of the end, and why. `whenClosed` is asked only while nobody does. */
  readonly readersLearnOfEnd?: boolean;
  /** Bytes that were written and that the kernel has not taken. */
  readonly bufferedBytes: number;
  /** What has arrived, if something has; else `receive`. */
  tryReceive(): Chunk | undefined;
  /** The next chunk; `undefined` when the client has closed in an orderly way. Rejects when the transport is lost. */
  receive(): Promise<Chunk | undefined>;
  /** Queued writes leave together, once a tick. Resolves when the kernel has it. Rejects, not loudly, when it never gets there. */
  write(message: WireMessage): Promise<unknown>;
  /** As `write`, for a message to many that nobody waits for. */
  post?(message: WireMessage): void;
  /** What was written still goes out, then it ends; after a time limit at once. Resolves when it has ended. */
  close(): Promise<void>;
  /** Cuts a client off that takes nothing (§3, TransportSendTimeout), where nobody else tells the transport the time. */
  checkSends?(now: number): void;
  /** Tells, once, that the transport is gone; with the reason, unless the end was orderly. */
  whenClosed(told: (error: Error | undefined) => void): void;
}
