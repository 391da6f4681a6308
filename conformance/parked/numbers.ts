// What the peers of the story send: consecutive numbers of four bytes, each socket from another one on, so that every byte that
// is lost, doubled, moved or another socket's shows where it arrives. And the words in which offsets travel. Pure.

const start = (socket: number): number => Math.imul(socket + 1, 0x9e3779b1) >>> 0;

/** Bytes `from` to `from + length` of a socket's stream. */
export function bytesOf(socket: number, from: number, length: number): Buffer {
  const firstWord = from >>> 2;
  const words = ((from + length + 3) >>> 2) - firstWord;
  const whole = Buffer.allocUnsafe(words * 4);
  for (let word = 0; word < words; word++) whole.writeUInt32BE((start(socket) + firstWord + word) >>> 0, word * 4);
  return whole.subarray(from & 3, (from & 3) + length);
}

/** The app's answer to its peer: how far it has seen the stream. */
export const seenUpTo = (offset: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(offset);
  return bytes;
};

/** What travels as the socket's context: which stream it is, and how far it was used. */
export interface Place {
  readonly socket: number;
  readonly offset: number;
}

export function encodePlace({ socket, offset }: Place): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(socket, 0);
  bytes.writeUInt32BE(offset, 4);
  return bytes;
}

export function decodePlace(context: Uint8Array | null): Place {
  if (context?.length !== 8) throw new Error(`a context of ${context?.length} bytes, not 8`);
  const bytes = Buffer.from(context.buffer, context.byteOffset, context.byteLength);
  return { socket: bytes.readUInt32BE(0), offset: bytes.readUInt32BE(4) };
}
