// TransferOwnership (SB-20 to SB-27, SB-35): hands a socket over, or gives back one that was lent. The order is: the agent has
// it for good, it says so, and only then this process lets go. Whatever fails leaves the socket where it was.
import { Socket as DatagramSocket } from 'node:dgram';
import { Server, Socket } from 'node:net';
import { Descriptor } from '@longhaul/agent/kernel';
import type { LentSocket } from '@longhaul/agent-protocol';
import {
  isSocketId,
  keepAliveRangeMs,
  LonghaulError,
  maxContextBytes,
  maxLeftoverBytes,
  socketIdRule,
} from '@longhaul/agent-protocol/plain';
import { mustBeObject, mustBeText, mustHaveSignal, unfit } from '../arguments.ts';
import {
  type BrokeredSocket,
  enabledSockets,
  type Held,
  handedOver,
  heldSockets,
  kindOf,
  mustBeHere,
  usedSockets,
} from './brokered-sockets.ts';
import { closeListener } from './close-listener.ts';
import {
  descriptorNumber,
  putInFront,
  startReceiving,
  stopReading,
  stopReceiving,
  takeUnread,
} from './node-internals.ts';
import { abandon, holdAs } from './rebuild.ts';
import type { Asking, GiveBack, SocketDoor } from './socket-door.ts';

export interface TransferOwnershipOptions {
  /** Comes back with the next activity (SB-23): at most 64 KiB. Giving back without one keeps the last; `null` clears it. */
  readonly context?: Uint8Array | null;
  /**
   * After that time without activity the task is started with reason `keep-alive-timer-expired` (SB-24, SB-42); every
   * hand-over starts it anew. 1 s to 30 days; not for listeners. Giving back without one keeps the last; `null` ends it.
   */
  readonly keepAliveMs?: number | null;
  /** Gives up: `operation-canceled`, and the socket stays the app's. */
  readonly signal?: AbortSignal;
}

/** An `Agent` that was connected with `app`, or what a running task is given. */
export interface SocketBroker {
  readonly sockets: { readonly door: SocketDoor };
}

/**
 * Hands the socket to the broker under `id`, one of a kind within the app (SB-22); the object is closed afterwards, the
 * connection is not. A socket that came by `reclaim` is given back under the id it came with. Nothing may be read or written
 * meanwhile: `await cancelIO(socket)` first. What was read and not used goes along, up to 64 KiB.
 *
 * @throws LonghaulError `pending-io` (SB-26), `not-enabled`, `tls-socket`, `invalid-argument`, `illegal-state` (not connected
 * or bound, closed, or handed over before), `already-exists` (another socket of the app has the id), `not-found` (the task is not registered),
 * `stale-owner`, `quota-exceeded`, `access-denied`, `agent-not-reachable`, `operation-canceled`, `not-supported-here`. The
 * socket is the app's as before then.
 */
export async function transferOwnership(
  agent: SocketBroker,
  socket: BrokeredSocket,
  id: string,
  options: TransferOwnershipOptions = {},
): Promise<void> {
  mustBeObject('the agent', agent);
  mustBeObject('the sockets of the agent', agent.sockets);
  const kind = kindOf(socket);
  checkArguments(socket, id, options);
  mustBeHere(socket);
  const held = heldSockets.get(socket);
  const enabled = enabledSockets.get(socket);
  if (enabled === undefined) throw new LonghaulError('not-enabled', 'the socket was not enabled for transfer');
  if (held !== undefined && held.lease.socket.socketId !== id) {
    const name = held.lease.socket.socketId;
    throw new LonghaulError(
      'invalid-argument',
      `this socket came as ${name}: give it back under that id, not as ${id}`,
    );
  }
  const door = held?.door ?? agent.sockets.door;
  mustBeObject('the door of the agent', door);
  if (underWay.has(socket)) throw new LonghaulError('illegal-state', 'the socket is being handed over already');
  underWay.add(socket);
  try {
    using rest = quiesce(socket);
    const asking: Asking = { signal: options.signal, takenBack: lent => takeBack(door, socket, lent) };
    const { leftover } = rest;
    if (held === undefined || !(await giveBack(held, socket, { ...options, leftover }, asking))) {
      const last = held?.lease.socket;
      const { context = fromBase64(last?.context ?? null), keepAliveMs = last?.keepAliveMs ?? null } = options;
      const order = { socketId: id, kind, ...enabled, context, leftover, keepAliveMs };
      await door.transfer(order, duplicate(socket), asking);
    }
    rest.over();
    letGo(socket);
    handedOver.set(socket, id);
  } finally {
    underWay.delete(socket);
  }
}

const underWay = new WeakSet<BrokeredSocket>();

function checkArguments(socket: BrokeredSocket, id: string, options: TransferOwnershipOptions): void {
  mustHaveSignal(options);
  const { context, keepAliveMs } = options;
  const wrong = (why: string) => new LonghaulError('invalid-argument', why);
  mustBeText('a socket id', id);
  if (!isSocketId(id)) throw wrong(socketIdRule);
  if (context != null && !(context instanceof Uint8Array)) throw unfit('a context, which is a Uint8Array,', context);
  if (context != null && context.byteLength > maxContextBytes) {
    throw wrong(`a context has at most ${maxContextBytes} bytes, not ${context.byteLength}`);
  }
  if (keepAliveMs == null) return;
  if (socket instanceof Server) throw wrong('a listener has no keep-alive time');
  const { min, max } = keepAliveRangeMs;
  if (!Number.isSafeInteger(keepAliveMs) || keepAliveMs < min || keepAliveMs > max) {
    throw unfit(`keepAliveMs, a whole number from ${min} to ${max},`, keepAliveMs);
  }
}

