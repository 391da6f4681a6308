// What both programs of the story do with a socket that they have: read what is there, check it against what must come next,
// write down what is used, sometimes put back what is not, tell the peer, and hand the socket back.
import { appendFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelIO, type SocketActivityInformation, type SocketBroker, transferOwnership } from '@longhaul/client';
import { bytesOf, decodePlace, encodePlace, seenUpTo } from './numbers.ts';

export const journalPath = (folder: string): string => path.join(folder, 'journal');

export interface Turn {
  readonly broker: SocketBroker;
  readonly information: SocketActivityInformation<'stream-socket'>;
  readonly socket: Socket;
  readonly folder: string;
  /** Who takes it: the run's id, or `app`. */
  readonly who: string;
  /** What is read is waited for no longer. Milliseconds. */
  readonly patienceMs: number;
  /** How many of that many bytes are put back. */
  readonly leave: (available: number) => number;
}

export async function takeTurn(turn: Turn): Promise<void> {
  const { broker, information, socket, folder, who, patienceMs, leave } = turn;
  const { socket: number, offset } = decodePlace(information.context);
  const bytes = await readAvailable(socket, patienceMs);
  const used = bytes.length - leave(bytes.length);
  if (used < bytes.length) socket.unshift(bytes.subarray(used));
  note(folder, number, offset, bytes, used, who);
  if (bytes.length > 0) socket.write(seenUpTo(offset + bytes.length));
  await cancelIO(socket);
  const context = encodePlace({ socket: number, offset: offset + used });
  await transferOwnership(broker, socket, information.id, { context });
}

/** All that its peer has written and nobody has used yet. The connection ends. */
export async function readRest({ information, socket, folder, who, patienceMs }: Turn, written: number): Promise<void> {
  const { socket: number, offset } = decodePlace(information.context);
  const parts: Buffer[] = [];
  for (let at = offset; at < written; ) {
    const part = await readAvailable(socket, patienceMs);
    if (part.length === 0) throw new Error(`socket ${number}: ${written - at} bytes have not come`);
    parts.push(part);
    at += part.length;
  }
  const rest = Buffer.concat(parts);
  note(folder, number, offset, rest, rest.length, who);
  socket.destroy();
}

/** A line `socket offset used who`, in one write, so that a program that dies leaves whole lines. */
function note(folder: string, number: number, offset: number, bytes: Buffer, used: number, who: string): void {
  if (!bytes.equals(bytesOf(number, offset, bytes.length))) {
    throw new Error(`socket ${number} at ${offset}: ${bytes.length} bytes that are not what comes next`);
  }
  appendFileSync(journalPath(folder), `${number} ${offset} ${used} ${who}\n`);
}

/** Everything the stream has at the first moment it has something; nothing when nothing comes in time. */
async function readAvailable(socket: Socket, patienceMs: number): Promise<Buffer> {
  const first = socket.read() as Buffer | null;
  if (first !== null) return first;
  const stop = new AbortController();
  const came = new Promise<void>(resolve => socket.once('readable', resolve));
  await Promise.race([came, delay(patienceMs, undefined, { signal: stop.signal }).catch(() => {})]);
  stop.abort();
  socket.removeAllListeners('readable');
  return (socket.read() as Buffer | null) ?? Buffer.alloc(0);
}
