// Lines and fields of a head or a trailer section (RFC 9112, 2.2 and 5), from bytes cut anywhere. Pure. Stricter than the
// RFC makes a recipient be: CRLF only, no folding, no whitespace around names; what is odd here is an attack or a fault.
import { invalidAnswer } from './invalid-answer.ts';
import type { ParserLimits } from './options.ts';

export type Field = readonly [name: string, value: string];

const lineFeed = 10;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: visible characters, space, tab and obs-text; never CR, LF, NUL or another control. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Gathers one line after the other. */
export class LineReader {
  readonly #maxLineBytes: number;
  #begun = '';
  /** The line that the latest `read` completed, without its CRLF. */
  line: string | undefined;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** What came of a line that has not ended. */
  get begun(): string {
    return this.#begun;
  }

  /** Takes bytes up to the end of the line, all of them when it does not end here. Returns where it stopped. */
  read(bytes: Buffer, from: number, to: number): number {
    // One more than allowed, so that a line too long shows without searching the rest.
    const limit = Math.min(to, from + this.#maxLineBytes + 2 - this.#begun.length);
    const found = bytes.subarray(from, limit).indexOf(lineFeed);
    const stop = found < 0 ? limit : from + found + 1;
    this.#begun += bytes.toString('latin1', from, stop);
    this.line = undefined;
    if (found < 0) {
      if (this.#begun.length >= this.#maxLineBytes + 2)
        throw invalidAnswer(`a line is longer than ${this.#maxLineBytes} bytes`);
      return stop;
    }
    if (!this.#begun.endsWith('\r\n')) throw invalidAnswer('a line ends with LF alone');
    this.line = this.#begun.slice(0, -2);
    this.#begun = '';
    return stop;
  }
}

export type SectionLimits = Pick<ParserLimits, 'maxLineBytes' | 'maxFields'> & { readonly maxBytes: number };

/** Field lines up to the empty line that ends them. */
export class FieldSection {
  readonly #limits: SectionLimits;
  readonly #lines: LineReader;
  #bytes = 0;
  readonly fields: Field[] = [];
  isComplete = false;

  constructor(limits: SectionLimits) {
    this.#limits = limits;
    this.#lines = new LineReader(limits.maxLineBytes);
  }

  /** Takes bytes up to the end of the section. Returns where it stopped. */
  read(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && !this.isComplete) {
      const stop = this.#lines.read(bytes, at, to);
      this.#bytes += stop - at;
      at = stop;
      if (this.#bytes > this.#limits.maxBytes)
        throw invalidAnswer(`its fields have more than ${this.#limits.maxBytes} bytes`);
      const { line } = this.#lines;
      if (line === '') this.isComplete = true;
      else if (line !== undefined) this.#add(line);
    }
    return at;
  }

  #add(line: string): void {
    if (this.fields.length >= this.#limits.maxFields)
      throw invalidAnswer(`it has more than ${this.#limits.maxFields} fields`);
    this.fields.push(parseField(line));
  }
}

function parseField(line: string): Field {
  if (line.startsWith(' ') || line.startsWith('\t')) throw invalidAnswer('a field is folded over several lines');
  const colon = line.indexOf(':');
  if (colon < 0) throw invalidAnswer('a field line has no colon');
  const name = line.slice(0, colon);
  if (!token.test(name)) throw invalidAnswer('a field name is no token');
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
  if (!fieldValue.test(value))
    throw invalidAnswer(`the value of ${name.slice(0, 40)} has characters that none may have`);
  return [name, value];
}
