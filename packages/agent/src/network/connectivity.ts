// Is there a network? The one fact source of the agent, here from the machine's interfaces.
// Polls only while somebody waits; hosts that are this machine never need a network.
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface Connectivity extends Disposable {
  /** True when an interface other than loopback has an address. */
  isOnline(): boolean;
  /** Calls `online` once, when `isOnline()` has become true. Returns a function that stops waiting. */
  whenOnline(online: () => void): () => void;
}

/** Loopback by name or address: never waits for a network. `host` as in `URL.hostname`. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  const name = bare.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1' || /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(name);
}

function hasInterface(): boolean {
  return Object.values(networkInterfaces()).some(list => list?.some(address => !address.internal) ?? false);
}

/** The machine's interfaces, looked at every `pollMs` while somebody waits. */
export class InterfaceConnectivity implements Connectivity {
  readonly #pollMs: number;
  readonly #look: () => boolean;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(pollMs: number, look: () => boolean = hasInterface) {
    this.#pollMs = pollMs;
    this.#look = look;
  }

  isOnline(): boolean {
    return this.#look();
  }

  whenOnline(online: () => void): () => void {
    const entry = () => online();
    this.#waiting.add(entry);
    this.#timer ??= setInterval(() => this.#check(), this.#pollMs);
    return () => {
      this.#waiting.delete(entry);
      if (this.#waiting.size === 0) this.#stop();
    };
  }

  #check(): void {
    if (!this.#look()) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#stop();
    for (const online of waiting) online();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.#waiting.clear();
    this.#stop();
  }
}
