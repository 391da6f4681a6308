// Sending to clients: every way to name them (§10), typed by the hub's client interface. A call on one of these sends;
// `invoke` asks a single client and waits for what its handler returns.

import { HubServerError } from '../errors.ts';
import type { HubLifetimeManager } from '../lifetime/lifetime-manager.ts';
import type { Loose } from '../loose.ts';
import type { InvocationMessage } from '../protocol/messages.ts';
import { callByName } from './call-by-name.ts';
import { type InvokeOptions, invokeWithin } from './invoke-within.ts';

/**
 * Sends. For one client the promise resolves when its connection takes more (back-pressure); for many it never waits
 * for the slowest. Rejects only when an argument cannot be serialized, and for a group without a name.
 */
export type SendProxy<Client extends object> = string extends keyof Client
  ? Loose
  : {
      readonly [Name in keyof Client]: Client[Name] extends (...args: infer Args) => unknown
        ? (...args: Args) => Promise<void>
        : never;
    };

/** Asks, and waits for the answer. Rejects as `HubLifetimeManager.invokeConnection`; no time-out unless one is given. */
export type InvokeProxy<Client extends object> = string extends keyof Client
  ? Loose
  : {
      readonly [Name in keyof Client]: Client[Name] extends (...args: infer Args) => infer Result
        ? (...args: Args) => Promise<Awaited<Result>>
        : never;
    };

/** One client. Methods of clients that are called `invoke` or `invokeWith` cannot be reached. */
export type SingleClient<Client extends object> = SendProxy<Omit<Client, 'invoke' | 'invokeWith'>> & {
  readonly invoke: InvokeProxy<Client>;
  invokeWith(options: InvokeOptions): InvokeProxy<Client>;
};

/** From outside a hub: `hubs.context(hub).clients`. */
export interface HubClients<Client extends object> {
  readonly all: SendProxy<Client>;
  allExcept(connectionIds: readonly string[]): SendProxy<Client>;
  client(connectionId: string): SingleClient<Client>;
  clients(connectionIds: readonly string[]): SendProxy<Client>;
  group(name: string): SendProxy<Client>;
  /** A connection in two of the groups gets the message twice. */
  groups(names: readonly string[]): SendProxy<Client>;
  groupExcept(name: string, connectionIds: readonly string[]): SendProxy<Client>;
  user(id: string): SendProxy<Client>;
  users(ids: readonly string[]): SendProxy<Client>;
}

/** Inside a hub method: `call.clients`. */
export interface HubCallerClients<Client extends object> extends HubClients<Client> {
  readonly caller: SingleClient<Client>;
  readonly others: SendProxy<Client>;
  othersInGroup(name: string): SendProxy<Client>;
}

const invocation = (target: string, args: readonly unknown[]): InvocationMessage => ({
  type: 'invocation',
  target,
  arguments: args,
});

/** §10: a group without a name is a mistake of who sends. */
function requireNames(names: readonly string[]): void {
  if (names.includes('')) throw new HubServerError('empty-group-name', 'Cannot send to an empty group name.');
}

/** `beforeInvoke` runs before a client is asked; it may throw. */
export class LifetimeClients<Client extends object> implements HubClients<Client> {
  readonly #lifetime: HubLifetimeManager;
  readonly #beforeInvoke: () => void;

  constructor(lifetime: HubLifetimeManager, beforeInvoke: () => void = () => {}) {
    this.#lifetime = lifetime;
    this.#beforeInvoke = beforeInvoke;
  }

  get all(): SendProxy<Client> {
    return callByName((target, args) => this.#lifetime.sendAll(invocation(target, args)));
  }

  allExcept(connectionIds: readonly string[]): SendProxy<Client> {
    const excluded = new Set(connectionIds);
    return callByName((target, args) => this.#lifetime.sendAll(invocation(target, args), excluded));
  }

  client(connectionId: string): SingleClient<Client> {
    const send = (target: string, args: unknown[]): Promise<void> =>
      this.#lifetime.sendConnection(connectionId, invocation(target, args));
    return callByName(send, {
      invoke: this.#invoke(connectionId, {}),
      invokeWith: (options: InvokeOptions) => this.#invoke(connectionId, options),
    });
  }

  clients(connectionIds: readonly string[]): SendProxy<Client> {
    return callByName((target, args) => this.#lifetime.sendConnections(connectionIds, invocation(target, args)));
  }

  group(name: string): SendProxy<Client> {
    return this.groups([name]);
  }

  groups(names: readonly string[]): SendProxy<Client> {
    return callByName(async (target, args) => {
      requireNames(names);
      await this.#lifetime.sendGroups(names, invocation(target, args));
    });
  }

  groupExcept(name: string, connectionIds: readonly string[]): SendProxy<Client> {
    const excluded = new Set(connectionIds);
    return callByName(async (target, args) => {
      requireNames([name]);
      await this.#lifetime.sendGroups([name], invocation(target, args), excluded);
    });
  }

  user(id: string): SendProxy<Client> {
    return this.users([id]);
  }

  users(ids: readonly string[]): SendProxy<Client> {
    return callByName((target, args) => this.#lifetime.sendUsers(ids, invocation(target, args)));
  }

  #invoke(connectionId: string, options: InvokeOptions): InvokeProxy<Client> {
    return callByName(async (target, args) => {
      this.#beforeInvoke();
      return await invokeWithin(options, signal => this.#lifetime.invokeConnection(connectionId, target, args, signal));
    });
  }
}

export class CallerClients<Client extends object> extends LifetimeClients<Client> implements HubCallerClients<Client> {
  readonly #connectionId: string;

  constructor(lifetime: HubLifetimeManager, connectionId: string, beforeInvoke: () => void) {
    super(lifetime, beforeInvoke);
    this.#connectionId = connectionId;
  }

  get caller(): SingleClient<Client> {
    return this.client(this.#connectionId);
  }

  get others(): SendProxy<Client> {
    return this.allExcept([this.#connectionId]);
  }

  othersInGroup(name: string): SendProxy<Client> {
    return this.groupExcept(name, [this.#connectionId]);
  }
}
