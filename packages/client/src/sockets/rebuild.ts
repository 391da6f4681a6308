// Makes Node's own object of a descriptor that was lent to this process. Nothing is read, received or accepted before the
// app wants it; what an earlier owner had read and not used comes first; and when the app ends the connection, it ends for
// everybody who has a duplicate.
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { Server, type SocketConstructorOpts, Socket as StreamSocket } from 'node:net';
import { type Descriptor, socketFacts } from '@longhaul/agent/kernel';
import type { LentSocket } from '@longhaul/agent-protocol';
import { type BrokeredSocket, enabledSockets, heldSockets, inheritEnabling, usedSockets } from './brokered-sockets.ts';
import type { TakenOver } from './door-requests.ts';
import { noticePeer, putInFront, startReceiving, stopReceiving } from './node-internals.ts';
import type { HeldLease, SocketDoor } from './socket-door.ts';

/** The descriptor is the socket's from now on. `wasWoken`: for a task, because something has come to it. */
export function rebuild(
  door: SocketDoor,
  { socket: lent, descriptor }: TakenOver,
  wasWoken: boolean = false,
): BrokeredSocket {
  const socket = build(lent.kind, descriptor);
  if (lent.leftover !== null && socket instanceof StreamSocket)
    putInFront(socket, Buffer.from(lent.leftover, 'base64'));
  holdAs(socket, door, lent, wasWoken);
  return socket;
}

/** From now on the socket is here under a lease: ending it ends the connection, handing it over gives it back. */
export function holdAs(socket: BrokeredSocket, door: SocketDoor, lent: LentSocket, wasWoken: boolean = false): void {
  const lease: HeldLease = {
    socket: lent,
    lost: error => {
      if (heldSockets.get(socket)?.lease !== lease) return;
      // The broker's duplicate is gone, so this process has the only one: it is the app's own again.
      if (error.code === 'vault-lost') heldSockets.delete(socket);
      else abandon(socket, error);
    },
  };
  const { taskId, wake } = lent;
  heldSockets.set(socket, { door, lease, wasWoken });
  enabledSockets.set(socket, { taskId, wake });
  door.hold(lease);
  onEnd(socket, () => {
    if (heldSockets.get(socket)?.lease !== lease) return; // given back, or somebody else's
    heldSockets.delete(socket);
    // Refused when it was taken from us in the meantime: then there is nothing for us to end.
    door.close(lease).catch(() => {});
  });
}

/** Ends the object without ending the connection. */
export function abandon(socket: BrokeredSocket, error?: Error): void {
  const held = heldSockets.get(socket);
  heldSockets.delete(socket);
  held?.door.release(held.lease);
  if (socket instanceof StreamSocket) socket.destroy(socket.listenerCount('error') > 0 ? error : undefined);
  else {
    if (error !== undefined && socket.listenerCount('error') > 0) socket.emit('error', error);
    try {
      socket.close();
    } catch {
      // closed already
    }
  }
}

function build(kind: 'stream-socket' | 'datagram-socket' | 'stream-socket-listener', descriptor: Descriptor) {
  try {
    if (kind === 'stream-socket') return streamSocket(descriptor);
    return kind === 'datagram-socket' ? datagramSocket(descriptor) : new ReclaimedServer(descriptor);
  } catch (error) {
    descriptor[Symbol.dispose]();
    throw error;
  }
}

function streamSocket(descriptor: Descriptor): StreamSocket {
  // `pauseOnCreate` would not flow with the first 'data' listener; `manualStart` reads when somebody wants data.
  const options = { fd: descriptor.number, readable: true, writable: true, manualStart: true };
  const socket = new StreamSocket(options as SocketConstructorOpts);
  descriptor.release();
  return socket;
}

function datagramSocket(descriptor: Descriptor): DatagramSocket {
  const socket = createSocket(socketFacts(descriptor).family === 'ipv6' ? 'udp6' : 'udp4');
  try {
    socket.bind({ fd: descriptor.number, exclusive: true });
  } catch (error) {
    socket.close();
    throw error;
  }
  descriptor.release();
  noticePeer(socket);
  stopReceiving(socket);
  receiveWhenWanted(socket);
  return socket;
}

/** A socket that was stopped hears again with the next listener of 'message'. */
export function receiveWhenWanted(socket: DatagramSocket): void {
  const wanted = (name: string | symbol): void => {
    if (name !== 'message') return;
    socket.off('newListener', wanted);
    usedSockets.add(socket);
    process.nextTick(startReceiving, socket);
  };
  socket.on('newListener', wanted);
}

/** Accepts with the first listener of 'connection': until then connections wait in the kernel. */
class ReclaimedServer extends Server {
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor) {
    super();
    this.#descriptor = descriptor;
    const wanted = (name: string | symbol): void => {
      if (name !== 'connection') return;
      this.off('newListener', wanted);
      this.#accept();
    };
    this.on('newListener', wanted);
  }

  #accept(): void {
    if (!this.#descriptor.isOpen) return;
    this.listen({ fd: this.#descriptor.release(), exclusive: true });
  }

  override emit(name: string | symbol, ...values: unknown[]): boolean {
    if (name === 'connection') {
      usedSockets.add(this);
      inheritEnabling(this, values[0] as StreamSocket);
    }
    return super.emit(name as string, ...values);
  }

  override close(callback?: (error?: Error) => void): this {
    this.#descriptor[Symbol.dispose]();
    return super.close(callback);
  }
}

/** At once with the app's call, not when Node has finished: the process may be gone by then. */
function onEnd(socket: BrokeredSocket, ended: () => void): void {
  if (socket instanceof StreamSocket) {
    const destroy = socket._destroy;
    socket._destroy = (error, callback) => {
      ended();
      destroy.call(socket, error, callback);
    };
    return;
  }
  const owner = socket as { close(callback?: () => void): unknown };
  const close = owner.close;
  owner.close = callback => {
    ended();
    return close.call(socket, callback);
  };
}
