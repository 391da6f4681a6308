// Frames as what a consumer gets of them: a whole message where one arrived in one piece, else the pieces of a message.
// Knows the message that is arriving, so it lives as long as that. An extension of the frame decoder and not its owner:
// one object for each read is enough.
import { FrameDecoder } from './frame-decoder.ts';
import type { Incoming } from './message-parts.ts';
import { opcode } from './opcodes.ts';
import { checkText, utf8Start } from './utf8.ts';
import { wholeMessageOf } from './whole-message.ts';

export class PieceDecoder extends FrameDecoder {
  #isText = false;
  #isDeflated = false;
  #utf8 = utf8Start;

  /** What the data frame that `next()` gave is. Throws `invalid-utf8`. */
  piece(maxMessageBytes: number): Incoming {
    const startsMessage = this.isFirst && this.opcode !== opcode.continuation;
    const endsMessage = this.isLast && this.isFinal;
    if (startsMessage) {
      this.#isText = this.opcode === opcode.text;
      this.#isDeflated = this.isCompressed;
      // The cheap and common case: a message that arrived in one frame and one piece.
      if (endsMessage && !this.isCompressed && this.frameBytes <= maxMessageBytes) return wholeMessageOf(this);
      this.#utf8 = utf8Start;
    }
    const { payload } = this;
    if (this.#isText && !this.#isDeflated) this.#utf8 = checkText(this.#utf8, payload, endsMessage);
    return {
      type: this.#isText ? 'text' : 'binary',
      payload,
      announcedBytes: this.isFirst ? this.frameBytes : 0,
      fragments: this.isFirst ? 1 : 0,
      startsMessage,
      endsMessage,
      isCompressed: this.#isDeflated,
    };
  }
}
