// Another process of ours, whose descriptors can be duplicated without asking it: pidfd_getfd(2), Linux 5.6, where the kernel
// permits it. Whether what was there is what was meant is asked of the duplicate itself (decision 180).
import { Descriptor } from './descriptor.ts';
import { checked, codeOf, libc } from './libc.ts';
import { cookieOf } from './sockets.ts';

/** The same numbers on every machine. */
const SYS_pidfd_open = 434;
const SYS_pidfd_getfd = 438;
const PR_SET_PTRACER = 0x59616d61;

export class Neighbour implements Disposable {
  readonly #process: Descriptor;
  #isPermitted = true;

  private constructor(process: Descriptor) {
    this.#process = process;
  }

  /** `undefined` where there is no such process, or none of this can be. */
  static open(pid: number): Neighbour | undefined {
    try {
      return new Neighbour(Descriptor.born(checked('pidfd_open', () => libc().syscall(SYS_pidfd_open, pid, 0, 0))));
    } catch {
      return undefined;
    }
  }

  /** As far as was tried. */
  get isPermitted(): boolean {
    return this.#isPermitted;
  }

  /**
   * A duplicate of the socket that it has as `number`, if its cookie is `cookie`: the number may have become another's since.
   * `undefined` for anything else, and from the first time on that the kernel does not permit it.
   */
  duplicate(number: number, cookie: number): Descriptor | undefined {
    if (!this.#isPermitted) return undefined;
    try {
      const process = Descriptor.numberOf(this.#process);
      const found = Descriptor.born(checked('pidfd_getfd', () => libc().syscall(SYS_pidfd_getfd, process, number, 0)));
      if (cookie !== 0 && cookieOf(found) === cookie) return found;
      found[Symbol.dispose]();
    } catch (error) {
      // EBADF: it has none of that number; ESRCH: it is dead.
      this.#isPermitted = codeOf(error) === 'EBADF' || codeOf(error) === 'EMFILE';
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#isPermitted = false;
    this.#process[Symbol.dispose]();
  }
}

/**
 * Lets that process duplicate our descriptors, where Yama would refuse it to all but our ancestors (`ptrace_scope` 1). Whoever was
 * let before is not any more. No error where Yama does not reign, or the kernel refuses (a container's seccomp filter): then the duplicate
 * is asked for.
 */
export function letDuplicate(pid: number): void {
  libc().prctl(PR_SET_PTRACER, pid, 0, 0, 0);
}
