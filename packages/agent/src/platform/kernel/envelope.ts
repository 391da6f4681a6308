// One message with descriptors in it, sent and received over a Unix socket that keeps message boundaries. The memory the
// kernel reads and writes is allocated once and never moves; what comes out is copied, so that nothing of one message
// can show up in another.
import { Descriptor } from './descriptor.ts';
import { type Address, checkedNow, libc, systemError } from './libc.ts';

/** Of one message, unless the envelope is made larger. Two fit into a Unix socket's default buffer. */
export const maxMessageBytes = 65_536;
/** Of one message; the kernel's own limit is 253. Past 64 an fd gets no cheaper. */
export const maxDescriptors = 64;

const MSG_CTRUNC = 0x8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const EMSGSIZE = 90;

// struct msghdr, struct iovec and struct cmsghdr of 64-bit Linux, one after the other in our memory.
const header = { iov: 16, iovCount: 24, control: 32, controlBytes: 40, flags: 48, size: 56 } as const;
const vector = { at: header.size, base: 0, bytes: 8, size: 16 } as const;
const controlAt = vector.at + vector.size;
const control = { bytes: 0, level: 8, type: 12, size: 16 } as const;
const controlSpace = control.size + maxDescriptors * 4;
const dataAt = controlAt + controlSpace;

export interface Received {
  readonly bytes: Buffer;
  /** The receiver's. Non-blocking or not as the sender had them; never inherited. */
  readonly descriptors: readonly Descriptor[];
  /** Descriptors came along that this process cannot have: more than 64, or it is near its limit of open files. None is kept. */
  readonly wereLost: boolean;
}

export class Envelope implements Disposable {
  readonly #address: Address;
  readonly #memory: Buffer;
  #isFree = false;
  /** Of one message that is sent or received with it. */
  readonly maxBytes: number;

  /** @throws RangeError for a size that is no whole number from 1 to 2³⁰ */
  constructor(maxBytes: number = maxMessageBytes) {
    if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > 2 ** 30) {
      throw new RangeError(`a message of up to ${String(maxBytes)} bytes?`);
    }
    const { koffi } = libc();
    const size = dataAt + maxBytes;
    this.maxBytes = maxBytes;
    this.#address = koffi.address(koffi.alloc('uint8_t', size));
    this.#memory = Buffer.from(koffi.view(this.#address, size));
    this.#memory.fill(0, 0, dataAt);
    this.#memory.writeBigUInt64LE(this.#address + BigInt(vector.at), header.iov);
    this.#memory.writeBigUInt64LE(1n, header.iovCount);
    this.#memory.writeBigUInt64LE(this.#address + BigInt(dataAt), vector.at + vector.base);
  }

  /**
   * False when the peer has to read first; nothing was sent then. The descriptors stay the caller's.
   *
   * @throws RangeError for an empty or too large message; a system error `EPIPE` or `ECONNRESET` when the peer is gone,
   * `EBADF`, `ETOOMANYREFS` when too many descriptors are on their way
   */
  send(socket: Descriptor, bytes: Uint8Array, descriptors: readonly Descriptor[] = []): boolean {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a message is bytes');
    if (bytes.length === 0 || bytes.length > this.maxBytes || descriptors.length > maxDescriptors) {
      const limits = `1 to ${this.maxBytes} bytes and up to ${maxDescriptors} descriptors`;
      throw new RangeError(`a message has ${limits}, not ${bytes.length} and ${descriptors.length}`);
    }
    const memory = this.#open();
    const count = descriptors.length;
    memory.set(bytes, dataAt);
    memory.writeBigUInt64LE(BigInt(bytes.length), vector.at + vector.bytes);
    memory.writeBigUInt64LE(count === 0 ? 0n : this.#address + BigInt(controlAt), header.control);
    memory.writeUInt32LE(count === 0 ? 0 : align(control.size + count * 4), header.controlBytes);
    memory.writeUInt32LE(control.size + count * 4, controlAt + control.bytes);
    memory.writeUInt32LE(0, controlAt + control.bytes + 4);
    memory.writeUInt32LE(SOL_SOCKET, controlAt + control.level);
    memory.writeUInt32LE(SCM_RIGHTS, controlAt + control.type);
    for (const [index, descriptor] of descriptors.entries()) {
      memory.writeInt32LE(Descriptor.numberOf(descriptor), controlAt + control.size + index * 4);
    }
    const fd = Descriptor.numberOf(socket);
    return checkedNow('sendmsg', () => libc().sendmsg(fd, this.#address, MSG_DONTWAIT | MSG_NOSIGNAL)) !== undefined;
  }

  /**
   * The next message, `undefined` when none is there, `'end'` when the peer is gone.
   *
   * @throws a system error `EMSGSIZE` for a longer message than `maxBytes`, `ECONNRESET`. Whatever came with it is closed.
   */
  receive(socket: Descriptor): Received | 'end' | undefined {
    const memory = this.#open();
    memory.writeBigUInt64LE(BigInt(this.maxBytes), vector.at + vector.bytes);
    memory.writeBigUInt64LE(this.#address + BigInt(controlAt), header.control);
    memory.writeUInt32LE(controlSpace, header.controlBytes);
    memory.writeUInt32LE(0, header.flags);
    const fd = Descriptor.numberOf(socket);
    const length = checkedNow('recvmsg', () => libc().recvmsg(fd, this.#address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (length === undefined) return undefined;
    const descriptors = this.#received();
    const flags = memory.readUInt32LE(header.flags);
    if (length > 0 && (flags & (MSG_CTRUNC | MSG_TRUNC)) === 0) {
      return { bytes: Buffer.from(memory.subarray(dataAt, dataAt + length)), descriptors, wereLost: false };
    }
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    if (length > 0 && (flags & MSG_TRUNC) === 0) {
      return { bytes: Buffer.from(memory.subarray(dataAt, dataAt + length)), descriptors: [], wereLost: true };
    }
    if ((flags & MSG_TRUNC) !== 0) throw systemError('recvmsg', 'EMSGSIZE', EMSGSIZE);
    return 'end'; // nobody of ours sends an empty message
  }

  #received(): Descriptor[] {
    const memory = this.#memory;
    const end = controlAt + memory.readUInt32LE(header.controlBytes);
    const found: Descriptor[] = [];
    for (let at = controlAt; at + control.size <= end; ) {
      const bytes = memory.readUInt32LE(at + control.bytes);
      if (bytes < control.size) break;
      const isRights =
        memory.readUInt32LE(at + control.level) === SOL_SOCKET && memory.readUInt32LE(at + control.type) === SCM_RIGHTS;
      if (isRights) {
        for (let each = at + control.size; each + 4 <= Math.min(at + bytes, end); each += 4) {
          found.push(Descriptor.born(memory.readInt32LE(each)));
        }
      }
      at += align(bytes);
    }
    return found;
  }

  #open(): Buffer {
    if (this.#isFree) throw new Error('the envelope was disposed');
    return this.#memory;
  }

  [Symbol.dispose](): void {
    if (this.#isFree) return;
    this.#isFree = true;
    libc().koffi.free(this.#address);
  }
}

const align = (bytes: number): number => (bytes + 7) & ~7;
