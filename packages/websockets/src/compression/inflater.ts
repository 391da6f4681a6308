// Decompresses what one connection receives (RFC 7692 §7.2.2), in order, pull-style: `add` a deflated piece, `take` what
// came out until there is nothing, and add no more while it is busy. Small messages are inflated here and now; large ones
// in a thread, as a stream that waits when nobody takes its output. Output is bounded while it is made, never afterwards.
import { constants, createInflateRaw, type InflateRaw, inflateRawSync } from 'node:zlib';
import type { CompressionSettings } from '../compression-options.ts';
import { WebSocketError } from '../errors.ts';
import type { DeflateAgreement } from '../handshake/deflate.ts';
import type { MessagePart } from '../protocol/message-parts.ts';
import { checkText, utf8Start } from '../protocol/utf8.ts';
import { History } from './history.ts';
import type { ZlibSlots } from './zlib-slots.ts';

/** Deflated messages up to this size are inflated at once, unless more than `mostNowBytes` come out of them. */
const mostInputNowBytes = 8_192;
const mostNowBytes = 65_536;
/** Output of one turn of the thread. */
const chunkBytes = 16_384;
/** Fragments that may wait in one account before it is given on, so that a limit on them is noticed. */
const mostFragmentsPending = 256;
/**
 * What the sender left out at the end of a message (RFC 7692 §7.2.2), and an empty final block: zlib comes to its end
 * there only if the message ended between two blocks, as it must.
 */
const closing = Buffer.of(0x00, 0x00, 0xff, 0xff, 0x03, 0x00);
const nothing = Buffer.alloc(0);

/** What both directions of a connection with permessage-deflate need. */
export interface DeflateSetup {
  readonly agreement: DeflateAgreement;
  readonly settings: CompressionSettings;
  readonly slots: ZlibSlots;
}

export class Inflater {
  readonly #agreement: DeflateAgreement;
  readonly #slots: ZlibSlots;
  readonly #onProgress: () => void;
  #history: History | undefined;
  // The message that is arriving.
  #type: 'text' | 'binary' = 'binary';
  #utf8 = utf8Start;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #fragments = 0;
  #hasGivenOut = false;
  #hasEnd = false;
  #ready: MessagePart | undefined;
  #stream: InflateRaw | undefined;
  #writtenBytes = 0;
  #isWriting = false;
  #hasSlot = false;
  #isClosed = false;
  #error: WebSocketError | undefined;

  /** `onProgress` is called when there may be something to take, or when it is not busy any more. */
  constructor(setup: Pick<DeflateSetup, 'agreement' | 'slots'>, onProgress: () => void) {
    this.#agreement = setup.agreement;
    this.#slots = setup.slots;
    this.#onProgress = onProgress;
  }

  /** True while a thread works on what was added and nothing can be taken. */
  get isBusy(): boolean {
    return this.#isWriting;
  }

