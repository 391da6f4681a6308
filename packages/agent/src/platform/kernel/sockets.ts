// Sockets below Node: pairs and listeners that keep message boundaries, who is at the other end, and what kind of socket a
// descriptor really is.
import { Descriptor, requireNumber } from './descriptor.ts';
import { checked, checkedNow, codeOf, libc } from './libc.ts';

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_SNDBUF = 7;
const SO_PEERCRED = 17;
const SO_ACCEPTCONN = 30;
const SO_DOMAIN = 39;
const SO_COOKIE = 57;
const seqpacket = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
/** `sun_path` with its closing zero. */
const maxPathBytes = 108;
const MSG_PEEK = 0x2;
const MSG_DONTWAIT = 0x40;

export interface PeerCredentials {
  /** As it was when the peer connected, listened or made the pair. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface SocketFacts {
  readonly family: 'ipv4' | 'ipv6' | 'unix' | 'other';
  readonly type: 'stream' | 'datagram' | 'other';
  readonly isListening: boolean;
  readonly isConnected: boolean;
}

/** Two connected ends that keep message boundaries and carry descriptors. */
export function socketPair(): [Descriptor, Descriptor] {
  const pair = new Int32Array(2);
  checked('socketpair', () => libc().socketpair(AF_UNIX, seqpacket, 0, pair));
  return [Descriptor.born(pair[0]!), Descriptor.born(pair[1]!)];
}

/** A listener of that kind at a new path that only this user may connect to. The path must not exist. */
export function listenAt(path: string, backlog: number): Descriptor {
  const listener = Descriptor.born(checked('socket', () => libc().socket(AF_UNIX, seqpacket, 0)));
  try {
    const address = unixAddress(path);
    const umask = process.umask(0o177);
    try {
      checked('bind', () => libc().bind(Descriptor.numberOf(listener), address, address.length));
    } finally {
      process.umask(umask);
    }
    process.getBuiltinModule('node:fs').chmodSync(path, 0o600);
    checked('listen', () => libc().listen(Descriptor.numberOf(listener), backlog));
    return listener;
  } catch (error) {
    listener[Symbol.dispose]();
    throw error;
  }
}

/** The next waiting connection; `undefined` when there is none. */
export function acceptFrom(listener: Descriptor): Descriptor | undefined {
  for (;;) {
    try {
      const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
      const accepted = checkedNow('accept4', () => libc().accept4(Descriptor.numberOf(listener), null, null, flags));
      return accepted === undefined ? undefined : Descriptor.born(accepted);
    } catch (error) {
      if (codeOf(error) !== 'ECONNABORTED') throw error; // that one is gone; there may be another
    }
  }
}

/** A connection to a listener of that kind. Never waits: a full backlog is the system error `EAGAIN`. */
export function connectTo(path: string): Descriptor {
  const socket = Descriptor.born(checked('socket', () => libc().socket(AF_UNIX, seqpacket, 0)));
  try {
    const address = unixAddress(path);
    checked('connect', () => libc().connect(Descriptor.numberOf(socket), address, address.length));
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/** Who is at the other end of a Unix socket, by the kernel's word. Takes the number: it also serves Node's own sockets. */
export function peerCredentials(fd: number): PeerCredentials {
  requireNumber(fd);
  const value = new Int32Array(3);
  option(fd, SO_PEERCRED, value);
  return { pid: value[0]!, uid: value[1]! >>> 0, gid: value[2]! >>> 0 };
}

/** @throws a system error `ENOTSOCK` for anything but a socket */
export function socketFacts(socket: Descriptor): SocketFacts {
  const number = Descriptor.numberOf(socket);
  const domain = option(number, SO_DOMAIN);
  const type = option(number, SO_TYPE);
  return {
    family: domain === AF_INET ? 'ipv4' : domain === AF_INET6 ? 'ipv6' : domain === AF_UNIX ? 'unix' : 'other',
    type: type === SOCK_STREAM ? 'stream' : type === SOCK_DGRAM ? 'datagram' : 'other',
    isListening: option(number, SO_ACCEPTCONN) !== 0,
    isConnected: hasPeer(number),
  };
}

/**
 * Names the socket, whoever has a descriptor of it: no two sockets of a machine's life have the same (SO_COOKIE, Linux 4.12). The
 * lower 53 bits of it; 0 for what has none.
 */
export function cookieOf(socket: Descriptor): number {
  const value = new Int32Array(2);
  try {
    option(Descriptor.numberOf(socket), SO_COOKIE, value);
  } catch {
    return 0;
  }
  return (value[1]! & 0x1fffff) * 2 ** 32 + (value[0]! >>> 0);
}

/** Makes sure that messages of that size can be sent: the kernel refuses what is longer than the socket's buffer. */
export function makeRoom(socket: Descriptor, messageBytes: number): void {
  const number = Descriptor.numberOf(socket);
  const overhead = 1_024;
  if (option(number, SO_SNDBUF) >= messageBytes + overhead) return;
  const wanted = Int32Array.of(messageBytes + overhead); // the kernel doubles it
  checked('setsockopt', () => libc().setsockopt(number, SOL_SOCKET, SO_SNDBUF, wanted, wanted.byteLength));
}

/** Ends the connection for every holder of a duplicate. A peer that is gone already is no error. */
export function shutDown(socket: Descriptor): void {
  const SHUT_RDWR = 2;
  try {
    checked('shutdown', () => libc().shutdown(Descriptor.numberOf(socket), SHUT_RDWR));
  } catch (error) {
    if (codeOf(error) !== 'ENOTCONN') throw error;
  }
}

/** Where it is bound and connected to: `127.0.0.1:80`, `[::1]:80`, a path, `@name` of an abstract one; `null` for none. */
export function socketAddresses(socket: Descriptor): { readonly local: string | null; readonly remote: string | null } {
  const number = Descriptor.numberOf(socket);
  return { local: addressOf('getsockname', number) ?? null, remote: addressOf('getpeername', number) ?? null };
}

/**
 * What would be read now, without reading it. `end`: the end of a stream, or an empty datagram. `nothing`: there is nothing
 * yet, or an error, which is taken by looking.
 */
export function peek(socket: Descriptor): 'bytes' | 'end' | 'nothing' {
  const number = Descriptor.numberOf(socket);
  try {
    const byte = new Uint8Array(1);
    const length = checkedNow('recv', () => libc().recv(number, byte, byte.length, MSG_PEEK | MSG_DONTWAIT));
    if (length === undefined) return 'nothing';
    return length > 0 ? 'bytes' : 'end';
  } catch {
    return 'nothing';
  }
}

const hasPeer = (fd: number): boolean => addressOf('getpeername', fd) !== undefined;

function addressOf(call: 'getsockname' | 'getpeername', fd: number): string | null | undefined {
  const memory = Buffer.alloc(128);
  const length = Int32Array.of(memory.length);
  try {
    checked(call, () => libc()[call](fd, memory, length));
  } catch (error) {
    if (codeOf(error) === 'ENOTCONN') return undefined;
    throw error;
  }
  return addressText(memory.subarray(0, Math.min(length[0]!, memory.length)));
}

/** Of a `struct sockaddr`; `null` where nothing is bound. */
function addressText(address: Buffer): string | null {
  if (address.length < 2) return null;
  const family = address.readUInt16LE();
  if (family === AF_INET && address.length >= 8) {
    const port = address.readUInt16BE(2);
    return port === 0 ? null : `${address.subarray(4, 8).join('.')}:${port}`;
  }
  if (family === AF_INET6 && address.length >= 24) {
    const port = address.readUInt16BE(2);
    const bytes = address.subarray(8, 24);
    const isMapped = bytes.readUIntBE(0, 6) === 0 && bytes.readUInt32BE(6) === 0 && bytes.readUInt16BE(10) === 0xffff;
    if (port === 0) return null;
    if (isMapped) return `${bytes.subarray(12).join('.')}:${port}`;
    const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
    return `${new URL(`http://[${groups.join(':')}]`).hostname}:${port}`; // in the short form of RFC 5952
  }
  if (family === AF_UNIX && address.length > 2) {
    const path = address.subarray(2);
    return path[0] === 0 ? `@${path.subarray(1)}` : path.toString().replace(/\0+$/, '');
  }
  return null;
}

function option(fd: number, name: number, value = new Int32Array(1)): number {
  checked('getsockopt', () => libc().getsockopt(fd, SOL_SOCKET, name, value, Int32Array.of(value.byteLength)));
  return value[0]!;
}

function unixAddress(path: string): Uint8Array {
  const bytes = Buffer.from(path);
  if (bytes.length === 0 || bytes.length >= maxPathBytes || bytes.includes(0)) {
    throw new TypeError(`a socket path has 1 to ${maxPathBytes - 1} bytes without zeros, not ${bytes.length}`);
  }
  const address = Buffer.alloc(2 + bytes.length + 1);
  address.writeUInt16LE(AF_UNIX);
  bytes.copy(address, 2);
  return address;
}
