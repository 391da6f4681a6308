// What a driver needs of the thing that carries its bytes. A `net.Socket`, a `TLSSocket` and an `Http2Stream` satisfy it
// as they are; where the three differ (how one is dropped, when the kernel has what was written) it is said here, once.
import { constants } from 'node:http2';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';

export interface Transport {
  readonly destroyed: boolean;
  readonly writable: boolean;
  readonly writableLength: number;
  write(bytes: Uint8Array, onHandedOver?: (error?: Error | null) => void): boolean;
  cork(): void;
  uncork(): void;
  /** Of a readable stream: how what was read gets into it. */
  push?(chunk: Buffer | null, encoding?: BufferEncoding): boolean;
  pause(): unknown;
  resume(): unknown;
  /** The end of what we say: FIN, close_notify and FIN, or END_STREAM (RFC 8441 §5). */
  end(): unknown;
  destroy(): unknown;
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
}

/** What happens to a transport, told to the one who owns it. */
export interface TransportOwner {
  arrived(bytes: Buffer): void;
  /** The peer writes no more. */
  peerEnded(): void;
  failed(cause: unknown): void;
  transportClosed(): void;
}

const nothing = Buffer.alloc(0);
const ownerOf = Symbol('owner');
type OwnedTransport = Transport & { [ownerOf]?: TransportOwner };

/** Starts reading. The listeners are shared functions that find the owner on the transport: no closures per connection. */
export function attach(transport: Transport, owner: TransportOwner): void {
  (transport as OwnedTransport)[ownerOf] = owner;
  transport.on('error', onError);
  transport.on('close', onClose);
  transport.on('end', onEnd);
  transport.on('data', onData);
  if (transport instanceof Socket || (isStream(transport) && transport instanceof Readable)) transport.push = push;
  transport.resume();
  if (transport.destroyed) process.nextTick(closedAlready, owner);
}

/** Stops reading until `resume()`. */
export function pause(transport: Transport): void {
  // The stream waits for a `push` since it began to read, and would not begin anew; an empty one ends that.
  if (transport.push === push) Readable.prototype.push.call(transport as unknown as Readable, nothing);
  transport.pause();
}

/** True where an empty `writableLength` after a write means that the kernel has the bytes. */
export function isBareSocket(transport: Transport): boolean {
  return transport instanceof Socket && !('encrypted' in transport);
}

/** Drops the transport without waiting for anything; a stream by RST_STREAM with CANCEL (RFC 8441 §5). */
export function drop(transport: Transport): void {
  if (transport.destroyed) return;
  if (isStream(transport)) transport.close(constants.NGHTTP2_CANCEL);
  transport.destroy();
}

function isStream(transport: Transport): transport is Transport & { close(code: number): void } {
  return 'rstCode' in transport;
}

function closedAlready(owner: TransportOwner): void {
  owner.transportClosed();
}

/**
 * Takes a read on its way into the stream, where it would go straight to our 'data' listener anyway: the stream's own way
 * asks in a tick of its own, after every read, whether there is more to read. A socket and an HTTP/2 stream go on reading
 * by themselves until a `push` says that it is enough, so what is not that plain case goes the stream's way.
 */
function push(this: Readable & OwnedTransport, chunk: Buffer | null, encoding?: BufferEncoding): boolean {
  const isPlain =
    chunk !== null && this.readableFlowing === true && this.readableLength === 0 && this.listenerCount('data') === 1;
  if (!isPlain) return Readable.prototype.push.call(this, chunk, encoding);
  this[ownerOf]?.arrived(chunk);
  return true;
}

function onData(this: OwnedTransport, bytes: Buffer): void {
  this[ownerOf]?.arrived(bytes);
}

function onEnd(this: OwnedTransport): void {
  this[ownerOf]?.peerEnded();
}

function onError(this: OwnedTransport, error: Error): void {
  this[ownerOf]?.failed(error);
}

function onClose(this: OwnedTransport): void {
  this[ownerOf]?.transportClosed();
}
