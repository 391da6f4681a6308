// The order of what one connection sends where permessage-deflate was agreed on. Small messages pass at once, deflated on
// the way; a large one is deflated in a thread, and everything behind it waits in line, so that nothing overtakes. Control
// frames do not come through here: a ping may pass between messages, and the end of a connection waits for `whenOut`.

import { WebSocketError } from '../errors.ts';
import type { Deflater } from './deflater.ts';
import type { ZlibSlots } from './zlib-slots.ts';

/** Larger ones are deflated in a thread: this many bytes take about as long as the hop there and back (decision 106). */
const mostNowBytes = 16_384;
/** A message for many connections is deflated once, here and now; a larger one goes out as it is. */
const mostSharedBytes = 1_048_576;
/** Bytes of the caller from this size on are not copied while they wait, as in the output (decision 011). */
const byReferenceBytes = 16_384;

/** Where messages go from here. */
export interface Outlet {
  /** Queues a message or a part of one. Throws when the connection does not take it. */
  put(type: 'text' | 'binary', data: string | Uint8Array, isFinal: boolean, isDeflated: boolean): void;
  /** Resolves when everything put so far is with the kernel. */
  handedOver(): Promise<'sent' | 'dropped'>;
  /** Throws when a new message is not taken any more. */
  mustBeOpen(): void;
  /** False: from now on messages wait here; true: none waits any more. */
  onIdle(isIdle: boolean): void;
  /** Deflating failed for a reason of the machine. */
  onFailure(cause: unknown): void;
}

/** A message for many connections, which keeps the frames it was deflated into. */
export interface SharedMessage {
  readonly payload: Uint8Array;
  deflatedFrame(deflater: Deflater): Uint8Array | undefined;
}

interface Waiting {
  readonly type: 'text' | 'binary';
  readonly data: string | Uint8Array;
  readonly isFinal: boolean;
  readonly isDeflated: boolean;
  /** A whole message: it may go out as it is where it does not shrink. */
  readonly isWhole: boolean;
  readonly sent: PromiseWithResolvers<'sent' | 'dropped'>;
}

export class Outgoing {
  readonly #deflater: Deflater;
  readonly #slots: ZlibSlots;
  readonly #outlet: Outlet;
  /** The first one is being deflated. */
  readonly #line: Waiting[] = [];
  #waitingBytes = 0;
  #openType: 'text' | 'binary' | undefined;
  #isOpenDeflated = false;
  #whenOut: (() => void) | undefined;

  constructor(deflater: Deflater, slots: ZlibSlots, outlet: Outlet) {
    this.#deflater = deflater;
    this.#slots = slots;
    this.#outlet = outlet;
  }

  get isIdle(): boolean {
    return this.#line.length === 0;
  }

