// A source on node:http and node:https: keep-alive pools of its own, time-outs of BT-130 and BT-131, bodies as they were sent.
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import { LonghaulError } from '@longhaul/agent-protocol';
import { codeOf, toWebError } from './error-map.ts';
import { HttpBody } from './http-body.ts';
import { requestFields } from './request-fields.ts';
import { ResponseHead } from './response-head.ts';
import type { Framing, Source, SourceLimits, SourceRequest, SourceResponse } from './source.ts';
import { transferCodings, transferDecoder } from './transfer-coding.ts';

export interface HttpSourceOptions {
  /** Certificate authorities in place of the system's (PEM). */
  readonly ca?: string;
  /** A kept connection that nobody uses for this time is closed. Milliseconds. Default: 15,000. */
  readonly idleMs?: number;
  /** Everything is asked through this one: http: as it is, https: by CONNECT. May hold user name and password. */
  readonly proxy?: URL;
}

interface Agents {
  readonly plain: HttpAgent;
  readonly secure: HttpsAgent;
}

/** Idle connections kept to a host and port. */
const maxFreeSockets = 8;
/** Of several addresses, one is given this long before the next is tried. Milliseconds. */
const nextAddressMs = 2_000;

export class HttpSource implements Source {
  readonly #limits: SourceLimits;
  readonly #pooled: Agents;
  readonly #fresh: Agents;

  constructor(limits: SourceLimits, options: HttpSourceOptions = {}) {
    this.#limits = limits;
    const agents = (keepAlive: boolean): Agents => {
      // `timeout` ends free sockets; for those in use it is an event that nobody hears.
      const timeout = options.idleMs ?? 15_000;
      const proxy = options.proxy?.href;
      const common = {
        keepAlive,
        maxFreeSockets,
        timeout,
        autoSelectFamilyAttemptTimeout: nextAddressMs,
        ...(proxy !== undefined && { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
      };
      return { plain: new HttpAgent(common), secure: new HttpsAgent({ ...common, ca: options.ca }) };
    };
    this.#pooled = agents(true);
    this.#fresh = agents(false);
  }

  async open(request: SourceRequest): Promise<SourceResponse> {
    // A server may close a kept connection just as it is used again. Nothing was answered then; a fresh one will tell.
    const answer = await this.#send(request, this.#pooled);
    return answer ?? (await this.#send(request, this.#fresh))!;
  }

  /** Resolves with `undefined` when a kept connection turned out to be closed. */
  #send(request: SourceRequest, agents: Agents): Promise<SourceResponse | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<SourceResponse | undefined>();
    if (request.signal.aborted) return Promise.reject(canceled());
    const isSecure = request.url.protocol === 'https:';
    const sent = (isSecure ? httpsRequest : httpRequest)({
      ...addressOf(request.url),
      agent: isSecure ? agents.secure : agents.plain,
      headers: Object.fromEntries(requestFields(request)),
      maxHeaderSize: this.#limits.maxHeaderBytes,
    });
    const { connectTimeoutMs, responseTimeoutMs } = this.#limits;
    const giveUpAfter = (ms: number, what: string) =>
      setTimeout(
        () => sent.destroy(new LonghaulError('timeout', `There was no ${what} for ${ms} ms.`, timeoutData)),
        ms,
      );
    let timer = giveUpAfter(connectTimeoutMs, 'connection');
    onceConnected(sent, () => {
      clearTimeout(timer);
      timer = giveUpAfter(responseTimeoutMs, 'answer');
    });
    const abort = () => sent.destroy(canceled());
    request.signal.addEventListener('abort', abort, { once: true });
    sent.once('close', () => {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', abort);
    });
    let isAnswered = false;
    sent.once('response', message => {
      isAnswered = true;
      clearTimeout(timer);
      try {
        resolve(answerOf(sent, message, this.#limits.stallTimeoutMs));
      } catch (error) {
        reject(error);
        sent.destroy();
      }
    });
    sent.on('error', error => {
      clearTimeout(timer);
      const isStale = sent.reusedSocket && !isAnswered && staleCodes.has(codeOf(error) ?? '');
      if (isStale && agents === this.#pooled) resolve(undefined);
      else reject(toWebError(error));
    });
    sent.end();
    return promise;
  }

  [Symbol.dispose](): void {
    for (const { plain, secure } of [this.#pooled, this.#fresh]) {
      plain.destroy();
      secure.destroy();
    }
  }
}

const staleCodes = new Set(['ECONNRESET', 'EPIPE']);
const timeoutData = { data: { webErrorStatus: 'timeout' } };
const canceled = () =>
  new LonghaulError('operation-canceled', 'The request was given up.', {
    data: { webErrorStatus: 'operation-canceled' },
  });

/** Without user name, password and fragment. */
function addressOf(url: URL): { hostname: string; port: string | undefined; path: string } {
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return { hostname, port: url.port === '' ? undefined : url.port, path: `${url.pathname}${url.search}` };
}

function onceConnected(sent: ClientRequest, connected: () => void): void {
  sent.once('socket', socket => {
    // Behind a proxy the tunnel, and the handshake in it, come before the socket.
    const isConnected = socket instanceof TLSSocket ? socket.authorized : !socket.connecting;
    if (sent.reusedSocket || isConnected) connected();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', connected);
  });
}

/** Throws `web-error` for a transfer coding that nobody can undo. */
function answerOf(sent: ClientRequest, message: IncomingMessage, stallTimeoutMs: number): SourceResponse {
  const head = ResponseHead.fromRaw(message.statusCode ?? 0, message.rawHeaders);
  const codings = transferCodings(head);
  const body = new HttpBody(sent, message, stallTimeoutMs, transferDecoder(codings));
  return { head, framing: framingOf(head, codings), pour: sink => body.pour(sink), discard: () => body.discard() };
}

function framingOf(head: ResponseHead, codings: readonly string[]): Framing {
  if (codings.length > 0) return codings.at(-1) === 'chunked' ? 'chunked' : 'close';
  return head.get('content-length') === undefined ? 'close' : 'length';
}
