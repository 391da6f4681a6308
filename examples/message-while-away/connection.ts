// What the app and its background task have in common: who they are, and how a connection to the server is made so that it can
// be handed over.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { enableTransferOwnership, LonghaulError } from '@longhaul/client';

export const app = 'com.example.message-while-away';
export const socketId = 'messages';
export const keepAliveMs = 2_000;

/** Enabled before it connects. Where the network cannot wake the machine from sleep, without that. */
export async function connectTo(host: string, port: number, taskId: string): Promise<Socket> {
  const socket = new Socket();
  try {
    enableTransferOwnership(socket, { taskId, wake: 'wake' });
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'wake-unsupported') throw error;
    enableTransferOwnership(socket, { taskId, wake: 'do-not-wake' });
  }
  socket.connect(port, host);
  await once(socket, 'connect');
  return socket;
}

/** How often the connection was handed over, as it travels with it: 32 bits. */
export function encodeCount(count: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(count);
  return bytes;
}

export const decodeCount = (context: Uint8Array | null): number =>
  context === null ? 0 : Buffer.from(context).readUInt32LE();
