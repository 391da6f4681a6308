// An origin made of raw sockets: it hears requests and answers with exactly the bytes a test wants, well-behaved or odd.
import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

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
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const origin = new Origin(server, tls === undefined ? 'http' : 'https');
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
      origin.#serve(socket, handler),
    );
    // Refused handshakes are the client's business here.
    server.on('tlsClientError', () => {});
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return origin;
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

/** Where the request's Range begins; `undefined` without one. */
export function rangeStart(request: OriginRequest): number | undefined {
  const match = /^bytes=(\d+)-$/.exec(request.headers.get('range') ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** A file as a good server serves it: strong ETag, ranges, If-Range. */
export function serveFile(request: OriginRequest, socket: Socket, body: Buffer, etag = '"one"'): void {
  const from = rangeStart(request);
  const size = body.byteLength;
  if (from === undefined || request.headers.get('if-range') !== etag) answer(socket, 200, { ETag: etag }, body);
  else if (from >= size) answer(socket, 416, { ETag: etag, 'Content-Range': `bytes */${size}` });
  else answer(socket, 206, { ETag: etag, 'Content-Range': `bytes ${from}-${size - 1}/${size}` }, body.subarray(from));
}

/** The head of a whole file and its first `bytes`; the caller decides how it goes on. */
export function serveStart(socket: Socket, body: Buffer, bytes: number, fields: Fields = { ETag: '"one"' }): void {
  socket.write(head(200, { 'Content-Length': body.byteLength, ...fields }));
  socket.write(body.subarray(0, bytes));
}
