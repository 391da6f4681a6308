// What the limit of V8's heap does not see (buffers, other threads, native code): the memory that each host has for itself is
// looked at while there are hosts, and one that has more than it may is killed.
import { ownMemoryOf } from '../platform/process-facts.ts';
import type { TaskHost } from './host.ts';
import type { TaskLimits } from './options.ts';

type Watched = Pick<TaskHost, 'pid' | 'kill'>;

export class MemoryWatch implements Disposable {
  readonly #limits: Pick<TaskLimits, 'maxHostMemoryMb' | 'memoryLookMs'>;
  readonly #hosts = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: Pick<TaskLimits, 'maxHostMemoryMb' | 'memoryLookMs'>) {
    this.#limits = limits;
  }

  add(host: Watched): void {
    this.#hosts.add(host);
    this.#timer ??= setInterval(() => this.#look(), this.#limits.memoryLookMs).unref();
  }

  delete(host: Watched): void {
    this.#hosts.delete(host);
    if (this.#hosts.size === 0) this[Symbol.dispose]();
  }

  #look(): void {
    const { maxHostMemoryMb } = this.#limits;
    for (const host of this.#hosts) {
      const bytes = ownMemoryOf(host.pid);
      if (bytes === undefined || bytes <= maxHostMemoryMb * 1_048_576) continue;
      const has = Math.round(bytes / 1_048_576);
      host.kill({ kind: 'exited', how: `out of memory, it had ${has} MiB and may have ${maxHostMemoryMb} MiB` });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
