// Node's event loop waits on any descriptor: libuv's own poll, which Node does not show but FFI reaches (decision 141).
import { Descriptor } from './descriptor.ts';
import { Epoll } from './epoll.ts';
import { libc } from './libc.ts';

export interface Interest {
  readonly readable: boolean;
  readonly writable: boolean;
}

/**
 * Calls `happened` in every turn of the loop in which the descriptor is ready, until disposed: before it is closed. At once, when
 * the kernel has told: a wake does not wait for the end of a turn (decision 179).
 */
export class Readiness implements Disposable {
  readonly #poll: InstanceType<ReturnType<typeof libc>['koffi']['node']['PollHandle']>;
  readonly #happened: () => void;
  #isClosed = false;

  constructor(descriptor: Descriptor, happened: () => void, interest: Interest = { readable: true, writable: false }) {
    requireWatchable(descriptor);
    this.#happened = () => {
      // koffi calls outside of Node's own turns: promises settled there would wait for the next one (seen with 3.3.4), so
      // there is one at once; and what is thrown there would be lost.
      setImmediate(nothing);
      try {
        happened();
      } catch (error) {
        setImmediate(rethrow, error);
      }
    };
    this.#poll = libc().koffi.node.poll(Descriptor.numberOf(descriptor), interest, this.#happened);
  }

  set interest(interest: Interest) {
    if (!this.#isClosed) this.#poll.start(interest, this.#happened);
  }

  /** The process may end although this waits. */
  unref(): void {
    if (!this.#isClosed) this.#poll.unref();
  }

  /** Undoes `unref`. */
  ref(): void {
    if (!this.#isClosed) this.#poll.ref();
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#poll.close();
  }
}

/**
 * koffi ends the process over what libuv refuses (seen with 3.3.4), so the kernel is asked first.
 *
 * @throws a system error: `EBADF` when it is not open, `EPERM` for a plain file
 */
function requireWatchable(descriptor: Descriptor): void {
  using trial = new Epoll();
  trial.add(descriptor, 0);
  trial.remove(descriptor);
}

const nothing = (): void => {};

function rethrow(error: unknown): never {
  throw error;
}
