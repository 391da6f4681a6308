// Incremental UTF-8 checking (RFC 3629), so that bad text is noticed while its frame is still arriving.
// The state between two pieces is one number: 0 between characters, else what the next byte has to be.
import { isUtf8 } from 'node:buffer';
import { WebSocketError } from '../errors.ts';

/** Between two characters. */
export const utf8Start = 0;
/** No continuation can make this valid. */
export const utf8Invalid = -1;

// needed << 16 | lowest << 8 | highest: how many bytes are missing and the range of the next one.
const expecting = (needed: number, lowest: number, highest: number) => (needed << 16) | (lowest << 8) | highest;
const oneMore = expecting(1, 0x80, 0xbf);
const twoMore = expecting(2, 0x80, 0xbf);

/** Checks the next piece of a text; gives the state to go on with, or `utf8Invalid`. A text may only end in `utf8Start`. */
export function checkUtf8(state: number, bytes: Uint8Array): number {
  let at = 0;
  while (state !== utf8Start && at < bytes.length) {
    state = step(state, bytes[at++]!);
    if (state === utf8Invalid) return utf8Invalid;
  }
  // Now between characters: the bulk natively, then the at most 3 bytes of a character cut at the end.
  const tail = cutCharacterStart(bytes, at);
  if (tail > at && !isUtf8(bytes.subarray(at, tail))) return utf8Invalid;
  for (at = Math.max(at, tail); at < bytes.length; at++) {
    state = step(state, bytes[at]!);
    if (state === utf8Invalid) return utf8Invalid;
  }
  return state;
}

/** Checks the next piece of a text message, which must not end inside a character. Throws `invalid-utf8`. */
export function checkText(state: number, bytes: Uint8Array, isEnd: boolean): number {
  const next = checkUtf8(state, bytes);
  if (next === utf8Invalid || (isEnd && next !== utf8Start)) {
    throw new WebSocketError('invalid-utf8', 'A text message is not valid UTF-8');
  }
  return next;
}

/** Where a character begins that `bytes` may cut off; the length when the last character is complete. */
function cutCharacterStart(bytes: Uint8Array, from: number): number {
  const end = bytes.length;
  for (let back = 1; back <= 3 && end - back >= from; back++) {
    const byte = bytes[end - back]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return end - back;
  }
  return end;
}

function step(state: number, byte: number): number {
  if (state !== utf8Start) {
    if (byte < ((state >> 8) & 0xff) || byte > (state & 0xff)) return utf8Invalid;
    const needed = (state >> 16) - 1;
    return needed === 0 ? utf8Start : needed === 1 ? oneMore : twoMore;
  }
  if (byte < 0x80) return utf8Start;
  if (byte < 0xc2) return utf8Invalid;
  if (byte < 0xe0) return oneMore;
  if (byte === 0xe0) return expecting(2, 0xa0, 0xbf);
  if (byte === 0xed) return expecting(2, 0x80, 0x9f);
  if (byte < 0xf0) return twoMore;
  if (byte === 0xf0) return expecting(3, 0x90, 0xbf);
  if (byte < 0xf4) return expecting(3, 0x80, 0xbf);
  return byte === 0xf4 ? expecting(3, 0x80, 0x8f) : utf8Invalid;
}
