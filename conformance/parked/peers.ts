// The far ends of the story's connections, in the test's own process: each writes the next piece of its stream when the app has
// seen the last one, now and then two at once, and notices when its connection ends.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { SeededRandom } from '@longhaul/testing';
import { bytesOf } from './numbers.ts';

interface Peer {
  readonly socket: Socket;
  written: number;
  seen: number;
  /** An answer of which not all bytes have come. */
  rest: Buffer;
}

export class Peers implements AsyncDisposable {
  readonly #server: Server;
  readonly #random: SeededRandom;
  readonly #byNumber = new Map<number, Peer>();
  readonly troubles: string[] = [];
  #isWriting = true;
  #isOver = false;

  private constructor(server: Server, random: SeededRandom) {
    this.#server = server;
    this.#random = random;
  }

  static async listen(random: SeededRandom): Promise<Peers> {
    const server = createServer({ noDelay: true });
    const peers = new Peers(server, random);
    server.on('connection', socket => peers.#greet(socket));
    server.listen(0, '127.0.0.1', 4_096);
    await once(server, 'listening');
    return peers;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get count(): number {
    return this.#byNumber.size;
  }

  /** By socket: how much its app is going to read. */
  get written(): number[] {
    return Array.from(this.#byNumber, ([number, { written }]) => [number, written] as const)
      .sort(([a], [b]) => a - b)
      .map(([, written]) => written);
  }

  get bytes(): number {
    return this.written.reduce((sum, each) => sum + each, 0);
  }

  /** Nothing more is written; connections may end from now on. */
  finish(): void {
    this.#isWriting = false;
  }

  over(): void {
    this.#isOver = true;
  }

  /** An app says first which stream it wants. */
  #greet(socket: Socket): void {
    socket.on('error', () => {});
    socket.once('data', (greeting: Buffer) => {
      if (greeting.length !== 4) return this.#trouble(`a greeting of ${greeting.length} bytes`);
      const number = greeting.readUInt32BE(0);
      if (this.#byNumber.has(number)) return this.#trouble(`socket ${number} came twice`);
      const peer: Peer = { socket, written: 0, seen: 0, rest: Buffer.alloc(0) };
      this.#byNumber.set(number, peer);
      socket.on('data', (bytes: Buffer) => this.#answered(number, peer, bytes));
      socket.on('close', () => this.#isOver || this.#trouble(`the connection of socket ${number} was lost`));
      this.#write(number, peer);
    });
  }

  #answered(number: number, peer: Peer, bytes: Buffer): void {
    const answers = Buffer.concat([peer.rest, bytes]);
    const whole = answers.length & ~3;
    peer.rest = answers.subarray(whole);
    for (let at = 0; at < whole; at += 4) {
      const seen = answers.readUInt32BE(at);
      if (seen < peer.seen || seen > peer.written) {
        this.#trouble(`socket ${number} has seen ${seen} after ${peer.seen} of ${peer.written}`);
      }
      peer.seen = seen;
    }
    if (peer.seen === peer.written) this.#write(number, peer);
  }

  #write(number: number, peer: Peer): void {
    if (!this.#isWriting) return;
    const piece = (): void => {
      const length = 1 + this.#random.below(200);
      peer.socket.write(bytesOf(number, peer.written, length));
      peer.written += length;
    };
    piece();
    // Into the middle of what the app does with the first.
    if (this.#random.next() < 0.3) setImmediate(() => this.#isWriting && piece());
  }

  #trouble(what: string): void {
    if (this.troubles.length < 20) this.troubles.push(what);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const { socket } of this.#byNumber.values()) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