/** The socket rests; disposed before `over`, it goes on as before. */
interface Rest extends Disposable {
  readonly leftover: Uint8Array | null;
  over(): void;
}

/** @throws LonghaulError `pending-io`, `illegal-state` */
function quiesce(socket: BrokeredSocket): Rest {
  if (socket instanceof Socket) return quiesceStream(socket);
  if (descriptorNumber(socket) === undefined && !heldSockets.has(socket)) throw notOpen();
  if (!(socket instanceof DatagramSocket)) return { leftover: null, over: () => {}, [Symbol.dispose]: () => {} };
  if (socket.getSendQueueCount() > 0) throw pending('datagrams are still being sent');
  stopReceiving(socket);
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  return { leftover: null, over, [Symbol.dispose]: () => !isOver && startReceiving(socket) };
}

function quiesceStream(socket: Socket): Rest {
  if (socket.connecting) throw pending('the socket is still connecting');
  if (socket.destroyed || socket.pending || descriptorNumber(socket) === undefined) throw notOpen();
  if (socket.writableEnded) throw new LonghaulError('illegal-state', 'the writing side has been ended');
  if (socket.readableFlowing === true) throw pending('the socket is being read');
  if (socket.writableLength > 0) throw pending(`${socket.writableLength} bytes are still being written`);
  const wasReading = stopReading(socket);
  const unread = takeUnread(socket);
  stopReading(socket);
  let isOver = false;
  const goOn = () => {
    if (isOver || socket.destroyed) return;
    if (unread instanceof Uint8Array) putInFront(socket, unread);
    if (wasReading) socket.read(0);
  };
  if (unread === 'decoded' || (unread?.byteLength ?? 0) > maxLeftoverBytes) {
    goOn();
    const why =
      unread === 'decoded' ? 'was decoded' : `is ${unread?.byteLength} bytes, and at most ${maxLeftoverBytes} go along`;
    throw pending(`what was read and not used ${why}: read it first`);
  }
  const over = () => {
    isOver = true;
  };
  return { leftover: unread, over, [Symbol.dispose]: goOn };
}

/** False when the broker has lost its own duplicate: then the socket has to be handed over anew. */
async function giveBack(
  held: Held,
  socket: BrokeredSocket,
  { context, leftover, keepAliveMs }: Omit<GiveBack, 'isUntouched'>,
  asking: Asking,
): Promise<boolean> {
  const { door, lease } = held;
  try {
    const isUntouched = held.wasWoken && !hasBeenRead(socket, lease.socket, leftover);
    await door.giveBack(lease, { context, leftover, keepAliveMs, isUntouched }, asking);
    return true;
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'vault-lost') throw error;
    lease.lost(error);
    if (descriptorNumber(socket) === undefined) throw error;
    return false;
  }
}

/** Anything of what had come since it was lent, or of what had been read before and not used. */
function hasBeenRead(socket: BrokeredSocket, lent: LentSocket, leftover: Uint8Array | null): boolean {
  if (!(socket instanceof Socket)) return usedSockets.has(socket);
  return socket.bytesRead > 0 || (leftover?.byteLength ?? 0) !== Buffer.byteLength(lent.leftover ?? '', 'base64');
}

/** @throws LonghaulError `illegal-state` */
function duplicate(socket: BrokeredSocket): Descriptor {
  const number = descriptorNumber(socket);
  if (number === undefined) throw notOpen();
  try {
    const borrowed = Descriptor.own(number);
    try {
      return borrowed.duplicate();
    } finally {
      borrowed.release(); // it is still Node's
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBADF') throw cause;
    const why = `its descriptor ${number} was closed by something else in this process`;
    throw new LonghaulError('illegal-state', why, { cause });
  }
}

/** Without a FIN, and without ending the connection: the agent has it. */
function letGo(socket: BrokeredSocket): void {
  if (socket instanceof Server) {
    heldSockets.delete(socket);
    closeListener(socket);
  } else abandon(socket);
  enabledSockets.delete(socket);
}

/** The hand-over that was given up has happened after all, and was undone: from now on the socket is here under a lease. */
function takeBack(door: SocketDoor, socket: BrokeredSocket, lent: LentSocket): void {
  if (descriptorNumber(socket) === undefined) void door.close({ socket: lent, lost: () => {} }).catch(() => {});
  else holdAs(socket, door, lent);
}

const fromBase64 = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text, 'base64'));

const pending = (why: string): LonghaulError => new LonghaulError('pending-io', `${why}: await cancelIO(socket) first`);

const notOpen = (): LonghaulError => {
  const why = 'has no descriptor here: it is not connected or bound, has closed, or belongs to a cluster';
  return new LonghaulError('illegal-state', `the socket ${why}`);
};
