// ACTS. An app's channel to the agent's door: made when somebody asks, made anew when it breaks, closed when nobody needs it.
// It keeps the process alive while an answer is awaited, and for nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import { Channel, connectTo } from '@longhaul/agent/kernel';
import { LonghaulError, maxDoorMessageBytes } from '@longhaul/agent-protocol/plain';
import { detached, notReachable } from '../connection/connection.ts';
import { reconnectDelayMs } from '../connection/retry.ts';
import { encodeToDoor, parseFromDoor } from './door-wire.ts';
import { SocketDoor } from './socket-door.ts';

export interface DoorAddress {
  readonly path: string;
  /** The app's grant. */
  readonly token: string;
}

export interface DoorLinkOptions {
  /** Where the door is. `mayStart`: an agent is started when none runs. */
  readonly find: (how: { readonly mayStart: boolean }) => Promise<DoorAddress>;
  readonly reachTimeoutMs: number;
  readonly dialTimeoutMs: number;
  readonly lingerMs: number;
  readonly reconnectFirstDelayMs: number;
  readonly reconnectMaxDelayMs: number;
}

/** After that the agent has parked again what nobody resumed (5 s), and looking for it on its behalf ends. Milliseconds. */
const leasePatienceMs = 10_000;

export class DoorLink {
  readonly door: SocketDoor;
  readonly #options: DoorLinkOptions;
  #channel: Channel | undefined;
  #isConnecting = false;
  #isDisposed = false;
  #lastFailure: unknown;
  /** Runs while somebody waits and there is no channel. */
  #deadline: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #idle = Promise.withResolvers<void>();

  constructor(options: DoorLinkOptions) {
    this.#options = options;
    this.door = new SocketDoor(
      (message, descriptors) => this.#channel?.send(encodeToDoor(message), descriptors),
      isBusy => this.#busyChanged(isBusy),
    );
    this.door.lost();
  }

  /** Lets answers arrive that are awaited (at most `timeoutMs`), then closes: what is lent to this process is let go of. */
  async dispose(timeoutMs: number): Promise<void> {
    if (this.#isDisposed) return;
    const stop = new AbortController();
    if (this.door.isBusy) {
      const late = sleep(timeoutMs, undefined, { signal: stop.signal }).catch(() => {});
      await Promise.race([this.#idle.promise, late]);
      stop.abort();
    }
    this.#isDisposed = true;
    this.door.ended(detached());
    this.#close();
    clearTimeout(this.#deadline);
  }

  #busyChanged(isBusy: boolean): void {
    if (!isBusy) {
      this.#idle.resolve();
      this.#idle = Promise.withResolvers();
      clearTimeout(this.#deadline);
      this.#channel?.unref();
      this.#rest();
      return;
    }
    clearTimeout(this.#linger);
    if (this.#channel === undefined) {
      this.#expect();
      void this.#connect();
    } else this.#channel.ref();
  }

  /** Nobody waits: without a lease to keep, the channel goes in a moment. */
  #rest(): void {
    clearTimeout(this.#linger);
    const close = () => {
      if (this.door.isBusy || this.door.heldLeases > 0) return;
      this.#close();
    };
    this.#linger = setTimeout(close, this.#options.lingerMs).unref();
  }

  #expect(): void {
    clearTimeout(this.#deadline);
    const giveUp = () => this.door.giveUp(notReachable(this.#lastFailure));
    this.#deadline = setTimeout(giveUp, this.#options.reachTimeoutMs);
  }

  get #isNeeded(): boolean {
    return !this.#isDisposed && (this.door.isBusy || this.door.heldLeases > 0);
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    const startedAt = performance.now();
    const { reconnectFirstDelayMs: first, reconnectMaxDelayMs: longest } = this.#options;
    for (let failures = 1; this.#isNeeded; failures++) {
      try {
        await this.#open(await this.#options.find({ mayStart: this.door.isBusy }));
        break;
      } catch (error) {
        this.#lastFailure = error;
        if (error instanceof LonghaulError && !error.facts.isRetryable) this.door.giveUp(error);
        if (!this.door.isBusy && performance.now() - startedAt > leasePatienceMs) break;
      }
      const delayMs = reconnectDelayMs(failures, Math.random(), first, longest);
      await sleep(delayMs, undefined, { ref: this.door.isBusy });
    }
    this.#isConnecting = false;
    // Somebody asked in the very moment in which this had given up.
    if (this.#channel === undefined && this.door.isBusy && !this.#isDisposed) void this.#connect();
  }

  /** Resolves when the agent has taken the token. */
  #open({ path, token }: DoorAddress): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let isWelcome = false;
      const channel = new Channel(
        connectTo(path),
        {
          received: (bytes, descriptors) => {
            const message = parseFromDoor(bytes);
            if (message?.type === 'refused' && !isWelcome) {
              channel[Symbol.dispose]();
              clearTimeout(timer);
              reject(new LonghaulError(message.code, message.message));
              return;
            }
            if (message?.type === 'welcome' && !isWelcome) {
              isWelcome = true;
              clearTimeout(timer);
              this.#opened(channel);
              resolve();
            }
            if (message !== undefined) return this.door.received(message, descriptors);
            for (const each of descriptors) each[Symbol.dispose]();
          },
          ended: error => {
            clearTimeout(timer);
            if (isWelcome) this.#lost(channel, error);
            else reject(new LonghaulError('agent-not-reachable', 'the door was closed', { cause: error }));
          },
        },
        { maxMessageBytes: maxDoorMessageBytes },
      );
      const timer = setTimeout(() => {
        channel[Symbol.dispose]();
        reject(new LonghaulError('agent-not-reachable', 'nobody answers at the door'));
      }, this.#options.dialTimeoutMs);
      channel.send(encodeToDoor({ type: 'hello', token }));
    });
  }

  #opened(channel: Channel): void {
    if (this.#isDisposed) return void channel[Symbol.dispose]();
    this.#channel = channel;
    clearTimeout(this.#deadline);
    this.door.reconnected();
    if (!this.door.isBusy) channel.unref();
    if (!this.#isNeeded) this.#rest();
  }

  #lost(channel: Channel, error: unknown): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#lastFailure = error;
    this.door.lost();
    if (this.door.isBusy) this.#expect();
    if (this.#isNeeded) void this.#connect();
  }

  #close(): void {
    clearTimeout(this.#linger);
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.[Symbol.dispose]();
    if (!this.#isDisposed) this.door.lost();
  }
}
