// CancelIOAsync (SB-25): the socket rests. Nothing is read any more, and what was written is the kernel's.

import { Socket as DatagramSocket } from 'node:dgram';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LonghaulError } from '@longhaul/agent-protocol/plain';
import { mustHaveSignal } from '../arguments.ts';
import { type BrokeredSocket, kindOf, mustBeHere } from './brokered-sockets.ts';
import { stopReading, stopReceiving } from './node-internals.ts';
import { receiveWhenWanted } from './rebuild.ts';

export interface CancelIOOptions {
  /** Gives up waiting for the peer to take what was written (`operation-canceled`); the socket goes on as before. */
  readonly signal?: AbortSignal;
}

/** How often a datagram socket is asked whether its last datagram has gone out; no event tells. Milliseconds. */
const sendQueuePollMs = 2;

/**
 * Pauses the socket and waits until everything written is with the kernel; nothing is dropped. What was read and not used
 * stays in the stream: read it, or it goes along with the hand-over. To go on without one, `resume()` the stream; a datagram
 * socket hears again with its next listener of 'message'. A listener has nothing to cancel.
 *
 * @throws LonghaulError `operation-canceled`, `illegal-state` when the connection ends meanwhile or was handed over,
 * `tls-socket`, `invalid-argument`
 */
export async function cancelIO(socket: BrokeredSocket, options: CancelIOOptions = {}): Promise<void> {
  kindOf(socket);
  mustHaveSignal(options);
  mustBeHere(socket);
  const { signal } = options;
  if (signal?.aborted) throw canceled(signal);
  if (socket instanceof Socket) await cancelStream(socket, signal);
  else if (socket instanceof DatagramSocket) await cancelDatagrams(socket, signal);
}

async function cancelStream(socket: Socket, signal: AbortSignal | undefined): Promise<void> {
  if (socket.destroyed) throw over();
  const wasFlowing = socket.readableFlowing === true;
  socket.pause();
  const wasReading = stopReading(socket);
  while (socket.writableCorked > 0) socket.uncork();
  try {
    await written(socket, signal);
  } catch (error) {
    if (wasFlowing) socket.resume();
    else if (wasReading && !socket.destroyed) socket.read(0);
    throw error;
  }
  // Connecting starts to read.
  stopReading(socket);
}

/** Resolves when the kernel has all that was written so far. */
function written(socket: Socket, signal: AbortSignal | undefined): Promise<void> {
  if (!socket.connecting && socket.writableLength === 0) return Promise.resolve();
  return new Promise<void>((resolve, reject) => {
    const settle = (error?: LonghaulError) => {
      socket.off('close', closed);
      signal?.removeEventListener('abort', aborted);
      if (error === undefined) resolve();
      else reject(error);
    };
    const closed = () => settle(over());
    const aborted = () => settle(canceled(signal));
    socket.once('close', closed);
    signal?.addEventListener('abort', aborted);
    // Its turn comes after everything before it.
    if (socket.writableEnded) socket.once('finish', () => settle());
    else socket.write(Buffer.alloc(0), error => (error ? settle(over(error)) : settle()));
  });
}

async function cancelDatagrams(socket: DatagramSocket, signal: AbortSignal | undefined): Promise<void> {
  while (socket.getSendQueueCount() > 0) {
    if (signal?.aborted) throw canceled(signal);
    await sleep(sendQueuePollMs);
  }
  if (stopReceiving(socket)) receiveWhenWanted(socket);
}

const canceled = (signal: AbortSignal | undefined): LonghaulError =>
  new LonghaulError('operation-canceled', 'given up by the signal', { cause: signal?.reason });

const over = (cause?: Error): LonghaulError =>
  new LonghaulError('illegal-state', 'the connection has ended', cause === undefined ? {} : { cause });
