// One answer to a GET, from bytes cut anywhere: interim heads, the head, the body's framing, the end. Pure, strict, limited.
// It keeps no body bytes and copies none: it says which stretch of what it was shown is body, the rest is framing.
import { ResponseHead } from '../response-head.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import { type Field, FieldSection, LineReader } from './field-lines.ts';
import { type BodyFraming, framingOf, persistenceOf } from './framing.ts';
import { invalidAnswer } from './invalid-answer.ts';
import type { ParserLimits } from './options.ts';

/** Bytes up to `to` that are of one kind. */
export interface Stretch {
  readonly to: number;
  readonly isBody: boolean;
}

type State =
  | { readonly name: 'status-line'; readonly lines: LineReader }
  | { readonly name: 'fields'; readonly status: StatusLine; readonly section: FieldSection }
  | { readonly name: 'length'; left: number }
  | { readonly name: 'chunked'; readonly decoder: ChunkDecoder }
  | { readonly name: 'close' }
  /** The head says that the body is not for this parser. */
  | { readonly name: 'coded' }
  | { readonly name: 'complete' }
  | { readonly name: 'failed'; readonly error: unknown };

interface StatusLine {
  readonly minorVersion: number;
  readonly status: number;
  readonly bytes: number;
}

const beginning = 'HTTP/1.';
const statusLine = /^HTTP\/1\.(\d) (\d{3})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

export class ResponseParser {
  readonly #limits: ParserLimits;
  #state: State;
  #interimAnswers = 0;
  #head: ResponseHead | undefined;
  #framing: BodyFraming | undefined;
  #trailers: readonly Field[] = [];
  #persistence = { isKept: false, idleMs: null as number | null };

  constructor(limits: ParserLimits) {
    this.#limits = limits;
    this.#state = { name: 'status-line', lines: new LineReader(limits.maxLineBytes) };
  }

  /** The final head, once all of it was read. */
  get head(): ResponseHead | undefined {
    return this.#head;
  }

  get framing(): BodyFraming | undefined {
    return this.#framing;
  }

  /** Fields after a chunked body. */
  get trailers(): readonly Field[] {
    return this.#trailers;
  }

  /** The whole answer was read; further bytes belong to no request of ours. */
  get isComplete(): boolean {
    return this.#state.name === 'complete';
  }

  /** Body bytes that a Content-Length still announces; `null` when it does not tell. */
  get bytesLeft(): number | null {
    if (this.#state.name === 'complete') return 0;
    return this.#state.name === 'length' ? this.#state.left : null;
  }

  /** Another request may follow on the connection once this answer is complete. */
  get isKept(): boolean {
    return this.isComplete && this.#persistence.isKept && this.#framing?.kind !== 'close';
  }

  /** How long the server says that it keeps an idle connection. Milliseconds; `null` when it does not say. */
  get idleMs(): number | null {
    return this.#persistence.idleMs;
  }

  /**
   * Looks at bytes from `from` (less than `to`) to `to`; takes those up to where their kind changes, at the latest where the
   * head or the answer ends. Call it again with the rest, not when `isComplete` nor for a `coded` body. Throws
   * `error-http-invalid-server-response`, and again for whatever follows.
   */
  read(bytes: Buffer, from: number, to: number): Stretch {
    try {
      return this.#read(bytes, from, to);
    } catch (error) {
      this.#state = { name: 'failed', error };
      throw error;
    }
  }

  /** The server ended the connection. True when the answer is complete by that. */
  end(): boolean {
    if (this.#state.name === 'close') this.#state = { name: 'complete' };
    return this.isComplete;
  }

  #read(bytes: Buffer, from: number, to: number): Stretch {
    const state = this.#state;
    switch (state.name) {
      case 'status-line':
        return framing(this.#readStatusLine(state.lines, bytes, from, to));
      case 'fields': {
        const stop = state.section.read(bytes, from, to);
        if (state.section.isComplete) this.#endHead(state.status, state.section.fields);
        return framing(stop);
      }
      case 'length': {
        const taken = Math.min(state.left, to - from);
        state.left -= taken;
        if (state.left === 0) this.#state = { name: 'complete' };
        return { to: from + taken, isBody: true };
      }
      case 'chunked': {
        const { decoder } = state;
        const isBody = decoder.isInData;
        const stop = decoder.read(bytes, from, to);
        if (decoder.isComplete) this.#endChunks(decoder);
        return { to: stop, isBody };
      }
      case 'close':
        return { to, isBody: true };
      case 'failed':
        throw state.error;
      case 'complete':
      case 'coded':
        throw new Error(`The parser was given bytes although it is ${state.name}.`);
    }
  }

  #readStatusLine(lines: LineReader, bytes: Buffer, from: number, to: number): number {
    const stop = lines.read(bytes, from, to);
    const { line } = lines;
    // Something else than HTTP may never end its line: say so at once.
    const begun = (line ?? lines.begun).slice(0, beginning.length);
    if (!(line === undefined ? beginning.startsWith(begun) : begun === beginning)) {
      throw invalidAnswer('it begins with something else');
    }
    if (line === undefined) return stop;
    const match = statusLine.exec(line);
    if (match === null) throw invalidAnswer('its status line cannot be read');
    const status = { minorVersion: Number(match[1]), status: Number(match[2]), bytes: line.length + 2 };
    if (status.status < 100) throw invalidAnswer(`there is no status ${match[2]}`);
    const maxBytes = this.#limits.maxHeadBytes - status.bytes;
    this.#state = { name: 'fields', status, section: new FieldSection({ ...this.#limits, maxBytes }) };
    return stop;
  }

  #endHead({ status, minorVersion }: StatusLine, fields: readonly Field[]): void {
    if (status === 101) throw invalidAnswer('it switches to a protocol that nobody asked for');
    if (status < 200) {
      this.#interimAnswers += 1;
      const { maxInterimAnswers } = this.#limits;
      if (this.#interimAnswers > maxInterimAnswers)
        throw invalidAnswer(`more than ${maxInterimAnswers} interim answers came first`);
      this.#state = { name: 'status-line', lines: new LineReader(this.#limits.maxLineBytes) };
      return;
    }
    const head = new ResponseHead(status, fields);
    const body = framingOf(head, minorVersion);
    this.#persistence = persistenceOf(head, minorVersion);
    this.#head = head;
    this.#framing = body;
    this.#state = this.#stateFor(body);
  }

  #stateFor(body: BodyFraming): State {
    switch (body.kind) {
      case 'length':
        return body.bytes === 0 ? { name: 'complete' } : { name: 'length', left: body.bytes };
      case 'chunked':
        return { name: 'chunked', decoder: new ChunkDecoder(this.#limits) };
      case 'close':
      case 'coded':
        return { name: body.kind };
    }
  }

  #endChunks(decoder: ChunkDecoder): void {
    this.#trailers = decoder.trailers;
    this.#state = { name: 'complete' };
  }
}

const framing = (to: number): Stretch => ({ to, isBody: false });
