// The C library's calls that Node has no name for, through FFI (decision 140). Everything that takes memory is called with
// memory of this folder only, and descriptors come from `Descriptor`: nothing from outside can reach a pointer. Loaded by the
// first call, so that the rest of the package works where this does not.
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { LonghaulError } from '@longhaul/agent-protocol/errors';

export type Koffi = typeof import('koffi').default;
/** An address in native memory that never moves. */
export type Address = bigint;
type Memory = Address | NodeJS.TypedArray | null;

/** Each answers -1 on failure, as in C; `checked` turns that into an error. */
export interface Libc {
  readonly koffi: Koffi;
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, pair: Int32Array): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  accept4(fd: number, address: null, length: null, flags: number): number;
  shutdown(fd: number, how: number): number;
  getsockopt(fd: number, level: number, name: number, value: Int32Array, length: Int32Array): number;
  setsockopt(fd: number, level: number, name: number, value: Int32Array, length: number): number;
  getpeername(fd: number, address: Uint8Array, length: Int32Array): number;
  getsockname(fd: number, address: Uint8Array, length: Int32Array): number;
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  sendmsg(fd: number, message: Address, flags: number): number;
  recvmsg(fd: number, message: Address, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  close(fd: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Memory): number;
  epoll_wait(epoll: number, events: Uint8Array, max: number, timeoutMs: number): number;
  prctl(option: number, a: number, b: number, c: number, d: number): number;
  /** For calls that older C libraries have no name for. */
  syscall(number: number, a: number, b: number, c: number): number;
}

/** Machines whose structure layouts are written down here. */
const architectures: readonly string[] = ['x64', 'arm64'];

let loaded: Libc | LonghaulError | undefined; // a library is loaded once for a process, as a module is

/**
 * @throws LonghaulError `not-supported-here` anywhere but on Linux on x64 or arm64, and where the native module koffi cannot be
 * loaded: it is an optional dependency of its own for each machine
 */
export function libc(): Libc {
  loaded ??= load();
  if (loaded instanceof LonghaulError) throw loaded;
  return loaded;
}

/** Whether this is a machine that sockets can be handed over on; whether koffi is there says `whyNotSupported`. */
export function isSupportedHere(platform: string = process.platform, architecture: string = process.arch): boolean {
  return platform === 'linux' && architectures.includes(architecture) && endianness() === 'LE';
}

/** What `libc()` throws here; `undefined` where it works. */
export function whyNotSupported(): LonghaulError | undefined {
  loaded ??= load();
  return loaded instanceof LonghaulError ? loaded : undefined;
}

function load(): Libc | LonghaulError {
  const here = `${process.platform} on ${process.arch}`;
  if (!isSupportedHere()) {
    return new LonghaulError(
      'not-supported-here',
      `sockets can be handed over on Linux on x64 or arm64, not on ${here}`,
    );
  }
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)('koffi');
  } catch (cause) {
    const message = `the native module koffi could not be loaded: ${firstLineOf(cause)}`;
    return new LonghaulError('not-supported-here', message, { cause });
  }
  try {
    const library = koffi.load(null); // what Node itself is linked with: glibc or musl
    return {
      koffi,
      socket: library.func('int socket(int, int, int)'),
      socketpair: library.func('int socketpair(int, int, int, void *)'),
      bind: library.func('int bind(int, void *, uint32_t)'),
      listen: library.func('int listen(int, int)'),
      connect: library.func('int connect(int, void *, uint32_t)'),
      accept4: library.func('int accept4(int, void *, void *, int)'),
      shutdown: library.func('int shutdown(int, int)'),
      getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
      setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)'),
      getpeername: library.func('int getpeername(int, void *, void *)'),
      getsockname: library.func('int getsockname(int, void *, void *)'),
      recv: library.func('intptr_t recv(int, void *, size_t, int)'),
      sendmsg: library.func('intptr_t sendmsg(int, void *, int)'),
      recvmsg: library.func('intptr_t recvmsg(int, void *, int)'),
      fcntl: library.func('int fcntl(int, int, int)'),
      close: library.func('int close(int)'),
      epoll_create1: library.func('int epoll_create1(int)'),
      epoll_ctl: library.func('int epoll_ctl(int, int, int, void *)'),
      epoll_wait: library.func('int epoll_wait(int, void *, int, int)'),
      prctl: library.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)'),
      syscall: library.func('long syscall(long, long, long, long)'),
    };
  } catch (cause) {
    const message = `the calls of ${here} cannot be reached: ${firstLineOf(cause)}`;
    return new LonghaulError('not-supported-here', message, { cause });
  }
}

/** The rest is where it was looked for. */
const firstLineOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;

/** The result of a call; -1 is thrown as an error with `code`, `errno` and `syscall`, as Node's own. EINTR is tried again. */
export function checked(name: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -1) return result;
    const errno = libc().koffi.errno();
    const code = process.getBuiltinModule('node:util').getSystemErrorName(-errno);
    if (code !== 'EINTR') throw systemError(name, code, errno);
  }
}

/** Like `checked`, but `undefined` where the call would have to wait. */
export function checkedNow(name: string, call: () => number): number | undefined {
  try {
    return checked(name, call);
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** `code` of a system error, else undefined. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;

export function systemError(syscall: string, code: string, errno: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`${syscall}: ${code}`), { code, errno: -errno, syscall });
}
