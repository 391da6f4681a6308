// Readiness of many descriptors through one. A message of readiness is given once and then the descriptor is deaf until it is
// armed again. The descriptor of an Epoll can be passed to another process, which then hears what this one watches.
import { Descriptor } from './descriptor.ts';
import { checked, libc } from './libc.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 0x1;
const EPOLLERR = 0x8;
const EPOLLHUP = 0x10;
const EPOLLRDHUP = 0x2000;
const EPOLLONESHOT = 1 << 30;
/** `struct epoll_event` is packed on x64 only. */
const layout = process.arch === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 };
/** Taken from the kernel at a time. */
const maxEvents = 256;

export interface Ready {
  /** What the descriptor was added under: an integer from 0 to 2³² − 1. */
  readonly slot: number;
  /** There are bytes, a connection or a datagram; or the end of the stream. */
  readonly isReadable: boolean;
  /** The peer sends nothing more, or the connection is broken. What it sent before may still be unread. */
  readonly hasEnded: boolean;
}

export class Epoll implements Disposable {
  readonly descriptor: Descriptor;
  readonly #event = new Uint8Array(layout.size);
  readonly #view = new DataView(this.#event.buffer);
  readonly #events = new Uint8Array(layout.size * maxEvents);
  readonly #eventsView = new DataView(this.#events.buffer);

  constructor(received?: Descriptor) {
    this.descriptor = received ?? Descriptor.born(checked('epoll_create1', () => libc().epoll_create1(EPOLL_CLOEXEC)));
  }

  /** Watches from now on, deaf until armed. Only the process that holds the watched descriptor can. */
  add(watched: Descriptor, slot: number): void {
    this.#control(EPOLL_CTL_ADD, watched, EPOLLONESHOT, slot);
  }

  /** Tells once when there is something, at once when there is something already. */
  arm(watched: Descriptor, slot: number): void {
    this.#control(EPOLL_CTL_MOD, watched, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, slot);
  }

  disarm(watched: Descriptor, slot: number): void {
    this.#control(EPOLL_CTL_MOD, watched, EPOLLONESHOT, slot);
  }

  /** Before every close: while a duplicate lives anywhere the kernel would go on watching. */
  remove(watched: Descriptor): void {
    const number = Descriptor.numberOf(watched);
    checked('epoll_ctl', () =>
      libc().epoll_ctl(Descriptor.numberOf(this.descriptor), EPOLL_CTL_DEL, number, this.#event),
    );
  }

  /** What is ready now, at most 256; never waits. A deaf descriptor with an error or hang-up is reported once, too. */
  take(): Ready[] {
    const number = Descriptor.numberOf(this.descriptor);
    const count = checked('epoll_wait', () => libc().epoll_wait(number, this.#events, maxEvents, 0));
    const ready: Ready[] = [];
    for (let index = 0; index < count; index++) {
      const flags = this.#eventsView.getUint32(index * layout.size, true);
      ready.push({
        slot: this.#eventsView.getUint32(index * layout.size + layout.data, true),
        isReadable: (flags & EPOLLIN) !== 0,
        hasEnded: (flags & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0,
      });
    }
    return ready;
  }

  #control(operation: number, watched: Descriptor, flags: number, slot: number): void {
    if (!Number.isInteger(slot) || slot < 0 || slot > 0xffffffff) throw new RangeError(`${slot} is no slot`);
    const number = Descriptor.numberOf(watched);
    this.#view.setUint32(0, flags >>> 0, true);
    this.#view.setUint32(layout.data, slot, true);
    this.#view.setUint32(layout.data + 4, 0, true);
    const epoll = Descriptor.numberOf(this.descriptor);
    // Thousands in a row when an agent starts: nothing is made for those that succeed.
    if (libc().epoll_ctl(epoll, operation, number, this.#event) !== -1) return;
    checked('epoll_ctl', () => libc().epoll_ctl(epoll, operation, number, this.#event));
  }

  [Symbol.dispose](): void {
    this.descriptor[Symbol.dispose]();
  }
}
