// A vault for an agent: the listening socket, the one channel that counts, and what each message makes the vault do.
import { Channel } from '../platform/kernel/channel.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { KernelListener } from '../platform/kernel/kernel-listener.ts';
import { letDuplicate } from '../platform/kernel/neighbour.ts';
import { peerCredentials } from '../platform/kernel/sockets.ts';
import { isSameToken } from '../platform/tokens.ts';
import { Vault } from './vault.ts';
import { encode, parseToVault, type ToAgentOfVault, type ToVault, type VaultResult } from './vault-wire.ts';

export interface VaultServerOptions {
  readonly path: string;
  readonly key: string;
  /** Sockets it may hold. */
  readonly capacity: number;
}

/** Connections that have not said hello yet; one more is closed. Only agents of this keeper know the path's folder. */
const maxStrangers = 8;
const backlog = 16;
/** Of one message about what is held: a little below its 64 KiB. */
const bytesPerPack = 65_000;

export class VaultServer implements Disposable {
  readonly #options: VaultServerOptions;
  readonly #vault: Vault;
  readonly #listener: KernelListener;
  /** Each with its process. */
  readonly #strangers = new Map<Channel, number>();
  #agent: Channel | undefined;
  #generation = 0;

  constructor(options: VaultServerOptions) {
    this.#options = options;
    this.#vault = new Vault(options.capacity);
    this.#listener = new KernelListener(options.path, backlog, socket => this.#accept(socket));
  }

  #accept(socket: Descriptor): void {
    const { uid, pid } = peerCredentials(socket.number);
    if (this.#strangers.size >= maxStrangers || uid !== process.getuid?.()) {
      socket[Symbol.dispose]();
    } else {
      this.#meet(socket, pid);
    }
  }

  #meet(socket: Descriptor, pid: number): void {
    const channel: Channel = new Channel(socket, {
      received: (bytes, descriptors) => this.#received(channel, bytes, descriptors),
      ended: () => this.#ended(channel),
    });
    this.#strangers.set(channel, pid);
  }

  #ended(channel: Channel): void {
    this.#strangers.delete(channel);
    if (this.#agent === channel) this.#agent = undefined;
  }

  #received(channel: Channel, bytes: Buffer, descriptors: readonly Descriptor[]): void {
    const message = parseToVault(bytes);
    const wanted = message?.type === 'park' ? message.ids.length : 0;
    if (message?.type === 'hello' && descriptors.length === 0 && this.#strangers.has(channel)) {
      this.#welcome(channel, message);
    } else if (
      message !== undefined &&
      message.type !== 'hello' &&
      descriptors.length === wanted &&
      this.#agent === channel
    ) {
      this.#act(channel, message, descriptors);
    } else {
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
      channel[Symbol.dispose](); // nobody of ours says that
      this.#ended(channel);
    }
  }

  /** A newer agent replaces the one before; an older one is refused. */
  #welcome(channel: Channel, { key, generation }: Extract<ToVault, { type: 'hello' }>): void {
    const pid = this.#strangers.get(channel);
    this.#strangers.delete(channel);
    if (!isSameToken(key, this.#options.key) || generation < this.#generation) {
      channel[Symbol.dispose]();
      return;
    }
    // What the one before has said last may be on its way still: first of all what it has given away.
    this.#agent?.takeWaiting();
    this.#agent?.[Symbol.dispose]();
    this.#agent = channel;
    this.#generation = generation;
    if (pid !== undefined) letDuplicate(pid);
    const { holdings } = this.#vault;
    const welcome = { type: 'welcome', capacity: this.#options.capacity, count: holdings.size } as const;
    channel.send(encode(welcome), [this.#vault.epoll.descriptor]);
    for (const packed of holdings.pack(bytesPerPack)) this.#say(channel, { type: 'holdings', packed });
  }

  #act(channel: Channel, message: Exclude<ToVault, { type: 'hello' }>, descriptors: readonly Descriptor[]): void {
    if (message.type === 'arm') {
      this.#vault.arm(message.slots);
      return;
    }
    if (message.type === 'lent') {
      this.#vault.lent(message.slot, message.lease);
      return;
    }
    const { request } = message;
    if (message.type === 'lend') {
      const lent = message.ids.map(id => this.#vault.lend(id));
      const answer = encode({ type: 'done', request, results: lent.map(({ result }) => result) });
      channel.send(
        answer,
        lent.flatMap(({ descriptor }) => descriptor ?? []),
      );
      return;
    }
    this.#say(channel, { type: 'done', request, results: this.#change(message, descriptors) });
  }

  #change(
    message: Extract<ToVault, { type: 'park' | 'return' | 'close' | 'drop' }>,
    descriptors: readonly Descriptor[],
  ): VaultResult[] {
    switch (message.type) {
      case 'park':
        return message.ids.map((id, index) => this.#vault.park(id, descriptors[index]!));
      case 'return':
        return message.returned.map(each => this.#vault.return(each));
      case 'close':
        return message.closed.map(each => this.#vault.close(each));
      case 'drop':
        return message.ids.map(id => this.#vault.drop(id));
    }
  }

  #say(channel: Channel, message: ToAgentOfVault): void {
    channel.send(encode(message));
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
    for (const channel of this.#strangers.keys()) channel[Symbol.dispose]();
    this.#agent?.[Symbol.dispose]();
    this.#vault[Symbol.dispose]();
  }
}
