// The one place that looks below Node's public face of sockets: the handle and its descriptor, whether the handle reads, and
// bookkeeping of streams that would start reading by itself. Known to hold from Node 24 to 26; test/sockets holds it.
import { Socket as DatagramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import type { BrokeredSocket } from './brokered-sockets.ts';

interface Handle {
  readonly fd?: number;
}

interface StreamHandle extends Handle {
  reading: boolean;
  readStop(): number;
}

interface DatagramHandle extends Handle {
  recvStart(): number;
  recvStop(): number;
  getpeername(into: object): number;
}

interface StreamInternals {
  readonly _handle: StreamHandle | null;
  readonly _readableState: {
    reading: boolean;
    readingMore: boolean;
    ended: boolean;
    readonly decoder: { readonly lastNeed?: number } | null;
  };
}

interface DatagramState {
  readonly handle: DatagramHandle | null;
  readonly bindState: number;
  receiving: boolean;
  connectState: number;
}

/** Counted up by every `listen`. */
const firstListeningId = 1;
const unbound = 0;
const connected = 2;

/** The number of its descriptor, still Node's; `undefined` where it has none of its own (closed, or shared by a cluster). */
export function descriptorNumber(socket: BrokeredSocket): number | undefined {
  const { fd = -1 } = handleOf(socket) ?? {};
  return fd < 0 ? undefined : fd;
}

function handleOf(socket: BrokeredSocket): Handle | null {
  if (socket instanceof DatagramSocket) return datagramState(socket).handle;
  return (socket as unknown as { readonly _handle: Handle | null })._handle;
}

/** Whether `listen` or `bind` was never called; what was called may not have happened yet. */
export const isUnheard = (server: Server): boolean =>
  handleOf(server) === null &&
  (server as unknown as { readonly _listeningId: number })._listeningId === firstListeningId;
export const isUnbound = (socket: DatagramSocket): boolean => datagramState(socket).bindState === unbound;

/** From now on the kernel keeps what arrives. True when it was reading. The stream reads again when somebody wants data. */
export function stopReading(socket: Socket): boolean {
  const { _handle: handle, _readableState: state } = socket as unknown as StreamInternals;
  if (handle === null) return false;
  const wasReading = handle.reading;
  handle.reading = false;
  handle.readStop();
  // A stream that waits for data asks its handle only once.
  state.reading = false;
  return wasReading;
}

/** What was read from the kernel and not from the stream; the stream has it no more. Call `stopReading` before and after. */
export function takeUnread(socket: Socket): Buffer | 'decoded' | null {
  const { _readableState: state } = socket as unknown as StreamInternals;
  const { decoder, ended } = state;
  if (decoder !== null && (socket.readableLength > 0 || (decoder.lastNeed ?? 0) > 0)) return 'decoded';
  if (socket.readableLength === 0) return null;
  // Neither shall listeners of 'data' hear of it, nor shall the stream answer the end of the peer with its own.
  const { emit } = socket;
  socket.emit = () => false;
  state.ended = false;
  try {
    const chunks: Buffer[] = [];
    // One call gives all that is there up to Node 24, and one chunk of it from Node 26 on.
    while (socket.readableLength > 0) chunks.push(socket.read() as Buffer);
    return Buffer.concat(chunks);
  } finally {
    state.ended = ended;
    socket.emit = emit;
  }
}

/** In front of everything else, without reading from the kernel because of it. */
export function putInFront(socket: Socket, bytes: Uint8Array): void {
  const { _readableState: state } = socket as unknown as StreamInternals;
  const before = state.readingMore;
  state.readingMore = true; // else the stream would fetch more in the next turn
  socket.unshift(bytes);
  state.readingMore = before;
}

/** The kernel keeps what arrives. True when it was receiving. */
export function stopReceiving(socket: DatagramSocket): boolean {
  const state = datagramState(socket);
  if (state.handle === null || !state.receiving) return false;
  state.handle.recvStop();
  state.receiving = false;
  return true;
}

export function startReceiving(socket: DatagramSocket): void {
  const state = datagramState(socket);
  if (state.handle === null || state.receiving) return;
  state.handle.recvStart();
  state.receiving = true;
}

/** `bind({ fd })` does not ask the kernel whether the socket has a peer. */
export function noticePeer(socket: DatagramSocket): void {
  const state = datagramState(socket);
  if (state.handle?.getpeername({}) === 0) state.connectState = connected;
}

function datagramState(socket: DatagramSocket): DatagramState {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  return (socket as unknown as Record<symbol, DatagramState>)[symbol!]!;
}
