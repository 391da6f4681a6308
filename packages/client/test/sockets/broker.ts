// A broker of a test's own at the other side of a SocketDoor: it keeps what was handed over as real descriptors, lends it again,
// and refuses or stays silent when told to. Every message passes the schemas of the wire, in both directions.
import { type Descriptor, shutDown } from '@longhaul/agent/kernel';
import {
  type ErrorCode,
  FromSocketDoor,
  type LentSocket,
  type SocketKind,
  ToSocketDoor,
} from '@longhaul/agent-protocol';
import * as v from 'valibot';
import { SocketDoor } from '../../src/sockets/socket-door.ts';

interface Answer {
  readonly type: FromSocketDoor['type'];
  readonly request: number;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly socket?: LentSocket;
  readonly passed?: readonly Descriptor[];
}

interface Holding {
  readonly descriptor: Descriptor;
  lent: LentSocket;
  isLent: boolean;
}

export const taskId = 'b6d3f4a5-5f0f-4c0e-9a5b-0d8f2a1c7e11';

export class Broker implements Disposable {
  readonly holdings = new Map<string, Holding>();
  readonly heard: ToSocketDoor[] = [];
  /** Refuses the next request with that. */
  refuseNext: ErrorCode | undefined;
  /** Answers are kept back. */
  isSilent = false;
  /** No channel: nothing is heard. */
  isDeaf = false;
  readonly #silenced: (() => void)[] = [];
  readonly door = new SocketDoor((message, descriptors = []) => {
    if (this.isDeaf) return;
    const parsed = v.parse(ToSocketDoor, JSON.parse(JSON.stringify(message)));
    const passed = descriptors.map(each => each.duplicate());
    // As a channel does it: never within the caller's own turn.
    setImmediate(() => this.#received(parsed, passed));
  });
  readonly sockets = { door: this.door };

  /** Says what it had kept back, except for what a broken channel has lost. */
  speak({ loses = 0 } = {}): void {
    this.isSilent = false;
    for (const say of this.#silenced.splice(0).slice(loses)) say();
  }

  types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  #received(message: ToSocketDoor, descriptors: readonly Descriptor[]): void {
    this.heard.push(message);
    const [descriptor] = descriptors;
    const answer = this.#answer(message, descriptor);
    if (answer === undefined) return;
    const { passed = [], ...said } = answer;
    const words = v.parse(FromSocketDoor, JSON.parse(JSON.stringify(said)));
    const say = () => this.door.received(words, passed);
    if (this.isSilent) this.#silenced.push(say);
    else say();
  }

  #answer(message: ToSocketDoor, descriptor: Descriptor | undefined): Answer | undefined {
    if (message.type === 'hello') return undefined;
    const { request } = message;
    const refused = (code: ErrorCode): Answer => {
      descriptor?.[Symbol.dispose]();
      return { type: 'refused', request, code, message: `refused: ${code}` };
    };
    if (this.refuseNext !== undefined) {
      const code = this.refuseNext;
      this.refuseNext = undefined;
      return refused(code);
    }
    if (message.type === 'transfer') {
      const { key, socketId, taskId: task, kind, wake, context, leftover, keepAliveMs } = message;
      const known = this.holdings.get(socketId);
      if (known && known.lent.key !== key) return refused('already-exists');
      if (known) descriptor?.[Symbol.dispose]();
      else if (descriptor) {
        const lent = { key, lease: 0, socketId, taskId: task, kind, wake, context, leftover, keepAliveMs };
        this.holdings.set(socketId, { descriptor, lent, isLent: false });
      }
      return { type: 'done', request };
    }
    if (message.type === 'reclaim') {
      const holding = this.holdings.get(message.socketId);
      if (!holding) return refused('not-found');
      if (holding.lent.kind !== message.kind) return refused('wrong-kind');
      this.#lend(holding);
      return { type: 'lent', request, socket: holding.lent, passed: [holding.descriptor.duplicate()] };
    }
    const holding = [...this.holdings.values()].find(({ lent }) => lent.key === message.key);
    if (!holding?.isLent || holding.lent.lease !== message.lease) return refused('stale-owner');
    if (message.type === 'return') {
      const { context = holding.lent.context, leftover, keepAliveMs = holding.lent.keepAliveMs } = message;
      holding.lent = { ...holding.lent, context, leftover, keepAliveMs };
      holding.isLent = false;
    } else if (message.type === 'close') {
      shutDown(holding.descriptor);
      this.#forget(holding);
    }
    return { type: 'done', request };
  }

  #lend(holding: Holding): void {
    holding.lent = { ...holding.lent, lease: holding.lent.lease + 1 };
    holding.isLent = true;
  }

  #forget({ descriptor, lent }: Holding): void {
    descriptor[Symbol.dispose]();
    this.holdings.delete(lent.socketId);
  }

  lendToSomebodyElse(id: string): void {
    this.#lend(this.holdings.get(id)!);
  }

  kindOf(id: string): SocketKind | undefined {
    return this.holdings.get(id)?.lent.kind;
  }

  [Symbol.dispose](): void {
    this.door.ended(undefined);
    for (const holding of [...this.holdings.values()]) this.#forget(holding);
  }
}
