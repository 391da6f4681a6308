// The cheap and common case: a message that arrived as one frame in one piece.
import { isAscii } from 'node:buffer';
import type { FrameEvent } from './frame-decoder.ts';
import type { Message } from './message-parts.ts';
import { opcode } from './opcodes.ts';
import { checkText, utf8Start } from './utf8.ts';

/** Up to here a loop is cheaper than a view for a native check. */
const shortBytes = 256;

/** A message that is one frame in one piece. Throws `invalid-utf8`. */
export function wholeMessageOf(frame: FrameEvent): Message {
  if (frame.opcode === opcode.text && (frame.isAscii || isShortAscii(frame))) {
    return { type: 'text', data: frame.bytes.toString('latin1', frame.start, frame.end) };
  }
  const { payload } = frame;
  if (frame.opcode === opcode.binary) return { type: 'binary', data: Buffer.from(payload) };
  if (isAscii(payload)) return { type: 'text', data: frame.bytes.toString('latin1', frame.start, frame.end) };
  checkText(utf8Start, payload, true);
  return { type: 'text', data: frame.bytes.toString('utf8', frame.start, frame.end) };
}

function isShortAscii({ bytes, start, end }: FrameEvent): boolean {
  if (end - start > shortBytes) return false;
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i]!;
  return all < 0x80;
}
