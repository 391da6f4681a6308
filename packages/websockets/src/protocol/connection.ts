// The connection core: bytes, calls and the time go in; messages or their pieces, bytes to write, a state and a next
// deadline come out.
// Pure: no socket, no timer, no clock. Times are milliseconds of any monotonic clock.
import { WebSocketError } from '../errors.ts';
import { type ConnectionSettings, lingerMs } from '../options.ts';
import { closePayload, parseClose } from './close-payload.ts';
import { type CloseOutcome, type ConnectionState, openState, step } from './connection-states.ts';
import type { FrameEvent } from './frame-decoder.ts';
import type { FrameJoins } from './frame-joins.ts';
import type { Incoming } from './message-parts.ts';
import { abnormalClosure, opcode, type Role, rsv1 } from './opcodes.ts';
import { OutputBatch } from './output-batch.ts';
import { PieceDecoder } from './piece-decoder.ts';

const never = Number.POSITIVE_INFINITY;
const nothing = Buffer.alloc(0);

export class ConnectionCore {
  readonly #role: Role;
  readonly #settings: ConnectionSettings;
  readonly #allowsDeflate: boolean;
  /** Exists while a frame or a message is arriving: an idle connection holds none. */
  #decoder: PieceDecoder | undefined;
  readonly output: OutputBatch;
  #state = openState;
  /** Type of the message begun with endOfMessage: false, 0 = none. */
  #openType = 0;
  /** True while messages of ours are still on their way here: the answer to a Close frame waits for them (RFC 6455 §5.5.1). */
  holdsCloseAnswer = false;
  #heardAt: number;
  #keptAliveAt: number;
  // Deadlines; `never` = not set.
  #answerBy = never;
  #goneBy = never;
  #controlWindowAt: number;
  #controlFrames = 0;

