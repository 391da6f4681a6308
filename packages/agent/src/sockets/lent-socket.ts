// A socket in somebody's hands, as it crosses the wire.
import type { LentSocket } from '@longhaul/agent-protocol';
import type { Contents, SocketRow } from './row.ts';

export function lentSocket(row: SocketRow, { context, leftover }: Contents, lease: number): LentSocket {
  return {
    key: row.key,
    lease,
    socketId: row.id,
    taskId: row.taskId,
    kind: row.kind,
    wake: row.wake,
    context: toBase64(context),
    leftover: toBase64(leftover),
    keepAliveMs: row.keepAliveMs,
  };
}

export const toBase64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
/** Of a text that was checked to be base64. */
export const fromBase64 = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'));
