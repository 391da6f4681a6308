// What the connection core gives out: whole messages where one arrived in one piece, else the pieces of a message in order.
// Text of an uncompressed piece has been checked; nothing is held back for the end of a message.

export interface TextMessage {
  readonly type: 'text';
  readonly data: string;
}

export interface BinaryMessage {
  readonly type: 'binary';
  /** Belongs to the receiver; nobody else writes to it. */
  readonly data: Buffer;
}

export type Message = TextMessage | BinaryMessage;

/** A piece of a message as `fragments()` gives it: a text is cut between characters. */
export type MessageFragment = Message & { readonly endOfMessage: boolean };

/** A piece of a message, as it arrived or as it came out of the inflater. */
export interface MessagePart {
  readonly type: 'text' | 'binary';
  /** Maybe empty, maybe a view of bytes that are shared: copy what is to be kept. A text may be cut inside a character. */
  readonly payload: Buffer;
  /** Bytes of the message that become known with this piece: all of a frame with its first piece, 0 with the others. */
  readonly announcedBytes: number;
  /** How many fragments of the message start here. */
  readonly fragments: number;
  readonly startsMessage: boolean;
  readonly endsMessage: boolean;
  /** True: the payload is deflated (RFC 7692). */
  readonly isCompressed: boolean;
}

export type Incoming = Message | MessagePart;

export function isPart(item: Incoming): item is MessagePart {
  return 'payload' in item;
}
