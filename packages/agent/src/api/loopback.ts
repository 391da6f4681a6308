// The loopback port: the dashboard's files for anyone on this machine, the exchange of a login code for a session, and the
// hub for sessions. Everything else is refused before anything is done.
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import type { ApiLimits } from '../options.ts';
import { answerJson, closedHeaders, refuse } from './answer.ts';
import type { Logins } from './logins.ts';
import { judgeHead } from './origin-rules.ts';
import type { PageFiles } from './page-files.ts';

export interface LoopbackOptions {
  readonly port: number;
  readonly files: PageFiles;
  readonly logins: Logins;
  readonly limits: Pick<ApiLimits, 'maxLoginBytes'>;
  readonly now: () => number;
  /** True when the request shows a session's token. */
  readonly hasSession: (request: IncomingMessage) => boolean;
  readonly isHubPath: (path: string) => boolean;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: { warn(facts: object, message: string): void };
}

export type UpgradeVerdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly status: number; readonly why: string };

const LoginRequest = v.strictObject({ code: v.pipe(v.string(), v.maxLength(200)) });

export class Loopback {
  readonly #options: LoopbackOptions;

  constructor(options: LoopbackOptions) {
    this.#options = options;
  }

  /** Answers the request, or says that it is for the hub. */
  handle(request: IncomingMessage, response: ServerResponse): 'answered' | 'for-hub' {
    const path = pathOf(request);
    const isPage = path === '/' || this.#options.files.has(path);
    const verdict = this.#judge(request, !isPage, false);
    if (!verdict.isAllowed) {
      refuse(response, verdict.status, verdict.why);
    } else if (isPage) {
      this.#givePage(path, verdict.host, request, response);
    } else if (path === '/healthz') {
      if (allows(request, response, ['GET', 'HEAD'])) answerJson(response, 200, { status: 'ok' });
    } else if (path === '/login') {
      if (allows(request, response, ['POST'])) void this.#login(request, response);
    } else if (!this.#options.hasSession(request)) {
      refuse(response, 401, 'a token is needed', { 'www-authenticate': 'Bearer' });
    } else if (this.#options.isHubPath(path)) {
      return 'for-hub';
    } else if (path === '/metrics') {
      if (allows(request, response, ['GET', 'HEAD'])) void this.#giveMetrics(response);
    } else {
      refuse(response, 404, 'nothing here');
    }
    return 'answered';
  }

  /** Whether a WebSocket may go on to the hub, which lets it in by the connection token of an authenticated negotiation. */
  judgeUpgrade(request: IncomingMessage): UpgradeVerdict {
    const verdict = this.#judge(request, true, true);
    if (!verdict.isAllowed) return verdict;
    if (!this.#options.isHubPath(pathOf(request))) return { isAllowed: false, status: 401, why: 'a token is needed' };
    return { isAllowed: true };
  }

  #judge(request: IncomingMessage, isProtected: boolean, isWebSocket: boolean) {
    const { url = '', headers, rawHeaders } = request;
    return judgeHead({ url, headers, rawHeaders, isProtected, isWebSocket }, this.#options.port);
  }

  #givePage(path: string, host: string, request: IncomingMessage, response: ServerResponse): void {
    if (!allows(request, response, ['GET', 'HEAD'])) return;
    const file = this.#options.files.get(path);
    if (file === undefined) {
      refuse(response, 503, 'the dashboard page is not built: run "npm run build"');
      return;
    }
    response.writeHead(200, {
      ...closedHeaders,
      // `'self'` alone covers ws: only in newer browsers.
      'content-security-policy': [
        "default-src 'self'",
        `connect-src 'self' ws://${host}`,
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': file.isImmutable ? 'private, max-age=31536000, immutable' : 'no-store',
      'content-type': file.contentType,
      'content-length': file.body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }

  async #giveMetrics(response: ServerResponse): Promise<void> {
    try {
      const body = Buffer.from(await this.#options.metrics());
      const type = 'text/plain; version=0.0.4; charset=utf-8';
      response.writeHead(200, { ...closedHeaders, 'content-type': type, 'content-length': body.length });
      response.end(response.req.method === 'HEAD' ? undefined : body);
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, 'the metrics could not be collected');
      refuse(response, 500, 'the metrics could not be collected');
    }
  }

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Any other type could be sent by a plain form of another page.
    if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
      return refuse(response, 415, 'the body must be application/json');
    }
    const body = await readBody(request, this.#options.limits.maxLoginBytes);
    if (body === undefined) return refuse(response, 413, 'the body is too large');
    const parsed = v.safeParse(LoginRequest, parseJson(body));
    if (!parsed.success) return refuse(response, 400, 'the body must be { "code": string }');
    const answer = this.#options.logins.login(parsed.output.code, this.#options.now());
    if (answer.kind === 'let-in') return answerJson(response, 200, { token: answer.token, role: 'browser' });
    this.#options.log.warn({ kind: answer.kind }, 'a login was refused');
    if (answer.kind === 'wrong-code') return refuse(response, 401, 'the code is wrong, used or too old');
    const retryAfter = String(Math.ceil(answer.retryAfterMs / 1_000));
    return refuse(response, 429, 'too many wrong codes', { 'retry-after': retryAfter });
  }
}

/** The path as sent, without the query: it is compared with known ones, never resolved. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function allows(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): boolean {
  if (methods.includes(request.method ?? '')) return true;
  refuse(response, 405, `only ${methods.join(', ')}`, { allow: methods.join(', ') });
  return false;
}

/** At most `maxBytes`; `undefined` as soon as there is more. A client that goes away in between counts as an empty body. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > maxBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return Buffer.alloc(0);
  }
  return Buffer.concat(chunks);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
