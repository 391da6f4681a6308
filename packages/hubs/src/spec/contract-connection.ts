// A connection for contract cases: keeps what is written to it, says how much room it has.
import type { LifetimeConnection } from '../lifetime/lifetime-manager.ts';
import { jsonProtocol } from '../protocol/json.ts';
import type { OutgoingMessage, WireMessage } from '../protocol/outgoing-message.ts';

export interface ReceivedInvocation {
  readonly target: string;
  readonly arguments: readonly unknown[];
  readonly invocationId?: string;
}

export class ContractConnection implements LifetimeConnection {
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;
  readonly received: ReceivedInvocation[] = [];
  readonly wires: WireMessage[] = [];
  /** Set: the connection has no room until it resolves. */
  room: Promise<void> | undefined;
  isWaitedFor = false;

  constructor(connectionId: string, userIdentifier?: string) {
    this.connectionId = connectionId;
    this.userIdentifier = userIdentifier;
  }

  write(message: OutgoingMessage): Promise<void> | undefined {
    const wire = message.encode(jsonProtocol);
    this.wires.push(wire);
    this.received.push(JSON.parse(String(wire.data).slice(0, -1)) as ReceivedInvocation);
    return this.room;
  }

  get targets(): string[] {
    return this.received.map(({ target }) => target);
  }
}

/** Waits for what a backplane brings in its own time. Rejects after five seconds. */
export async function eventually(what: string, isSo: () => boolean): Promise<void> {
  const until = performance.now() + 5_000;
  while (!isSo()) {
    if (performance.now() > until) throw new Error(`Waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}
