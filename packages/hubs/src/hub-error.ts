// Errors with a code and data that cross the wire. Pure and free of Node: servers throw HubError, clients (also in
// browsers) turn the Error of @microsoft/signalr back into its parts with parseHubError.
//
// Form on the wire: `HubException: <message>`; when there is a code, data, or a line break in the message, one more line
// follows: the JSON object `{"code":…,"data":…}` (keys without a value are left out). It is always the last line.

const wirePrefix = 'HubException: ';

/**
 * An error whose text, code and data may reach the caller of a hub method. Every other exception stays on the server
 * (the caller reads only that something failed) unless `enableDetailedErrors` is set. SignalR's `HubException`.
 */
export class HubError extends Error {
  override readonly name = 'HubError';
  /** For programs: stable, short. */
  readonly code: string | undefined;
  /** More facts for programs. Must survive `JSON.stringify`. */
  readonly data: unknown;

  constructor(message: string, options: { code?: string; data?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.data = options.data;
  }
}

export interface ParsedHubError {
  readonly message: string;
  readonly code: string | undefined;
  readonly data: unknown;
}

/** The text that stands for a HubError in `Completion.error` and `Close.error`, after the sentence of §8.2. */
export function formatHubError(error: Pick<HubError, 'message' | 'code' | 'data'>): string {
  const { message, code, data } = error;
  const needsFacts = code !== undefined || data !== undefined || message.includes('\n');
  return wirePrefix + message + (needsFacts ? `\n${formatFacts(code, data)}` : '');
}

function formatFacts(code: string | undefined, data: unknown): string {
  try {
    return JSON.stringify({ code, data });
  } catch {
    // Data that JSON cannot carry (a cycle, a BigInt) must not hide the error itself.
    return JSON.stringify({ code });
  }
}

/**
 * Message, code and data of a HubError as `@microsoft/signalr` throws it (also works on the bare text).
 * `undefined` for any other error: an exception that the server keeps to itself, a lost connection, a bug.
 */
export function parseHubError(error: unknown): ParsedHubError | undefined {
  if (error instanceof HubError) return { message: error.message, code: error.code, data: error.data };
  const text = error instanceof Error ? error.message : error;
  if (typeof text !== 'string') return undefined;
  const start = text.indexOf(wirePrefix);
  if (start < 0) return undefined;
  const rest = text.slice(start + wirePrefix.length);
  const lineBreak = rest.lastIndexOf('\n');
  const facts = lineBreak < 0 ? undefined : parseFacts(rest.slice(lineBreak + 1));
  return facts === undefined
    ? { message: rest, code: undefined, data: undefined }
    : { message: rest.slice(0, lineBreak), ...facts };
}

function parseFacts(line: string): { code: string | undefined; data: unknown } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { code, data } = JSON.parse(line) as { code?: unknown; data?: unknown };
    return code === undefined || typeof code === 'string' ? { code, data } : undefined;
  } catch {
    return undefined;
  }
}
