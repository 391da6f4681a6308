// The response of an upgrade request on HTTP/1.1. Until it is accepted, an ordinary HTTP answer can be written to it like
// to any other; accepting takes the socket out of it. State is kept in private fields, so it survives frameworks that
// swap the prototype of a response (Express).
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerOptions } from '../options.ts';
import type { Driver } from './driver.ts';

export class UpgradeResponse extends ServerResponse {
  readonly #socket: Duplex;
  readonly #head: Buffer;
  readonly #options: ServerOptions;
  #driver: Driver | undefined;

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer, options: ServerOptions) {
    super(request);
    this.#socket = socket;
    this.#head = head;
    this.#options = options;
    this.shouldKeepAlive = false;
    socket.on('error', ignore);
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
    response.#socket.off('error', ignore);
    response.#driver = adopt(response.#socket, response.#head);
    return response.#driver;
  }

  /** Ends the socket of an answered request; no second request is read from it. */
  static end(response: UpgradeResponse): void {
    const socket = response.#socket;
    socket.end(() => socket.destroy());
  }
}

function ignore(): void {}

function endAnswered(this: ServerResponse): void {
  if (UpgradeResponse.isOne(this)) UpgradeResponse.end(this);
}
