// The three kinds of Node's sockets that can be handed over (SB-04), and what is known of one beside itself: which task it is
// enabled for, and under which lease it is here.
import { Socket as DatagramSocket } from 'node:dgram';
import { Server, Socket } from 'node:net';
import type { SocketKind, StandbyAction } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/errors';
import type { HeldLease, SocketDoor } from './socket-door.ts';

export interface SocketOfKind {
  'stream-socket': Socket;
  'datagram-socket': DatagramSocket;
  'stream-socket-listener': Server;
}
export type BrokeredSocket = SocketOfKind[SocketKind];

/** What `enableTransferOwnership` said (SB-09). */
export interface Enabled {
  readonly taskId: string;
  readonly wake: StandbyAction;
}

/** A socket that was lent to this process. */
export interface Held {
  readonly door: SocketDoor;
  readonly lease: HeldLease;
  /** A task has it, because something has come to it. */
  readonly wasWoken: boolean;
}

/** Facts of sockets, kept as long as the sockets. */
export const enabledSockets = new WeakMap<object, Enabled>();
export const heldSockets = new WeakMap<object, Held>();
/** Under which id a socket was handed over: its object is closed and never comes back (SB-27). */
export const handedOver = new WeakMap<object, string>();

/** @throws LonghaulError `illegal-state` when it was handed over */
export function mustBeHere(socket: BrokeredSocket): void {
  const id = handedOver.get(socket);
  if (id === undefined) return;
  throw new LonghaulError(
    'illegal-state',
    `this object was handed over as "${id}": it is closed for good, and taking the socket over gives another one`,
  );
}

/** Listeners that have accepted and datagram sockets that have received, here. Streams count their bytes themselves. */
export const usedSockets = new WeakSet<object>();

/** A connection is enabled as its listener is at that moment. */
export function inheritEnabling(server: Server, connection: Socket): void {
  const enabled = enabledSockets.get(server);
  if (enabled !== undefined) enabledSockets.set(connection, enabled);
}

/** @throws LonghaulError `tls-socket`, `invalid-argument` for what is no socket at all */
export function kindOf(socket: BrokeredSocket): SocketKind {
  if (socket instanceof Socket) {
    if ('encrypted' in socket && socket.encrypted === true)
      throw tlsSocket('a TLS session lives in this process and cannot be handed over');
    return 'stream-socket';
  }
  if (socket instanceof Server) {
    if ('setSecureContext' in socket) throw tlsSocket('connections of a TLS server would come without their TLS');
    return 'stream-socket-listener';
  }
  if (socket instanceof DatagramSocket) return 'datagram-socket';
  throw new LonghaulError('invalid-argument', 'only a net.Socket, a net.Server or a dgram.Socket can be handed over');
}

/** Told by what Node's own TLS classes have: to import `node:tls` for them takes 10 ms, and every task would wait for it. */
const tlsSocket = (why: string): LonghaulError => new LonghaulError('tls-socket', why);
