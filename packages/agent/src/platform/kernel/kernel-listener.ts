// A listener at a path that keeps message boundaries and carries descriptors, from its first connection until it is disposed:
// the path of a process that was killed is taken over, and one that somebody deletes is made again.
import { rmSync } from 'node:fs';
import { StandingPath } from '../standing-path.ts';
import type { Descriptor } from './descriptor.ts';
import { Readiness } from './readiness.ts';
import { acceptFrom, listenAt } from './sockets.ts';

export class KernelListener implements Disposable {
  readonly #path: string;
  readonly #backlog: number;
  readonly #accepted: (socket: Descriptor) => void;
  readonly #standing: StandingPath;
  #open: Disposable;

  /** Only this user may connect. `backlog`: connections that wait to be taken. `accepted` owns the socket. */
  constructor(path: string, backlog: number, accepted: (socket: Descriptor) => void) {
    this.#path = path;
    this.#backlog = backlog;
    this.#accepted = accepted;
    this.#open = this.#listen();
    this.#standing = new StandingPath(path, () => {
      this.#open[Symbol.dispose]();
      this.#open = this.#listen();
    });
  }

  #listen(): Disposable {
    rmSync(this.#path, { force: true });
    using stack = new DisposableStack();
    const listener = stack.use(listenAt(this.#path, this.#backlog));
    stack.use(
      new Readiness(listener, () => {
        for (let each = acceptFrom(listener); each !== undefined; each = acceptFrom(listener)) this.#accepted(each);
      }),
    );
    return stack.move();
  }

  [Symbol.dispose](): void {
    this.#standing[Symbol.dispose]();
    this.#open[Symbol.dispose]();
    rmSync(this.#path, { force: true });
  }
}
