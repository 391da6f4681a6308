// WebSockets that begin with an HTTP/1.1 upgrade, in the clear or over TLS. Node gives the bare socket of such a request
// away; an ordinary response is made around it, so that a handler can answer as usual or accept.
import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { writeUpgradeResponse } from '../handshake/upgrade-response.ts';
import type { Acceptance, Handover } from './opening.ts';
import type { Transport } from './transport.ts';

/** Frames that a client may send before it is accepted; then its socket is paused. */
const mostEarlyBytes = 65_536;

/** The response for an upgrade request, and the way from it to the socket. */
export function respondToUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): { response: ServerResponse; handover: Handover } {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  return { response, handover: new UpgradeHandover(response, socket, head) };
}

class UpgradeHandover implements Handover {
  readonly #response: ServerResponse;
  readonly #socket: Duplex;
  /** What the client sent behind the request, so far. */
  readonly #early: Buffer[];
  #earlyBytes: number;
  readonly #onData = (bytes: Buffer) => this.#keep(bytes);
  /** Ends the socket of an answered request; no second request is read from it. */
  readonly #onFinish = () => this.#socket.end(() => this.#socket.destroy());

  constructor(response: ServerResponse, socket: Duplex, head: Buffer) {
    this.#response = response;
    this.#socket = socket;
    this.#early = [head];
    this.#earlyBytes = head.length;
    // Read on while the handler thinks: a client that goes away would not be noticed otherwise.
    socket.on('error', ignore).on('data', this.#onData).on('end', destroyIt);
    response.assignSocket(socket as Socket);
    response.on('finish', this.#onFinish);
  }

  accept({ key, subprotocol, extensions }: Acceptance): { transport: Transport; head: Buffer } {
    const socket = this.#socket;
    const response = this.#response;
    const answer = writeUpgradeResponse(key ?? '', subprotocol, extensions, response.getHeaders());
    response.off('finish', this.#onFinish);
    response.detachSocket(socket as Socket);
    socket.off('error', ignore).off('data', this.#onData).off('end', destroyIt);
    if (socket instanceof Socket) {
      socket.setNoDelay(true);
      socket.setTimeout(0);
    }
    if (!socket.destroyed) socket.write(Buffer.from(answer, 'latin1'));
    return { transport: socket, head: Buffer.concat(this.#early) };
  }

  #keep(bytes: Buffer): void {
    if (this.#response.writableEnded) return;
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
    if (this.#earlyBytes > mostEarlyBytes) this.#socket.pause();
  }
}

function ignore(): void {}

function destroyIt(this: Duplex): void {
  this.destroy();
}
