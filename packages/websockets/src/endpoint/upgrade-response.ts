// The response of an upgrade request on HTTP/1.1. Until it is accepted, an ordinary HTTP answer can be written to it like
// to any other; accepting takes the socket out of it. State is kept in private fields, so it survives frameworks that
// swap the prototype of a response (Express).
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerOptions } from '../options.ts';
import type { Driver } from './driver.ts';

/** Frames that a client may send before it is accepted; then its socket is paused. */
const mostEarlyBytes = 65_536;

export class UpgradeResponse extends ServerResponse {
  readonly #socket: Duplex;
  /** What the client sent behind the request, so far. */
  readonly #early: Buffer[];
  #earlyBytes: number;
  readonly #options: ServerOptions;
  readonly #onData: (bytes: Buffer) => void;
  #driver: Driver | undefined;

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer, options: ServerOptions) {
    super(request);
    this.#socket = socket;
    this.#early = [head];
    this.#earlyBytes = head.length;
    this.#options = options;
    this.shouldKeepAlive = false;
    // Read on while the handler thinks: a client that goes away would not be noticed otherwise.
    this.#onData = bytes => this.#keep(bytes);
    socket.on('error', ignore);
    socket.on('data', this.#onData);
    socket.on('end', destroyIt);
    this.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    this.on('finish', endAnswered);
  }

  static isOne(response: object): response is UpgradeResponse {
    return #driver in response;
  }

  static optionsOf(response: UpgradeResponse): ServerOptions {
    return response.#options;
  }

  static driverOf(response: UpgradeResponse): Driver | undefined {
    return response.#driver;
  }

  /** Takes the socket out; the response is of no use afterwards. `adopt` makes the driver that owns it from now on. */
  static upgrade(response: UpgradeResponse, adopt: (socket: Duplex, head: Buffer) => Driver): Driver {
    response.off('finish', endAnswered);
    response.detachSocket(response.#socket as Parameters<ServerResponse['detachSocket']>[0]);
    const socket = response.#socket;
    socket.off('error', ignore).off('data', response.#onData).off('end', destroyIt);
    response.#driver = adopt(socket, Buffer.concat(response.#early));
    return response.#driver;
  }

  #keep(bytes: Buffer): void {
    if (this.writableEnded) return;
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
    if (this.#earlyBytes > mostEarlyBytes) this.#socket.pause();
  }

  /** Ends the socket of an answered request; no second request is read from it. */
  static end(response: UpgradeResponse): void {
    const socket = response.#socket;
    socket.end(() => socket.destroy());
  }
}

function ignore(): void {}

function destroyIt(this: Duplex): void {
  this.destroy();
}

function endAnswered(this: ServerResponse): void {
  if (UpgradeResponse.isOne(this)) UpgradeResponse.end(this);
}
