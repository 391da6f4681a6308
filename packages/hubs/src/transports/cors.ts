// What pages of other origins may do (§15.2, §15.3): the official client sends headers of its own and credentials, so every
// cross-origin request of it is preflighted and needs its origin by name. Closed unless origins are allowed. Decides only.

export type CorsHeaders = Readonly<Record<string, string>>;

const methods = 'GET, POST, DELETE, OPTIONS';
/** What the official client sends; more when a preflight asks for more. */
const clientHeaders = 'authorization, content-type, x-requested-with, x-signalr-user-agent';
const maxAgeSeconds = 600;
const longestHeaderList = 1_000;

export class CorsPolicy {
  readonly #allowed: ReadonlySet<string>;

  /** `allowedOrigins` as in the option of that name. */
  constructor(allowedOrigins: readonly string[] = []) {
    this.#allowed = new Set(allowedOrigins.map(origin => origin.toLowerCase()));
  }

  /** Origins were named: only their pages, and those that come from here. */
  get isOpen(): boolean {
    return this.#allowed.size > 0;
  }

  /** A page of `origin` has no business here. Requests without an origin come from no page; `host` is our own name. */
  refuses(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || !this.isOpen || this.#isAllowed(origin)) return false;
    return host === undefined || URL.parse(origin)?.host !== host.toLowerCase();
  }

  /** For every answer. */
  headers(origin: string | undefined): CorsHeaders {
    if (!this.isOpen) return {};
    if (origin === undefined || !this.#isAllowed(origin)) return { Vary: 'Origin' };
    if (!this.#allowed.has(origin.toLowerCase())) return { 'Access-Control-Allow-Origin': '*' };
    return {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      Vary: 'Origin',
    };
  }

  /** For a preflight, beside those. */
  preflightHeaders(origin: string, requestedHeaders: string | undefined): CorsHeaders {
    if (!this.#isAllowed(origin)) return {};
    return {
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': isHeaderList(requestedHeaders) ? requestedHeaders : clientHeaders,
      'Access-Control-Max-Age': String(maxAgeSeconds),
    };
  }

  #isAllowed(origin: string): boolean {
    return this.#allowed.has('*') || this.#allowed.has(origin.toLowerCase());
  }
}

function isHeaderList(text: string | undefined): text is string {
  return (
    text !== undefined &&
    text.length <= longestHeaderList &&
    /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/.test(text)
  );
}
