// A WebSocket client made of bytes: it sends what a test says, in the pieces it says, and keeps every frame it gets. Over
// a socket it asks by an upgrade, over a session by an extended CONNECT.
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { waitFor } from '@longhaul/testing';
import { FrameDecoder } from '../src/protocol/frame-decoder.ts';
import { encodeFrame } from '../src/protocol/frame-encoder.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A masked frame, as a client sends it. */
export function frame(opcode: number, payload: string | Uint8Array = '', isFinal = true): Buffer {
  return encodeFrame(opcode, isFinal, Buffer.from(payload as string), 0x1badcafe);
}

export function closeFrame(code: number, reason: string | Uint8Array = ''): Buffer {
  return frame(8, Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason as string)]));
}

export const closeSeen = (code: number) => `8:${code.toString(16).padStart(4, '0')}`;
export const textSeen = (text: string) => `1:${Buffer.from(text).toString('hex')}`;
export const seen = (opcode: number, payload: string | Uint8Array = '') =>
  `${opcode}:${Buffer.from(payload as string).toString('hex')}`;

export class RawClient {
  /** The head of the server's answer to the handshake, on HTTP/2 written as if it were HTTP/1.1. */
  head = '';
  /** `opcode:payload in hex` of every frame so far; behind the opcode a `+` for a fragment, a `z` for RSV1. */
  readonly frames: string[] = [];
  hasEnded = false;
  /** Code of the RST_STREAM that ended an HTTP/2 stream, 0 for none. */
  rstCode = 0;
  readonly #carrier: Duplex | ClientHttp2Session;
  #socket: Duplex | undefined;
  #hasHead = false;
  #isAccepted = false;
  #bytes = Buffer.alloc(0);
  readonly #decoder = new FrameDecoder('client', true);
  #payload: Buffer[] = [];

  /** A port on 127.0.0.1, the path of a Unix socket, or something that connects already. */
  constructor(where: number | string | Duplex | ClientHttp2Session) {
    if (typeof where === 'number') this.#carrier = connect({ port: where, host: '127.0.0.1', noDelay: true });
    else this.#carrier = typeof where === 'string' ? connect(where) : where;
    this.#carrier.on('error', () => {});
    this.#carrier.on('close', () => this.#ended());
    if ('write' in this.#carrier) this.#listen(this.#carrier);
  }

  /** Connects and does the opening handshake. */
  static async open(where: number | string, headers: readonly string[] = []): Promise<RawClient> {
    const client = new RawClient(where);
    await client.handshake(headers);
    return client;
  }

  /** What carries the frames: the socket, or the stream of this WebSocket. */
  get socket(): Duplex {
    if (this.#socket === undefined) throw new Error('There is no stream before handshake()');
    return this.#socket;
  }

  /** The session of an HTTP/2 client. */
  get session(): ClientHttp2Session {
    if ('write' in this.#carrier) throw new Error('This client does not speak HTTP/2');
    return this.#carrier;
  }

  /** The opening handshake; `headers` are more lines of it. An HTTP/2 stream has no key and no Upgrade. */
  async handshake(headers: readonly string[] = []): Promise<string> {
    if ('write' in this.#carrier) {
      this.request([
        'GET /echo HTTP/1.1',
        'Host: localhost',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${key}`,
        ...headers,
      ]);
    } else {
      await this.permitted();
      this.connect({ 'sec-websocket-version': '13', ...headersOf(headers) });
    }
    return await this.answered();
  }

  /** The server's SETTINGS are there and say that an extended CONNECT may be asked for (RFC 8441 §3). */
  async permitted(): Promise<void> {
    const may = () => this.session.remoteSettings?.enableConnectProtocol === true;
    await waitFor('SETTINGS_ENABLE_CONNECT_PROTOCOL', () => this.hasEnded || (!this.session.connecting && may()));
  }

  /** Sends the head of a request on HTTP/1.1. */
  request(lines: readonly string[]): void {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** Sends an extended CONNECT with these headers over the usual ones. */
  connect(headers: Readonly<Record<string, string>>, options: { endStream?: boolean } = {}): void {
    const stream = this.session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/echo', ...headers },
      { endStream: false, ...options },
    );
    stream.on('response', answer => {
      this.head = headOf(answer);
      this.#hasHead = true;
      this.#isAccepted = answer[':status'] === 200;
    });
    stream.on('error', () => {});
    stream.on('close', () => {
      this.rstCode = stream.rstCode ?? 0;
      this.#ended();
    });
    this.#listen(stream);
  }

  async answered(): Promise<string> {
    await waitFor('an answer to the handshake', () => this.#hasHead || this.hasEnded);
    return this.head;
  }

  get status(): number {
    return Number(/^\S+ (\d+)/.exec(this.head)?.[1]);
  }

  /** Each piece as a write of its own. */
  async send(...pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      if (this.socket.destroyed || !this.socket.writable) return;
      this.socket.write(piece);
      await new Promise(setImmediate);
    }
  }

  async received(count: number): Promise<void> {
    await waitFor(`${count} frames, so far [${this.frames}]`, () => this.frames.length >= count || this.hasEnded);
  }

  /** The server ends TCP, or the stream; gives the time that took in ms. */
  async ended(timeoutMs = 5_000): Promise<number> {
    const from = performance.now();
    await waitFor('the server to end the transport', () => this.hasEnded, { timeoutMs });
    return performance.now() - from;
  }

  [Symbol.dispose](): void {
    this.#carrier.destroy();
  }

  #listen(socket: Duplex): void {
    this.#socket = socket;
    socket.on('end', () => this.#ended());
    socket.on('data', (bytes: Buffer) => this.#arrived(bytes));
  }

  #ended(): void {
    this.hasEnded = true;
  }

  #arrived(bytes: Buffer): void {
    if (this.#hasHead) {
      this.#decode(bytes);
      return;
    }
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#hasHead = true;
    this.head = this.#bytes.toString('latin1', 0, end);
    this.#isAccepted = this.head.startsWith('HTTP/1.1 101');
    this.#decode(this.#bytes.subarray(end + 4));
  }

  #decode(bytes: Buffer): void {
    if (!this.#isAccepted) return;
    this.#decoder.push(Buffer.from(bytes));
    for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next()) {
      this.#payload.push(Buffer.from(event.payload));
      if (event.kind === 'data' && !event.isLast) continue;
      const isFinal = event.kind === 'control' || event.isFinal;
      this.frames.push(
        `${event.opcode}${isFinal ? '' : '+'}${event.isCompressed ? 'z' : ''}:${Buffer.concat(this.#payload).toString('hex')}`,
      );
      this.#payload = [];
    }
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map(line => {
      const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), value];
    }),
  );
}

function headOf(headers: IncomingHttpHeaders & { ':status'?: number }): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(':') ? [] : [value].flat().map(line => `${name}: ${line}`),
  );
  return [`HTTP/2 ${headers[':status']}`, ...lines].join('\r\n');
}
