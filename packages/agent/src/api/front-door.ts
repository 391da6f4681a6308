// The one HTTP server of the agent. It never listens: the keeper passes connections in, each marked with the door it came
// through. What may go on to the hub is handed to an inner server object; everything else is answered here.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Via } from '../keeper/wire.ts';
import type { ApiLimits } from '../options.ts';
import { isPeerTrusted } from '../platform/peer-user.ts';
import { answerJson, refuse, refuseUpgrade } from './answer.ts';
import { type Loopback, pathOf, type UpgradeVerdict } from './loopback.ts';

export interface FrontDoorOptions {
  readonly limits: Pick<
    ApiLimits,
    'maxSocketConnections' | 'maxLoopbackConnections' | 'headersTimeoutMs' | 'requestTimeoutMs' | 'maxHeaderBytes'
  >;
  readonly isHubPath: (path: string) => boolean;
  /** The loopback port's rules; `undefined` while there is no such port. */
  readonly loopback: () => Loopback | undefined;
}

export class FrontDoor implements Disposable {
  /** What the hub server is made on: it sees only requests and upgrades that passed. */
  readonly inner: Server = createServer();
  readonly #outer: Server;
  readonly #options: FrontDoorOptions;
  readonly #vias = new WeakMap<object, Via>();
  readonly #open: Record<Via, Set<Socket>> = { unix: new Set(), loopback: new Set() };

  constructor(options: FrontDoorOptions) {
    this.#options = options;
    const { limits } = options;
    this.#outer = createServer({
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: limits.maxHeaderBytes,
    });
    this.#outer.on('request', (request, response) => this.#request(request, response));
    this.#outer.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    // Node begins to enforce the two time-outs on this event; the server itself has nothing to listen on.
    this.#outer.emit('listening');
  }

  /** Whose door this request came through; `undefined` for a connection that never passed here. */
  viaOf(request: { readonly socket: Socket }): Via | undefined {
    return this.#vias.get(request.socket);
  }

  take(via: Via, socket: Socket): void {
    const { limits } = this.#options;
    const open = this.#open[via];
    socket.on('error', () => {});
    if (via === 'unix' && !isPeerTrusted(socket)) {
      socket.destroy();
      return;
    }
    if (open.size >= (via === 'unix' ? limits.maxSocketConnections : limits.maxLoopbackConnections)) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    this.#vias.set(socket, via);
    // As Node's own HTTP server sets them on what it accepts.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    this.#outer.emit('connection', socket);
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const via = this.viaOf(request);
    const loopback = via === 'loopback' ? this.#options.loopback() : undefined;
    if (loopback !== undefined) {
      if (loopback.handle(request, response) === 'for-hub') this.#toHub(request, response);
    } else if (via === 'unix' && this.#options.isHubPath(pathOf(request))) {
      this.#toHub(request, response);
    } else if (via === 'unix' && pathOf(request) === '/healthz') {
      answerJson(response, 200, { status: 'ok' });
    } else {
      refuse(response, 404, 'nothing here');
    }
  }

  /** The hub server takes its listeners away when it closes. */
  #toHub(request: IncomingMessage, response: ServerResponse): void {
    if (!this.inner.emit('request', request, response)) refuse(response, 503, 'the agent is ending');
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const verdict = this.#judgeUpgrade(request);
    if (!verdict.isAllowed) refuseUpgrade(socket, verdict.status, verdict.why);
    else if (!this.inner.emit('upgrade', request, socket, head)) refuseUpgrade(socket, 503, 'the agent is ending');
  }

  #judgeUpgrade(request: IncomingMessage): UpgradeVerdict {
    const via = this.viaOf(request);
    const nothing = { isAllowed: false, status: 404, why: 'nothing here' } as const;
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      return { isAllowed: false, status: 400, why: 'no such upgrade' };
    }
    if (via === 'loopback') return this.#options.loopback()?.judgeUpgrade(request) ?? nothing;
    return via === 'unix' && this.#options.isHubPath(pathOf(request)) ? { isAllowed: true } : nothing;
  }

  /** Ends every connection at once. */
  [Symbol.dispose](): void {
    this.#outer.close(() => {});
    for (const open of Object.values(this.#open)) for (const socket of open) socket.destroy();
  }
}
