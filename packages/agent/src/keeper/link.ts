// The agent's end of the channel to its keeper: connections and orders come in, reports and requests go out.
import type { Socket } from 'node:net';
import { LonghaulError } from '@longhaul/agent-protocol';
import type { StartFailure } from './keeper-states.ts';
import type { VaultAddress } from './vault-wire.ts';
import { parseToAgent, type ToAgent, type ToKeeper, type Via } from './wire.ts';

export type StartOrder = Extract<ToAgent, { type: 'start' }>;

export interface LinkListener {
  started(order: StartOrder): void;
  /** The connection is the listener's from now on. */
  connected(via: Via, socket: Socket): void;
  stopAsked(): void;
  /** The keeper is dead: nothing may be acknowledged any more. */
  gone(): void;
}

export class KeeperLink {
  readonly #send: (message: ToKeeper) => Promise<void>;
  #loopback: PromiseWithResolvers<number> | undefined;
  #vault: PromiseWithResolvers<VaultAddress> | undefined;

  /** @throws LonghaulError `invalid-argument` when this process was not started by a keeper */
  constructor(parent: NodeJS.Process, listener: LinkListener) {
    if (parent.send === undefined) {
      throw new LonghaulError('invalid-argument', 'the agent is started by its keeper: use "longhaul agent start"');
    }
    this.#send = message => new Promise(resolve => parent.send?.(message, () => resolve()));
    parent.on('message', (value: unknown, handle?: unknown) => {
      const message = parseToAgent(value);
      if (message !== undefined) this.#heard(message, handle as Socket | undefined, listener);
    });
    parent.on('disconnect', () => listener.gone());
  }

  ready(): Promise<void> {
    return this.#send({ type: 'ready' });
  }

  failed(failure: StartFailure): Promise<void> {
    return this.#send({ type: 'failed', failure });
  }

  askToStop(): Promise<void> {
    return this.#send({ type: 'stop-asked' });
  }

  askToRenew(): Promise<void> {
    return this.#send({ type: 'renew-asked' });
  }

  /** The loopback port, opened now or earlier. @throws LonghaulError `internal` when the keeper cannot open one */
  openLoopback(): Promise<number> {
    this.#loopback ??= Promise.withResolvers();
    void this.#send({ type: 'open-loopback' });
    return this.#loopback.promise;
  }

  /** A new, empty vault. @throws LonghaulError `quota-exceeded` when the keeper cannot open one more */
  openVault(): Promise<VaultAddress> {
    if (this.#vault === undefined) {
      this.#vault = Promise.withResolvers();
      void this.#send({ type: 'open-vault' });
    }
    return this.#vault.promise;
  }

  #heard(message: ToAgent, handle: Socket | undefined, listener: LinkListener): void {
    switch (message.type) {
      case 'start':
        listener.started(message);
        break;
      case 'connection':
        void this.#send({ type: 'taken' });
        // Without a handle the client was gone before its connection could be sent.
        if (handle !== undefined) listener.connected(message.via, handle);
        break;
      case 'loopback-opened':
        this.#loopback?.resolve(message.port);
        break;
      case 'loopback-failed':
        this.#loopback?.reject(new LonghaulError('internal', `no loopback port: ${message.message}`));
        this.#loopback = undefined;
        break;
      case 'vault-opened':
        this.#vault?.resolve(message.vault);
        this.#vault = undefined;
        break;
      case 'vault-failed':
        this.#vault?.reject(new LonghaulError('quota-exceeded', `no vault for more sockets: ${message.message}`));
        this.#vault = undefined;
        break;
      case 'stop':
        listener.stopAsked();
        break;
    }
  }
}
