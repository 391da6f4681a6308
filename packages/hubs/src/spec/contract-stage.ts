// The stage of one contract case: connections on one server or spread over two, and whether all that was sent has arrived.
import type { HubLifetimeManager } from '../lifetime/lifetime-manager.ts';
import type { InvocationMessage } from '../protocol/messages.ts';
import { ContractConnection, eventually } from './contract-connection.ts';

/** What the author of a lifetime manager says about it. */
export interface LifetimeContractSetup {
  /** How many servers of one hub it can join. 1: it knows only its own process. */
  readonly servers: 1 | 2;
  /** Managers of the same hub, one for each of `count` servers, sharing nothing with those of earlier calls. */
  create(
    count: number,
    settings: { readonly maximumGroupsPerConnection: number },
  ): Promise<LifetimeContractManagers> | LifetimeContractManagers;
}

export interface LifetimeContractManagers {
  readonly managers: readonly HubLifetimeManager[];
  close?(): Promise<void> | void;
}

export const message = (target: string, ...args: unknown[]): InvocationMessage => ({
  type: 'invocation',
  target,
  arguments: args,
});

export const maximumGroups = 3;

export class ContractStage {
  readonly #managers: readonly HubLifetimeManager[];
  readonly #homes = new Map<ContractConnection, HubLifetimeManager>();

  constructor(managers: readonly HubLifetimeManager[]) {
    this.#managers = managers;
  }

  /** The server that acts in most cases. */
  get near(): HubLifetimeManager {
    return this.#managers[0]!;
  }

  /** The other server, or the same when there is only one. */
  get far(): HubLifetimeManager {
    return this.#managers.at(-1)!;
  }

  /** A connection on the next server in turn: the first on `near`, the second on `far`, … */
  async connect(connectionId: string, userIdentifier?: string): Promise<ContractConnection> {
    const connection = new ContractConnection(connectionId, userIdentifier);
    const home = this.#managers[this.#homes.size % this.#managers.length]!;
    this.#homes.set(connection, home);
    await home.connected(connection);
    return connection;
  }

  homeOf(connection: ContractConnection): HubLifetimeManager {
    return this.#homes.get(connection)!;
  }

  async disconnect(connection: ContractConnection): Promise<void> {
    await this.homeOf(connection).disconnected(connection);
  }

  /** What each of them has got, after a last message to all has come through (order is kept for one sender). */
  async received(...connections: ContractConnection[]): Promise<string[][]> {
    await this.near.sendAll(message('last'));
    const isThere = ({ targets }: ContractConnection): boolean => targets.at(-1) === 'last';
    await eventually('the last message', () => connections.every(isThere));
    return connections.map(({ targets }) => targets.filter(target => target !== 'last'));
  }
}
