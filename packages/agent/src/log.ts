// The agent's log: pino's JSON lines in a private file of bounded size, with everything that could be a secret taken out
// before it is written: query values and user names of URLs, authorization and cookie fields.
import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import { redactUrl } from './transfers/redact-url.ts';

/** A full file becomes `<name>.1`, the one before is forgotten. Bytes. */
const maxLogBytes = 8 * 1_048_576;
const maxDepth = 6;
const secretNames = /^(authorization|proxy-authorization|cookie|set-cookie|token|password|headers)$/i;

export type Log = Logger;

export function openLog(path: string, level = 'info'): Log & Disposable {
  const file = new LogFile(path);
  const log = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }), log: facts => redacted(facts, 0) as Record<string, unknown> },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map(arg => (typeof arg === 'string' ? redactText(arg) : arg)) as typeof args);
        },
      },
    },
    file,
  );
  return Object.assign(log, { [Symbol.dispose]: () => file[Symbol.dispose]() });
}

/** Every URL in a text without user name, password, fragment and query values. */
export function redactText(text: string): string {
  return text.replace(/\b(?:https?|wss?|ftp):\/\/[^\s"'<>]+/gi, url => redactUrl(url));
}

function redacted(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '…';
  if (value instanceof Error) return redacted(errorFacts(value), depth + 1);
  if (Array.isArray(value)) return value.slice(0, 100).map(item => redacted(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      return [name, secretNames.test(name) && item !== undefined ? '(redacted)' : redacted(item, depth + 1)];
    }),
  );
}

function errorFacts(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? { errorCode: error.code } : {};
  return { name, message, ...code, stack, ...(cause === undefined ? {} : { cause }) };
}

/** Lines are written at once: the last ones before a crash are the ones that matter. */
class LogFile implements Disposable {
  readonly #path: string;
  #file: number;
  #bytes: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openForAppend(path);
    this.#bytes = fstatSync(this.#file).size;
  }

  write(line: string): void {
    try {
      if (this.#bytes >= maxLogBytes) this.#rotate();
      this.#bytes += writeSync(this.#file, line);
    } catch {
      // a full disk must not stop transfers to another one; what cannot be written is lost
    }
  }

  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`);
    closeSync(this.#file);
    this.#file = openForAppend(this.#path);
    this.#bytes = 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function openForAppend(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
}