  get hasOpenMessage(): boolean {
    return this.#openType !== undefined;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Sends a message or a part of one; `compress` is looked at with the first part. Throws `connection-closed`, `message-open`. */
  send(
    type: 'text' | 'binary',
    data: string | Uint8Array,
    isFinal: boolean,
    compress: boolean,
  ): Promise<'sent' | 'dropped'> {
    this.#mustFit(type);
    const isStart = this.#openType === undefined;
    const isDeflated = isStart ? compress && this.#isWorthIt(data, isFinal) : this.#isOpenDeflated;
    const isWhole = isStart && isFinal;
    const isNow = this.#line.length === 0 && (!isDeflated || sizeOf(data) <= mostNowBytes);
    if (isNow) this.#put(type, data, isFinal, isDeflated, isWhole);
    this.#openType = isFinal ? undefined : type;
    this.#isOpenDeflated = isDeflated;
    return isNow ? this.#outlet.handedOver() : this.#wait(type, data, isFinal, isDeflated, isWhole);
  }

  /** True from `whenOut` on: no new message is taken. */
  get isEnding(): boolean {
    return this.#whenOut !== undefined;
  }

  /** The frame that a message shared by many connections goes out in, deflated by itself; undefined where it stays as it is. */
  deflateShared(message: SharedMessage): Uint8Array | undefined {
    this.#mustFit(undefined);
    const { payload } = message;
    if (!this.#deflater.wants(payload.length) || payload.length > mostSharedBytes) return undefined;
    const frame = message.deflatedFrame(this.#deflater);
    if (frame !== undefined) this.#deflater.sent(payload, true);
    return frame;
  }

  /** Calls back when everything sent so far is on its way. */
  whenOut(callback: () => void): void {
    if (this.isIdle) callback();
    else this.#whenOut ??= callback;
  }

  /** The connection takes nothing more. */
  fail(error: Error): void {
    for (const waiting of this.#line.splice(0)) waiting.sent.reject(error);
    this.#waitingBytes = 0;
    this.#whenOut = undefined;
  }

  #mustFit(type: 'text' | 'binary' | undefined): void {
    if (this.#whenOut !== undefined) {
      throw new WebSocketError('connection-closed', 'The connection is closing or closed');
    }
    this.#outlet.mustBeOpen();
    if (this.#openType !== undefined && this.#openType !== type) {
      throw new WebSocketError('message-open', 'A message was sent inside another that is not finished');
    }
  }

  #isWorthIt(data: string | Uint8Array, isFinal: boolean): boolean {
    // The rest of a message in parts is not known: it is as long as it likes.
    return this.#deflater.wants(isFinal ? sizeOf(data) : Number.MAX_SAFE_INTEGER);
  }

  #put(type: 'text' | 'binary', data: string | Uint8Array, isFinal: boolean, isDeflated: boolean, isWhole: boolean) {
    if (!isDeflated) {
      this.#outlet.put(type, data, isFinal, false);
      return;
    }
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.#putDeflated(type, bytes, this.#deflater.deflate(bytes, isFinal), isFinal, isWhole);
  }

  #putDeflated(type: 'text' | 'binary', bytes: Uint8Array, deflated: Uint8Array, isFinal: boolean, isWhole: boolean) {
    // What does not shrink goes out as it is; the peer's window does not see it then.
    const isSmaller = !isWhole || deflated.length < bytes.length;
    this.#outlet.put(type, isSmaller ? deflated : bytes, isFinal, isSmaller);
    if (isSmaller) this.#deflater.sent(bytes, isFinal);
  }

  #wait(type: 'text' | 'binary', data: string | Uint8Array, isFinal: boolean, isDeflated: boolean, isWhole: boolean) {
    const isCopied = typeof data !== 'string' && data.length < byReferenceBytes;
    const kept = isCopied ? Buffer.from(data) : isDeflated && typeof data === 'string' ? Buffer.from(data) : data;
    const sent = Promise.withResolvers<'sent' | 'dropped'>();
    sent.promise.catch(ignore);
    this.#line.push({ type, data: kept, isFinal, isDeflated, isWhole, sent });
    this.#waitingBytes += sizeOf(kept);
    if (this.#line.length === 1) {
      this.#outlet.onIdle(false);
      this.#start(this.#line[0]!);
    }
    return sent.promise;
  }

  /** Deflates the first in line in a thread. */
  #start(first: Waiting): void {
    this.#slots.acquire(() => {
      if (this.#line[0] !== first) {
        this.#slots.release();
        return;
      }
      const bytes = first.data as Uint8Array;
      this.#deflater.deflateLater(bytes, first.isFinal, (error, deflated) => {
        this.#slots.release();
        if (this.#line[0] !== first) return;
        if (error !== null) this.#outlet.onFailure(error);
        else this.#goOn(first, deflated);
      });
    });
  }

  /** Lets out the first in line and those behind it that need no thread. */
  #goOn(first: Waiting, deflated: Uint8Array): void {
    for (let next = this.#line[0]; next !== undefined; next = this.#line[0]) {
      const { type, data, isFinal, isWhole } = next;
      if (next !== first && next.isDeflated && sizeOf(data) > mostNowBytes) {
        this.#start(next);
        return;
      }
      this.#line.shift();
      this.#waitingBytes -= sizeOf(data);
      try {
        if (next === first) this.#putDeflated(type, data as Uint8Array, deflated, isFinal, isWhole);
        else this.#put(type, data, isFinal, next.isDeflated, isWhole);
        this.#outlet.handedOver().then(next.sent.resolve, next.sent.reject);
      } catch (error) {
        next.sent.reject(error);
      }
    }
    const callback = this.#whenOut;
    this.#whenOut = undefined;
    this.#outlet.onIdle(true);
    callback?.();
  }
}

/** Bytes, or for a string at least the third part of them. */
function sizeOf(data: string | Uint8Array): number {
  return data.length;
}

function ignore(): void {}
