// An origin made of raw sockets: it hears requests and answers with exactly the bytes a test wants, well-behaved or odd.
import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { leakCheck } from '@longhaul/testing';

export interface OriginRequest {
  readonly path: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Requests this origin has heard, this one included. */
  readonly nth: number;
}
export type Handler = (request: OriginRequest, socket: Socket) => void;

/** `bytes` bytes that only this seed gives. */
export function bodyOf(seed: string, bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  let block = createHash('sha256').update(seed).digest();
  for (let at = 0; at < bytes; at += block.byteLength) {
    block.copy(body, at);
    block = createHash('sha256').update(block).digest();
  }
  return body;
}

export class Origin implements AsyncDisposable {
  readonly requests: OriginRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;
  connections = 0;
  /** The connection of the latest request. */
  latest: Socket | undefined;

  constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
  }

  static async listen(handler: Handler, tls?: TlsOptions): Promise<Origin> {
    const origin = Origin.#make(handler, tls);
    await origin.#listen();
    return origin;
  }

  /** One for all tests of the suite that is being described; when they are over, nothing of them may be left. */
  static ofSuite(handler: Handler): Origin {
    const origin = Origin.#make(handler);
    const leaks = leakCheck();
    before(() => origin.#listen());
    after(async () => {
      await origin[Symbol.asyncDispose]();
      await leaks();
    });
    return origin;
  }

  static #make(handler: Handler, tls?: TlsOptions): Origin {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const origin = new Origin(server, tls === undefined ? 'http' : 'https');
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
      origin.#serve(socket, handler),
    );
    // Refused handshakes are the client's business here.
    server.on('tlsClientError', () => {});
    return origin;
  }

  #listen(): Promise<void> {
    return new Promise(resolve => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  url(path = '/file', host = '127.0.0.1'): string {
    return `${this.#scheme}://${host}:${this.port}${path}`;
  }

  #serve(socket: Socket, handler: Handler): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', chunk => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const [first = '', ...lines] = text.slice(0, end).split('\r\n');
        text = text.slice(end + 4);
        const fields = lines.map(line => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.replace(/^[^:]*: */, ''),
        ]);
        const headers = new Map(fields as [string, string][]);
        const request = { path: first.split(' ')[1] ?? '', headers, nth: this.requests.length + 1 };
        this.requests.push(request);
        this.latest = socket;
        handler(request, socket);
      }
    });
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Ends every open connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise<void>(resolve => this.#server.close(() => resolve()));
  }
}

export type Fields = Readonly<Record<string, string | number>>;

export function head(status: number, fields: Fields = {}): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`;
}

/** A whole answer with its Content-Length. */
export function answer(socket: Socket, status: number, fields: Fields, body: Uint8Array | string = ''): void {
  socket.write(head(status, { 'Content-Length': Buffer.byteLength(body), ...fields }));
  socket.write(body);
}

/** The request's one Range, its end behind the last byte; `undefined` without one. */
export function rangeOf(request: OriginRequest, size: number): readonly [from: number, to: number] | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '');
  if (match === null) return undefined;
  return [Number(match[1]), match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)];
}

/** What a good server answers: strong ETag, ranges, If-Range. `undefined` where it answered already that there is no such range. */
function headFor(
  request: OriginRequest,
  socket: Socket,
  body: Buffer,
  etag: string,
): readonly [from: number, to: number] | undefined {
  const size = body.byteLength;
  const range = request.headers.get('if-range') === etag ? rangeOf(request, size) : undefined;
  const [from, to] = range ?? [0, size];
  if (range !== undefined && from >= size) {
    answer(socket, 416, { ETag: etag, 'Content-Range': `bytes */${size}` });
    return undefined;
  }
  const fields = { ETag: etag, 'Content-Length': to - from };
  if (range === undefined) socket.write(head(200, fields));
  else socket.write(head(206, { ...fields, 'Content-Range': `bytes ${from}-${to - 1}/${size}` }));
  return [from, to];
}

/** A file as a good server serves it. */
export function serveFile(request: OriginRequest, socket: Socket, body: Buffer, etag = '"one"'): void {
  const range = headFor(request, socket, body, etag);
  if (range !== undefined) socket.write(body.subarray(...range));
}

/** How fast each connection is. A test may change it while bytes flow. */
export interface Pace {
  bytesPerSecond: number;
}

/** The same, as fast as `pace` says. */
export function servePaced(
  request: OriginRequest,
  socket: Socket,
  body: Buffer,
  pace: Readonly<Pace>,
  etag = '"one"',
): void {
  const range = headFor(request, socket, body, etag);
  if (range === undefined) return;
  const [from, to] = range;
  let [at, due, last] = [from, from, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    due += ((now - last) * pace.bytesPerSecond) / 1_000;
    last = now;
    const until = Math.min(to, Math.floor(due));
    if (until > at) socket.write(body.subarray(at, until));
    at = until;
    if (at === to) clearInterval(timer);
  }, 10);
  socket.once('close', () => clearInterval(timer));
}

/** The head of a whole file and its first `bytes`; the caller decides how it goes on. */
export function serveStart(socket: Socket, body: Buffer, bytes: number, fields: Fields = { ETag: '"one"' }): void {
  socket.write(head(200, { 'Content-Length': body.byteLength, ...fields }));
  socket.write(body.subarray(0, bytes));
}
