// What tests of sockets share: connections whose both ends are Node's, and waiting for bytes.
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { enableTransferOwnership } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { Broker, taskId } from './broker.ts';

/** A broker, and a connection whose near end is enabled for it. The peer's end keeps what it hears. */
export async function scene(t: TestContext) {
  const broker = new Broker();
  const { socket, peer, heard } = await connection(t);
  t.after(() => broker[Symbol.dispose]());
  return { broker, socket, peer, heard };
}

export async function connection(t: TestContext) {
  const server = await listening(t);
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  socket.connect((server.address() as { port: number }).port, '127.0.0.1');
  const [[peer]] = await Promise.all([accepted, once(socket, 'connect')]);
  const heard = listen(peer);
  t.after(() => peer.destroy());
  return { socket, peer, heard };
}

export async function listening(t: TestContext): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return server;
}

export interface Heard {
  text: string;
  hasEnded: boolean;
  hasClosed: boolean;
}

/** What a socket hears from now on. */
export function listen(socket: Socket): Heard {
  const heard: Heard = { text: '', hasEnded: false, hasClosed: false };
  socket.on('data', chunk => {
    heard.text += chunk.toString('latin1');
  });
  socket.on('end', () => {
    heard.hasEnded = true;
  });
  socket.on('close', () => {
    heard.hasClosed = true;
  });
  socket.on('error', () => {});
  return heard;
}

/** Until the kernel of this machine has delivered what was written: over loopback that is when the write is done. */
export const written = (socket: Socket, text: string): Promise<void> =>
  new Promise((resolve, reject) => void socket.write(text, 'latin1', error => (error ? reject(error) : resolve())));

/** Turns of the loop in which something could happen that must not. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve));
}

export const hears = (heard: Heard, text: string): Promise<unknown> =>
  waitFor(`"${text.slice(0, 40)}" after "${heard.text.slice(0, 40)}"`, () => heard.text.endsWith(text));
