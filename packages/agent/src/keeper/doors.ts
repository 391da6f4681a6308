// The listening sockets. They outlive every agent: accepted connections are not read here, they wait in a bounded queue
// until an agent takes them, one at a time. The one on its way stays open here until the agent says that it has it (which
// it does before it reads from it), so that the agent's death loses none.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { ErrorCode } from '@longhaul/agent-protocol';
import type { KeeperLimits } from '../options.ts';
import { StandingPath } from '../platform/standing-path.ts';
import type { Via } from './wire.ts';

/** How long a refused caller may take to hear it, from its coming on. Milliseconds. */
const turnAwayMs = 2_000;
/** Of a refusal: the SDK reads the first 1 KiB of its body. Characters. */
const maxMessage = 300;

interface Held {
  readonly via: Via;
  readonly socket: Socket;
  readonly until: number;
}

/** Why there is no agent. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Gives a duplicate of the connection away. */
export type Pass = (via: Via, socket: Socket) => void;

export class Doors implements Disposable {
  readonly #limits: Pick<KeeperLimits, 'maxHeldConnections' | 'holdMs'>;
  readonly #held: Held[] = [];
  #pass: Pass | undefined;
  #onItsWay: Held | undefined;
  #refusal: Refusal | undefined;
  /** Those that are being told why there is no agent. Other users reach the loopback port only. */
  readonly #leaving = { unix: new Set<Socket>(), loopback: new Set<Socket>() } satisfies Record<Via, Set<Socket>>;
  #sweeper: NodeJS.Timeout | undefined;
  #socket: Server | undefined;
  #standing: StandingPath | undefined;
  #loopback: { readonly server: Server; readonly port: number } | undefined;

  constructor(limits: Pick<KeeperLimits, 'maxHeldConnections' | 'holdMs'>) {
    this.#limits = limits;
  }

  get loopbackPort(): number | null {
    return this.#loopback?.port ?? null;
  }

  /** Replaces a dead keeper's socket: whoever calls holds the store's keeper lock, and the path belongs to the store. */
  async openSocket(path: string): Promise<void> {
    await this.#listenAt(path);
    this.#standing = new StandingPath(path, () => this.#listenAt(path));
  }

  async #listenAt(path: string): Promise<void> {
    this.#socket?.close(); // what was accepted stays; the path is removed
    rmSync(path, { force: true });
    const server = this.#createServer('unix');
    const umask = process.umask(0o177);
    try {
      await listening(server, { path });
    } finally {
      process.umask(umask);
    }
    chmodSync(path, 0o600);
    this.#socket = server;
  }

  /** 127.0.0.1, a port of the system's choice, the same one until this keeper ends. */
  async openLoopback(): Promise<number> {
    if (this.#loopback !== undefined) return this.#loopback.port;
    const server = this.#createServer('loopback');
    await listening(server, { host: '127.0.0.1', port: 0 });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the loopback port has no number');
    this.#loopback = { server, port: address.port };
    return address.port;
  }

  /** From now on connections go to this agent, those that waited first. */
  serveTo(pass: Pass): void {
    this.#pass = pass;
    this.#refusal = undefined;
    if (this.#onItsWay !== undefined) this.#held.unshift(this.#onItsWay);
    this.#onItsWay = undefined;
    this.#next();
  }

  /** The agent has the connection that was passed last. */
  taken(): void {
    this.#onItsWay?.socket.destroy();
    this.#onItsWay = undefined;
    this.#next();
  }

  /** No agent: connections wait. */
  hold(): void {
    this.#pass = undefined;
    this.#refusal = undefined;
  }

  /** No agent, and none in sight: whoever waits or comes is told why, until one serves. */
  refuse({ code, message }: Refusal): void {
    this.#pass = undefined;
    this.#refusal = { code, message: message.slice(0, maxMessage) };
    if (this.#onItsWay !== undefined) this.#held.unshift(this.#onItsWay);
    this.#onItsWay = undefined;
    for (const { via, socket } of this.#held.splice(0)) this.#turnAway(via, socket, this.#refusal);
  }

  #createServer(via: Via): Server {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, socket => this.#accept(via, socket));
    server.on('error', () => {}); // EMFILE and the like while accepting: the next connection is tried again
    return server;
  }

  #accept(via: Via, socket: Socket): void {
    socket.on('error', () => {});
    if (this.#refusal !== undefined) {
      this.#turnAway(via, socket, this.#refusal);
      return;
    }
    if (this.#held.length >= this.#limits.maxHeldConnections) {
      socket.destroy();
      return;
    }
    this.#held.push({ via, socket, until: performance.now() + this.#limits.holdMs });
    this.#next();
  }

  /** Told, if not too many are already; and closed in time, however slowly it goes on speaking. */
  #turnAway(via: Via, socket: Socket, refusal: Refusal): void {
    const leaving = this.#leaving[via];
    if (socket.destroyed) return;
    if (leaving.size >= this.#limits.maxHeldConnections) {
      socket.destroy();
      return;
    }
    leaving.add(socket);
    const tooLate = setTimeout(() => socket.destroy(), turnAwayMs);
    socket.once('close', () => {
      clearTimeout(tooLate);
      leaving.delete(socket);
    });
    sayWhy(socket, refusal);
  }

  #next(): void {
    while (this.#pass !== undefined && this.#onItsWay === undefined) {
      const held = this.#held.shift();
      if (held === undefined) break;
      if (held.socket.destroyed) continue;
      this.#onItsWay = held;
      this.#pass(held.via, held.socket);
    }
    this.#sweepLater();
  }

  #sweepLater(): void {
    const first = this.#held[0];
    if (first === undefined || this.#sweeper !== undefined) return;
    const delay = Math.max(0, first.until - performance.now());
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined;
      const now = performance.now();
      while (this.#held[0] !== undefined && this.#held[0].until <= now) this.#held.shift()?.socket.destroy();
      this.#sweepLater();
    }, delay);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#sweeper);
    this.#pass = undefined;
    this.#loopback?.server.close();
    this.#standing?.[Symbol.dispose]();
    this.#socket?.close();
    this.#onItsWay?.socket.destroy();
    for (const { socket } of this.#held.splice(0)) socket.destroy();
    for (const leaving of Object.values(this.#leaving)) for (const socket of leaving) socket.destroy();
  }
}

/** As an HTTP server that is there and cannot serve; the SDK knows the code. What was asked is not read, only taken. */
function sayWhy(socket: Socket, refusal: Refusal): void {
  const body = JSON.stringify(refusal);
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.resume();
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
