// ACTS. Where the command writes: data on stdout, notices and errors on stderr. A reader that goes away (`| head`) is no
// failure: what it no longer takes is dropped.
import { styleText } from 'node:util';
import { errorReport } from '../exit-codes.ts';
import { safeText } from './safe-text.ts';

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** False for `--no-color`; otherwise NO_COLOR, FORCE_COLOR and the terminal decide. */
  readonly color: boolean;
}

type Style = Parameters<typeof styleText>[0];

export class Output {
  readonly #streams: Streams;
  readonly options: OutputOptions;

  constructor(streams: Streams, options: OutputOptions) {
    this.#streams = streams;
    this.options = options;
  }

  get stdout(): NodeJS.WriteStream {
    return this.#streams.stdout;
  }

  get stderr(): NodeJS.WriteStream {
    return this.#streams.stderr;
  }

  /** Columns of the terminal that reads stdout; `undefined` when none does. */
  get width(): number | undefined {
    return this.#streams.stdout.isTTY ? this.#streams.stdout.columns : undefined;
  }

  /** With --json the value, else the lines. */
  data(value: unknown, lines: readonly string[]): void {
    if (this.options.json) this.#streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    else if (lines.length > 0) this.#streams.stdout.write(`${lines.join('\n')}\n`);
  }

  notice(text: string): void {
    if (!this.options.quiet && !this.options.json) this.#writeNotice(text);
  }

  /** A notice that programs' users must see too; on stderr, so that it is in no data. */
  warning(text: string): void {
    if (!this.options.quiet) this.#writeNotice(this.#styled('yellow', text));
  }

  /** `about`: the id or URL it is about, when several were given. */
  error(error: unknown, about?: string): void {
    const report = errorReport(error, about);
    if (this.options.json) {
      this.#streams.stderr.write(`${JSON.stringify({ error: report })}\n`);
      return;
    }
    const subject = about === undefined ? '' : `${about}: `;
    this.#writeNotice(`${this.#styled('red', 'longhaul:')} ${safeText(subject + report.message)} [${report.code}]`);
    this.#writeNotice(`  ${report.fix}`);
  }

  /** Text in a colour for stdout, where colours are wanted and shown. */
  paint(style: Style, text: string): string {
    const { stdout } = this.#streams;
    return this.options.color ? styleText(style, text, { stream: stdout, validateStream: true }) : text;
  }

  #writeNotice(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  #styled(style: Style, text: string): string {
    const { stderr } = this.#streams;
    return this.options.color ? styleText(style, text, { stream: stderr, validateStream: true }) : text;
  }
}

/** A closed pipe must not end the command with a stack trace. */
export function tolerateClosedPipes({ stdout, stderr }: Streams): void {
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
