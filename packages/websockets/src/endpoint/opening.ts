// An opening handshake under way: a WebSocket request that was neither accepted nor answered yet. It hangs on the response
// that the handlers get, an ordinary one of node:http or node:http2, so frameworks may wrap it or swap its prototype.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { WebSocketError } from '../errors.ts';
import { type ServerOptions, serverDefaults } from '../server-options.ts';
import type { Driver } from './driver.ts';
import { refuse } from './refusal.ts';
import type { ServerSettings } from './server-settings.ts';
import type { Transport } from './transport.ts';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

/** What goes out when a request is accepted. */
export interface Acceptance {
  /** The client's key; HTTP/2 has none. */
  readonly key: string | undefined;
  readonly subprotocol: string | undefined;
  /** Value of `Sec-WebSocket-Extensions`; nothing when none was agreed on. */
  readonly extensions: string | undefined;
}

/** The way from a response to the transport beneath, different on HTTP/1.1 and HTTP/2. */
export interface Handover {
  /** Sends the acceptance and gives the transport away, with what the client sent behind its request so far. */
  accept(acceptance: Acceptance): { transport: Transport; head: Buffer };
}

const openingOf = Symbol('webSocketOpening');
type OpeningResponse = AnyResponse & { [openingOf]?: Opening };

export class Opening {
  readonly settings: ServerSettings;
  /** Let go of when it is accepted: a connection may live for days. */
  #response: AnyResponse | undefined;
  #handover: Handover | undefined;
  #driver: Driver | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(response: AnyResponse, handover: Handover, settings: ServerSettings) {
    this.settings = settings;
    this.#response = response;
    this.#handover = handover;
    (response as OpeningResponse)[openingOf] = this;
    const timeoutMs = settings.options.handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs;
    if (timeoutMs > 0 && timeoutMs < 2 ** 31) this.#timer = setTimeout(timedOut, timeoutMs, this).unref();
    response.on('close', settled);
  }

  /** The opening of a response that came through `useWebSockets`. */
  static of(response: AnyResponse): Opening | undefined {
    return (response as OpeningResponse)[openingOf];
  }

  /** The response until the request is accepted. */
  get response(): AnyResponse | undefined {
    return this.#response;
  }

  /** The accepted connection. */
  get driver(): Driver | undefined {
    return this.#driver;
  }

  get isAnswered(): boolean {
    return this.#handover === undefined || this.#response?.headersSent !== false;
  }

  /** `adopt` makes the driver that owns the transport from now on; the response is of no use afterwards. */
  accept(acceptance: Acceptance, adopt: (transport: Transport, head: Buffer) => Driver): Driver {
    const handover = this.#handover;
    const response = this.#response;
    if (handover === undefined || response === undefined)
      throw new WebSocketError('already-answered', 'The request was answered already');
    this.#handover = undefined;
    this.#response = undefined;
    this.settle();
    response.off('close', settled);
    const { transport, head } = handover.accept(acceptance);
    this.#driver = adopt(transport, head);
    retire(response);
    return this.#driver;
  }

  /** The handshake is over, one way or the other. */
  settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Answers in place of a handler that does not. */
  timeOut(): void {
    const response = this.#response;
    if (this.isAnswered || response === undefined) return;
    const error = new WebSocketError('handler-timeout', 'No handler accepted or answered a WebSocket request in time');
    refuse(response, error);
    report(this.settings.options, error);
  }
}

export function report(options: ServerOptions, error: unknown): void {
  const { onHandlerError = (thrown: unknown) => console.error('WebSocket request handler failed:', thrown) } = options;
  onHandlerError(error);
}

/**
 * What a framework still writes to the response of an accepted request must not reach the connection. An answer it gives
 * at the end of its handler ends the connection instead: 5xx, for a handler that threw, with 1011, any other with 1000.
 */
function retire(response: AnyResponse): void {
  const retired = response as unknown as Record<string, unknown>;
  retired.writeHead = lateHead;
  retired.write = lateWrite;
  retired.end = lateEnd;
  retired.flushHeaders = lateWrite;
}

function lateHead(this: AnyResponse, status: number): AnyResponse {
  this.statusCode = status;
  return this;
}

function lateWrite(): boolean {
  return true;
}

function lateEnd(this: AnyResponse): AnyResponse {
  const driver = Opening.of(this)?.driver;
  if (this.statusCode < 500) driver?.close(1000, '');
  else driver?.fail(new WebSocketError('handler-failed', `The request handler answered ${this.statusCode}`));
  return this;
}

function timedOut(opening: Opening): void {
  opening.timeOut();
}

function settled(this: AnyResponse): void {
  Opening.of(this)?.settle();
}