  /** A deflated piece. Throws `inflate-failed`, `invalid-utf8`. */
  add(part: MessagePart): void {
    this.#type = part.type;
    this.#fragments += part.fragments;
    this.#hasEnd = part.endsMessage;
    this.#gatheredBytes += part.payload.length;
    // What is used before we return needs no copy; a fragment is gathered with those behind it.
    if (part.payload.length > 0) this.#gathered.push(part.endsMessage ? part.payload : Buffer.from(part.payload));
    if (part.endsMessage) {
      if (this.#stream !== undefined || !this.#inflateNow()) this.#write();
    } else if (this.#gatheredBytes > mostInputNowBytes) this.#write();
    else if (this.#fragments >= mostFragmentsPending) this.#ready = this.#part(nothing, false);
  }

  /** Inflates what was gathered, for somebody who wants the beginning of a message before its end is there. */
  flush(): void {
    if (this.#gatheredBytes > 0 && !this.#isWriting) this.#write();
  }

  /** What came out, a piece at a time. Throws `inflate-failed`, `invalid-utf8`. */
  take(): MessagePart | undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.#ready !== undefined) {
      const ready = this.#ready;
      this.#ready = undefined;
      return ready;
    }
    if (this.#stream === undefined) return undefined;
    const bytes = this.#stream.read() as Buffer | null;
    if (bytes !== null) return this.#given(bytes, false);
    if (this.#isWriting || !this.#hasEnd) return undefined;
    this.#stream.destroy();
    this.#stream = undefined;
    return this.#given(nothing, true);
  }

  /** Frees what zlib holds. Nothing is to be added or taken any more. */
  close(): void {
    this.#isClosed = true;
    this.#stream?.destroy();
    this.#stream = undefined;
    this.#history = undefined;
    this.#gathered = [];
    this.#releaseSlot();
  }

  /** False where the message is not small: nothing has happened then. */
  #inflateNow(): boolean {
    if (this.#gatheredBytes > mostInputNowBytes) return false;
    const input = Buffer.concat([...this.#gathered, closing]);
    try {
      const options = {
        windowBits: this.#agreement.receiveWindowBits,
        chunkSize: Math.min(chunkBytes, Math.max(256, input.length * 4)),
        maxOutputLength: mostNowBytes,
        info: true,
        ...this.#dictionary(),
      };
      const { buffer, engine } = inflateRawSync(input, options) as unknown as Inflated;
      this.#checkRest(input, engine.bytesWritten);
      this.#forgetGathered();
      this.#ready = this.#given(buffer, true);
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return false;
      throw error instanceof WebSocketError ? error : broken(error);
    }
  }

  /** Hands what was gathered to the stream; it has taken all of it when it is not busy any more. */
  #write(): void {
    const isLast = this.#hasEnd;
    const input = Buffer.concat(isLast ? [...this.#gathered, closing] : this.#gathered);
    this.#forgetGathered();
    this.#isWriting = true;
    this.#slots.acquire(() => {
      this.#hasSlot = true;
      if (this.#isClosed) {
        this.#releaseSlot();
        return;
      }
      this.#stream ??= this.#open();
      const stream = this.#stream;
      this.#writtenBytes += input.length;
      if (isLast) stream.end(input);
      else stream.write(input, error => error ?? this.#hasTaken(stream));
    });
  }

  #open(): InflateRaw {
    const stream = createInflateRaw({
      windowBits: this.#agreement.receiveWindowBits,
      flush: constants.Z_SYNC_FLUSH,
      chunkSize: chunkBytes,
      ...this.#dictionary(),
    });
    this.#writtenBytes = 0;
    stream.on('readable', () => {
      this.#releaseSlot();
      if (!this.#isClosed) this.#onProgress();
    });
    stream.on('error', error => {
      this.#error ??= broken(error);
      this.#hasTaken(stream);
    });
    stream.on('end', () => {
      if (this.#writtenBytes - stream.bytesWritten > closing.length + 1 || !this.#hasEnd) {
        this.#error ??= broken(new Error('There is data behind the final block'));
      }
      this.#hasTaken(stream);
    });
    return stream;
  }

  #hasTaken(stream: InflateRaw): void {
    this.#releaseSlot();
    if (this.#isClosed || stream !== this.#stream || !this.#isWriting) return;
    this.#isWriting = false;
    this.#onProgress();
  }

  /** A final block may end a message (RFC 7692 §7.2.3.4): only its padding byte and our own closing may follow. */
  #checkRest(input: Buffer, consumed: number): void {
    const rest = input.length - closing.length - consumed;
    if (rest > 1 || (rest === 1 && input[consumed] !== 0)) {
      throw broken(new Error('There is data behind the final block'));
    }
  }

  /** Counts output as received: checks text, remembers it for the messages to come. */
  #given(bytes: Buffer, endsMessage: boolean): MessagePart {
    if (this.#type === 'text') this.#utf8 = checkText(this.#utf8, bytes, endsMessage);
    const part = this.#part(bytes, endsMessage);
    if (this.#agreement.receiveKeepsContext) {
      this.#history ??= new History(2 ** this.#agreement.receiveWindowBits);
      this.#history.append(bytes);
    }
    return part;
  }

  #part(payload: Buffer, endsMessage: boolean): MessagePart {
    const { length } = payload;
    const startsMessage = !this.#hasGivenOut;
    const fragments = this.#fragments;
    this.#fragments = 0;
    this.#hasGivenOut = !endsMessage;
    if (endsMessage) this.#utf8 = utf8Start;
    return {
      type: this.#type,
      payload,
      announcedBytes: length,
      fragments,
      startsMessage,
      endsMessage,
      isCompressed: false,
    };
  }

  #forgetGathered(): void {
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  #dictionary(): { dictionary?: Buffer } {
    const dictionary = this.#history?.last;
    return dictionary === undefined ? {} : { dictionary };
  }

  #releaseSlot(): void {
    if (!this.#hasSlot) return;
    this.#hasSlot = false;
    this.#slots.release();
  }
}

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function broken(cause: unknown): WebSocketError {
  return new WebSocketError('inflate-failed', 'A compressed message cannot be inflated', { cause });
}
