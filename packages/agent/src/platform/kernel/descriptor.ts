// One open file descriptor and its one owner: closed exactly once, never used afterwards, never inherited by a child.
import { checked, libc, systemError } from './libc.ts';

const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const FD_CLOEXEC = 1;
const O_NONBLOCK = 0o4000;
const EBADF = 9;

export class Descriptor implements Disposable {
  #number: number;

  private constructor(number: number) {
    this.#number = number;
  }

  /**
   * Takes ownership of an open descriptor and marks it close-on-exec.
   *
   * @throws TypeError when it is no descriptor's number; a system error `EBADF` when it is not open
   */
  static own(number: number): Descriptor {
    requireNumber(number);
    const flags = checked('fcntl', () => libc().fcntl(number, F_GETFD, 0));
    if ((flags & FD_CLOEXEC) === 0) checked('fcntl', () => libc().fcntl(number, F_SETFD, flags | FD_CLOEXEC));
    return new Descriptor(number);
  }

  /** For a number that a call of this folder has just returned, close-on-exec from its birth. */
  static born(number: number): Descriptor {
    return new Descriptor(number);
  }

  /**
   * The number for a call of the kernel. FFI would make a number of anything, so nothing but a Descriptor gets through.
   *
   * @throws TypeError for anything else; a system error `EBADF` after the end of ownership
   */
  static numberOf(descriptor: Descriptor): number {
    if (typeof descriptor !== 'object' || descriptor === null || !(#number in descriptor)) {
      throw new TypeError('this is no Descriptor');
    }
    return descriptor.number;
  }

  get isOpen(): boolean {
    return this.#number !== -1;
  }

  /** @throws a system error `EBADF` after the end of ownership */
  get number(): number {
    if (this.#number === -1) throw systemError('descriptor', 'EBADF', EBADF);
    return this.#number;
  }

  /** Another descriptor of the same open file. */
  duplicate(): Descriptor {
    return new Descriptor(checked('fcntl', () => libc().fcntl(this.number, F_DUPFD_CLOEXEC, 0)));
  }

  /** Ends ownership without closing: whoever called closes it. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    return number;
  }

  get isNonBlocking(): boolean {
    return (checked('fcntl', () => libc().fcntl(this.number, F_GETFL, 0)) & O_NONBLOCK) !== 0;
  }

  /** Belongs to the open file, not to the descriptor: every duplicate changes too. */
  set isNonBlocking(isNonBlocking: boolean) {
    const flags = checked('fcntl', () => libc().fcntl(this.number, F_GETFL, 0));
    const next = isNonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (next !== flags) checked('fcntl', () => libc().fcntl(this.number, F_SETFL, next));
  }

  /** Closing twice is closing once. The kernel frees the number whatever `close` answers. */
  [Symbol.dispose](): void {
    if (this.#number === -1) return;
    libc().close(this.#number);
    this.#number = -1;
  }
}

/** @throws TypeError for what cannot be a descriptor's number, open or not */
export function requireNumber(number: number): void {
  if (!Number.isInteger(number) || number < 0 || number > 0x7fffffff) {
    throw new TypeError(`${String(number)} is no file descriptor`);
  }
}
