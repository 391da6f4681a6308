// Whether the process at the other end of a connection on our Unix socket is this user's, by the kernel's word
// (`SO_PEERCRED`). In addition to the modes of folder and socket and to the tokens: it holds where a mode was changed.
import type { Socket } from 'node:net';
import { codeOf } from './kernel/libc.ts';
import { peerCredentials } from './kernel/sockets.ts';

/**
 * True for this user and for root, who needs no socket to do what this user can. Where the kernel cannot be asked (see
 * `not-supported-here`) true as well: modes and tokens decide alone there.
 */
export function isPeerTrusted(socket: Socket): boolean {
  try {
    const { uid } = peerCredentials(descriptorOf(socket));
    return uid === 0 || uid === process.getuid?.();
  } catch (error) {
    return codeOf(error) === 'not-supported-here'; // else: closed in the meantime
  }
}

/** Node keeps the number of an open socket on its handle, and has no public name for it. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}
