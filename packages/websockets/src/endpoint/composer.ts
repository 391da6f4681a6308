// What a consumer gets out of the pieces of messages: whole messages, or fragments as they arrived with text cut between
// characters. One of the two at a time, and changing over inside a message is fine. Exists from the first piece on.
import { StringDecoder } from 'node:string_decoder';
import { MessageAssembler, type MessageLimits } from '../protocol/message-assembler.ts';
import type { Message, MessageFragment, MessagePart } from '../protocol/message-parts.ts';

export class Composer {
  readonly #limits: MessageLimits;
  /** Exists while a message is put together for a consumer that wants it whole. */
  #assembler: MessageAssembler | undefined;
  #assembledType: 'text' | 'binary' = 'binary';
  /** The beginning of the current message was given out as fragments. */
  #isInside = false;
  #textDecoder: StringDecoder | undefined;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** The message that this piece completes; none where its beginning was given out already. Throws what the limits forbid. */
  whole(part: MessagePart): Message | undefined {
    if (this.#isInside) {
      this.#isInside = !part.endsMessage;
      if (part.endsMessage) this.#textDecoder = undefined;
      return undefined;
    }
    this.#assembler ??= new MessageAssembler(this.#limits);
    this.#assembledType = part.type;
    const message = this.#assembler.add(part);
    if (message !== undefined) this.#assembler = undefined;
    return message;
  }

  /** The fragment that this piece is; nothing where it holds no whole character. */
  fragment({ type, payload, endsMessage: endOfMessage }: MessagePart): MessageFragment | undefined {
    this.#isInside = !endOfMessage;
    if (payload.length === 0 && !endOfMessage) return undefined;
    if (type === 'binary') return { type, data: Buffer.from(payload), endOfMessage };
    // Keeps the first bytes of a character that is cut until the rest of it comes.
    this.#textDecoder ??= new StringDecoder('utf8');
    const data = this.#textDecoder.write(payload);
    if (endOfMessage) this.#textDecoder = undefined;
    return data === '' && !endOfMessage ? undefined : { type, data, endOfMessage };
  }

  /** What was put together of an unfinished message, for a consumer that wants fragments from now on. */
  release(): MessagePart | undefined {
    const begun = this.#assembler?.release(this.#assembledType);
    this.#assembler = undefined;
    return begun;
  }

  /** Forgets an unfinished message. */
  clear(): void {
    this.#assembler = undefined;
  }
}
