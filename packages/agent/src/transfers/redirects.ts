// Redirects as we follow them: which answers are redirects, where to, and what a request may take along. Pure.
import { LonghaulError, type WebErrorStatus } from '@longhaul/agent-protocol';
import { redactUrl } from './redact-url.ts';
import type { ResponseHead } from './response-head.ts';

const statuses = new Set([301, 302, 303, 307, 308]);

/** Kept across origins: they hold nothing that one origin may not know. Everything else of the caller may be a secret. */
const harmless = new Set(['accept', 'accept-language', 'user-agent']);

/** The next URL; `undefined` when the answer is no redirect. Throws `web-error` for one that must not be followed. */
export function redirectTarget(head: ResponseHead, from: URL): URL | undefined {
  if (!statuses.has(head.status)) return undefined;
  const location = head.get('location');
  if (location === undefined) return undefined;
  if (!URL.canParse(location, from)) throw refuse('redirect-failed', 'it leads to something that is no URL');
  const to = new URL(location, from);
  if (to.protocol !== 'http:' && to.protocol !== 'https:') {
    throw refuse('redirect-failed', `it leads to ${to.protocol}, which is neither http: nor https:`);
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw refuse('https-to-http-on-redirection', `it leads from https: to ${redactUrl(to.href)}`);
  }
  // RFC 9110, 10.2.2: a Location without a fragment inherits it; ours never leaves this process anyway.
  to.hash = '';
  return to;
}

/** The caller's headers that may go along from one URL to the next. Credentials never change their origin. */
export function headersFor(
  headers: readonly (readonly [string, string])[],
  from: URL,
  to: URL,
): readonly (readonly [string, string])[] {
  return from.origin === to.origin ? headers : headers.filter(([name]) => harmless.has(name.toLowerCase()));
}

/** Counts hops and notices circles. */
export class RedirectTrail {
  readonly #maxRedirects: number;
  readonly #seen = new Set<string>();

  constructor(start: URL, maxRedirects: number) {
    this.#maxRedirects = maxRedirects;
    this.#seen.add(start.href);
  }

  /** Throws `web-error` (`redirect-failed`) for a URL seen before and for one hop too many. */
  follow(to: URL): void {
    if (this.#seen.has(to.href)) throw refuse('redirect-failed', `it leads back to ${redactUrl(to.href)}`);
    if (this.#seen.size > this.#maxRedirects)
      throw refuse('redirect-failed', `there were ${this.#maxRedirects} already`);
    this.#seen.add(to.href);
  }
}

function refuse(webErrorStatus: WebErrorStatus, why: string): LonghaulError {
  return new LonghaulError('web-error', `The redirect was not followed: ${why}.`, { data: { webErrorStatus } });
}