  /** `allowsDeflate`: permessage-deflate was agreed on. */
  constructor(
    role: Role,
    settings: ConnectionSettings,
    nextKey: (() => number) | undefined,
    now: number,
    allowsDeflate = false,
  ) {
    this.#role = role;
    this.#settings = settings;
    this.#allowsDeflate = allowsDeflate;
    this.output = new OutputBatch(nextKey);
    this.#heardAt = now;
    this.#keptAliveAt = now;
    this.#controlWindowAt = now;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** True between a part sent with endOfMessage: false and the end of that message. */
  get hasOpenMessage(): boolean {
    return this.#openType !== 0;
  }

  /** Bytes that arrived and were not looked at yet. */
  get pendingBytes(): number {
    return this.#decoder === undefined ? 0 : this.#decoder.pendingBytes;
  }

  /** True from a keep-alive ping until anything is heard. */
  get isAwaitingAnswer(): boolean {
    return this.#answerBy !== never;
  }

  /** True where the time of what is heard matters: a look at a clock costs as much as a short message. */
  get heedsSilence(): boolean {
    return this.#settings.keepAliveTimeoutMs !== undefined || this.#settings.abortsWhenSilentForTwiceTheInterval;
  }

  /** Takes what arrived, and the ownership of it. `now` is not looked at without `heedsSilence`. */
  push(bytes: Buffer, now: number): void {
    if (this.#state.kind !== 'open' && this.#state.kind !== 'close-sent') return;
    this.#heardAt = now;
    this.#answerBy = never;
    this.#decoder ??= new PieceDecoder(this.#role, this.#allowsDeflate);
    this.#decoder.push(bytes);
  }

  /**
   * Works through what was pushed up to the next message or piece. Control frames on the way are answered into `output`.
   * The time is asked for only where it matters: a look at a clock costs as much as a short message.
   */
  next(clock: () => number): Incoming | undefined {
    const decoder = this.#decoder;
    if (decoder === undefined) return undefined;
    try {
      while (this.#state.kind === 'open' || this.#state.kind === 'close-sent') {
        const frame = decoder.next();
        if (frame === undefined) return undefined;
        if (frame.kind === 'control') this.#control(frame, clock());
        else if (this.#state.kind === 'open') {
          const item = decoder.piece(this.#settings.maxMessageBytes);
          this.#release(decoder);
          return item;
        }
        this.#release(decoder);
      }
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.fail(error, clock());
    }
    return undefined;
  }

  /** Queues a message or a part of one; `isDeflated` is looked at with the first part. Throws `connection-closed`, `message-open`. */
  send(type: 'text' | 'binary', data: string | Uint8Array, isFinal: boolean, isDeflated = false): void {
    // A Close frame whose answer is held still lets out what was accepted before it.
    if (this.#state.kind !== 'close-received') this.mustBeOpen();
    const own = type === 'text' ? opcode.text : opcode.binary;
    if (this.#openType !== 0 && this.#openType !== own) {
      throw new WebSocketError('message-open', `A ${type} message was sent inside another that is not finished`);
    }
    const code = this.#openType !== 0 ? opcode.continuation : isDeflated ? own | rsv1 : own;
    if (typeof data === 'string') this.output.addText(code, isFinal, data);
    else this.output.addBytes(code, isFinal, data);
    this.#openType = isFinal ? 0 : own;
  }

  /** Queues a whole message that was encoded as a server's frame. Throws `connection-closed`, `message-open`. */
  sendFrame(frame: Uint8Array, joins?: FrameJoins): void {
    this.mustBeOpen();
    if (this.#openType !== 0)
      throw new WebSocketError('message-open', 'A message was sent inside another that is not finished');
    this.output.addFrame(frame, joins);
  }

  /** Throws `connection-closed`. */
  ping(payload: Uint8Array): void {
    this.mustBeOpen();
    this.output.addBytes(opcode.ping, true, payload);
  }

  /** Starts the closing handshake (RFC 6455 §7.1.2); nothing when it has begun already. Code and reason must be valid. */
  close(code: number, reason: string, now: number): void {
    if (this.#state.kind !== 'open') return;
    this.#sendClose(code, reason);
    this.#state = step(this.#state, { kind: 'sent-close' });
    this.#goneBy = now + this.#settings.closeTimeoutMs;
  }

  /** Answers a Close frame whose answer was held. */
  answerClose(now: number): void {
    if (this.#state.kind !== 'close-received') return;
    const answer = this.#settings.closeAnswer;
    this.#sendClose(answer === 'echo' ? this.#state.outcome.code : answer, '');
    this.#state = step(this.#state, { kind: 'sent-close' });
    this.#endsSoon(now);
  }

  /** Fails the connection (RFC 6455 §7.1.7): a Close frame with the code of the error, or nothing where that code is 1006. */
  fail(error: WebSocketError, now: number): void {
    if (this.#state.kind !== 'open' && this.#state.kind !== 'close-sent') return;
    const code = error.facts.closeCode ?? abnormalClosure;
    const outcome: CloseOutcome = { code, reason: '', clean: false, error };
    if (code === abnormalClosure) {
      this.#state = step(this.#state, { kind: 'abandoned', outcome });
    } else {
      if (this.#state.kind === 'open') this.#sendClose(code, '');
      this.#state = step(this.#state, { kind: 'failed', outcome });
      this.#goneBy = now + lingerMs;
    }
  }

  /** Gives the transport up at once. */
  abandon(error: WebSocketError): void {
    this.#state = step(this.#state, {
      kind: 'abandoned',
      outcome: { code: abnormalClosure, reason: '', clean: false, error },
    });
  }

  /** The transport is gone, for `cause` where one is known. */
  transportGone(cause: unknown): void {
    const error = new WebSocketError('connection-lost', 'The transport ended without a closing handshake', { cause });
    this.#state = step(this.#state, {
      kind: 'transport-gone',
      outcome: { code: abnormalClosure, reason: '', clean: false, error },
    });
  }

  /** When `onTime` has to be called at the latest. `canHear` is false while reading is paused by a slow consumer. */
  nextDeadline(canHear: boolean): number {
    if (this.#goneBy !== never) return this.#goneBy;
    if (this.#state.kind !== 'open') return never;
    const interval = this.#interval;
    let next = this.#keepAliveAt(interval);
    if (!canHear) return next;
    if (this.#settings.abortsWhenSilentForTwiceTheInterval) next = Math.min(next, this.#heardAt + 2 * interval);
    return Math.min(next, this.#answerBy);
  }

  /** Does what is due. */
  onTime(now: number, canHear: boolean): void {
    if (this.#goneBy <= now) {
      const error = new WebSocketError('close-timeout', 'The peer did not finish the closing handshake in time');
      this.#goneBy = never;
      this.abandon(error);
      return;
    }
    if (this.#state.kind !== 'open') return;
    const interval = this.#interval;
    if (!canHear) {
      // An answer may well lie in what we do not read: silence counts only while we listen.
      this.#heardAt = now;
      if (this.#answerBy !== never) this.#answerBy = now + (this.#settings.keepAliveTimeoutMs ?? 0);
    }
    const isSilent = this.#settings.abortsWhenSilentForTwiceTheInterval && this.#heardAt + 2 * interval <= now;
    if (this.#answerBy <= now || isSilent) {
      const what = isSilent ? 'Nothing was heard for twice the keep-alive interval' : 'No answer to a ping in time';
      this.fail(new WebSocketError('keep-alive-timeout', what), now);
      return;
    }
    if (this.#keepAliveAt(interval) > now) return;
    this.#keptAliveAt = now;
    if (this.#settings.keepAliveTimeoutMs === undefined) {
      this.output.addBytes(opcode.pong, true, nothing);
    } else {
      this.output.addBytes(opcode.ping, true, nothing);
      this.#answerBy = now + this.#settings.keepAliveTimeoutMs;
    }
  }

  /** The reading side was paused and runs again. */
  hearsAgain(now: number): void {
    this.#heardAt = now;
    if (this.#answerBy !== never) this.#answerBy = now + (this.#settings.keepAliveTimeoutMs ?? 0);
  }

  get #interval(): number {
    return this.#settings.keepAliveIntervalMs > 0 ? this.#settings.keepAliveIntervalMs : never;
  }

  #keepAliveAt(interval: number): number {
    if (this.#settings.keepAliveTimeoutMs === undefined) return this.#keptAliveAt + interval;
    return this.#answerBy === never ? Math.max(this.#heardAt, this.#keptAliveAt) + interval : never;
  }

  #release(decoder: PieceDecoder): void {
    decoder.release();
    if (decoder.isAtRest) this.#decoder = undefined;
  }

  #control(frame: FrameEvent, now: number): void {
    this.#countControl(now);
    if (frame.opcode === opcode.close) this.#closeReceived(frame.payload, now);
    else if (frame.opcode === opcode.ping && this.#state.kind === 'open') {
      this.output.addBytes(opcode.pong, true, frame.payload);
    }
  }

  #countControl(now: number): void {
    if (now - this.#controlWindowAt >= 1_000) {
      this.#controlWindowAt = now;
      this.#controlFrames = 0;
    }
    this.#controlFrames += 1;
    const limit = this.#settings.maxControlFramesPerSecond;
    if (this.#controlFrames > limit) {
      throw new WebSocketError('too-many-control-frames', `More than ${limit} control frames in a second`);
    }
  }

  #closeReceived(payload: Buffer, now: number): void {
    const { code, reason } = parseClose(payload);
    this.#state = step(this.#state, {
      kind: 'received-close',
      outcome: { code, reason, clean: true, error: undefined },
    });
    if (this.#state.kind === 'close-done') this.#endsSoon(now);
    else if (!this.holdsCloseAnswer) this.answerClose(now);
  }

  #endsSoon(now: number): void {
    // The server ends TCP (RFC 6455 §7.1.1); a client gives it the time to do so.
    this.#goneBy = now + (this.#role === 'server' ? lingerMs : this.#settings.closeTimeoutMs);
  }

  #sendClose(code: number, reason: string): void {
    this.output.addBytes(opcode.close, true, closePayload(code, reason));
  }

  /** Throws `connection-closed` where a new message is not taken any more. */
  mustBeOpen(): void {
    if (this.#state.kind !== 'open')
      throw new WebSocketError('connection-closed', 'The connection is closing or closed');
  }
}
