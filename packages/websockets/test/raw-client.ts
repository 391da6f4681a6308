// A WebSocket client made of bytes: it sends what a test says, in the pieces it says, and keeps every frame it gets.
import { connect, type Socket } from 'node:net';
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
  readonly socket: Socket;
  /** The head of the server's answer to the handshake. */
  head = '';
  /** `opcode:payload in hex` of every frame so far; fragments have a `+` behind the opcode. */
  readonly frames: string[] = [];
  hasEnded = false;
  #hasHead = false;
  #bytes = Buffer.alloc(0);
  readonly #decoder = new FrameDecoder('client');
  #payload: Buffer[] = [];

  constructor(where: number | string) {
    this.socket =
      typeof where === 'number' ? connect({ port: where, host: '127.0.0.1', noDelay: true }) : connect(where);
    this.socket.on('error', () => {});
    this.socket.on('end', () => {
      this.hasEnded = true;
    });
    this.socket.on('close', () => {
      this.hasEnded = true;
    });
    this.socket.on('data', (bytes: Buffer) => this.#arrived(bytes));
  }

  /** Connects and does the opening handshake. */
  static async open(where: number | string, headers: readonly string[] = []): Promise<RawClient> {
    const client = new RawClient(where);
    client.request([
      'GET /echo HTTP/1.1',
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
      ...headers,
    ]);
    await client.answered();
    return client;
  }

  request(lines: readonly string[]): void {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  async answered(): Promise<string> {
    await waitFor('an answer to the handshake', () => this.#hasHead || this.hasEnded);
    return this.head;
  }

  /** Each piece as a write of its own. */
  async send(...pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      if (this.socket.destroyed) return;
      this.socket.write(piece);
      await new Promise(setImmediate);
    }
  }

  async received(count: number): Promise<void> {
    await waitFor(`${count} frames, so far [${this.frames}]`, () => this.frames.length >= count || this.hasEnded);
  }

  /** The server ends TCP; gives the time that took in ms. */
  async ended(timeoutMs = 5_000): Promise<number> {
    const from = performance.now();
    await waitFor('the server to end TCP', () => this.hasEnded, { timeoutMs });
    return performance.now() - from;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
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
    if (this.head.startsWith('HTTP/1.1 101')) this.#decode(this.#bytes.subarray(end + 4));
  }

  #decode(bytes: Buffer): void {
    if (!this.head.startsWith('HTTP/1.1 101')) return;
    this.#decoder.push(Buffer.from(bytes));
    for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next()) {
      this.#payload.push(Buffer.from(event.payload));
      if (event.kind === 'data' && !event.isLast) continue;
      const isFinal = event.kind === 'control' || event.isFinal;
      this.frames.push(`${event.opcode}${isFinal ? '' : '+'}:${Buffer.concat(this.#payload).toString('hex')}`);
      this.#payload = [];
    }
  }
}
