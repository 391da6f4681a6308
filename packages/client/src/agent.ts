// Agent: this process's connection to the user's Longhaul agent, and the doors behind it. Made by `connectAgent`.
import type { AgentStatus, AppManifest, AppRecord } from '@longhaul/agent-protocol';
import type { AgentConnection } from './connection/connection.ts';
import { defaults } from './options.ts';
import type { SettingsDoor } from './settings/settings-door.ts';
import type { SocketsDoor } from './sockets/sockets-door.ts';
import type { TasksDoor } from './tasks/tasks-door.ts';
import type { TransfersDoor } from './transfers/transfers-door.ts';

export class Agent implements AsyncDisposable {
  readonly #connection: AgentConnection;
  /** The app this connection speaks for; `undefined` for the owner. */
  readonly app: string | undefined;
  /** The verbs for transfers by id. Apps use `BackgroundDownloader`, which stands on them. */
  readonly transfers: TransfersDoor;
  /** The verbs for parked sockets. Apps use `transferOwnership` and `SocketActivityInformation`, which stand on them. */
  readonly sockets: SocketsDoor;
  /** The verbs for the app's settings. Apps use `localSettings`, which stands on them. */
  readonly settings: SettingsDoor;
  /** The verbs for tasks by id. Apps use `BackgroundTaskBuilder` and `BackgroundTaskRegistration`, which stand on them. */
  readonly tasks: TasksDoor;

  readonly #end: (stop: () => Promise<void>) => Promise<void>;
  readonly #leave: (timeoutMs: number) => Promise<void>;

  /**
   * Made by `connectAgent`; an app never calls it. `end` calls `stop` and waits until the agent is gone; `leave` closes what
   * the doors have open.
   */
  constructor(
    connection: AgentConnection,
    doors: {
      readonly transfers: TransfersDoor;
      readonly sockets: SocketsDoor;
      readonly settings: SettingsDoor;
      readonly tasks: TasksDoor;
    },
    app: string | undefined,
    ways: {
      readonly end: (stop: () => Promise<void>) => Promise<void>;
      readonly leave: (timeoutMs: number) => Promise<void>;
    },
  ) {
    this.#connection = connection;
    this.#end = ways.end;
    this.#leave = ways.leave;
    this.transfers = doors.transfers;
    this.sockets = doors.sockets;
    this.settings = doors.settings;
    this.tasks = doors.tasks;
    this.app = app;
  }

  getStatus(): Promise<AgentStatus> {
    return this.#connection.call('getStatus');
  }

  /** A link with a single-use code of 60 s; opens the loopback port when needed. Owner only. */
  openDashboard(): Promise<{ url: string }> {
    return this.#connection.call('openDashboard');
  }

  /** Owner only. */
  registerApp(manifest: AppManifest): Promise<AppRecord> {
    return this.#connection.call('registerApp', manifest);
  }

  /** With everything it left. Owner only. @throws LonghaulError `not-found` */
  unregisterApp(id: string): Promise<void> {
    return this.#connection.call('unregisterApp', id);
  }

  /** Owner only. */
  listApps(): Promise<AppRecord[]> {
    return this.#connection.call('listApps');
  }

  /**
   * Ends agent and keeper; resolves when they are gone. Transfers go on at the next start. Owner only.
   * @throws LonghaulError `internal` when they have not ended within 15 s
   */
  stop(): Promise<void> {
    return this.#end(() => this.#connection.call('stopAgent'));
  }

  /** The keeper starts the agent anew; nothing is lost. Owner only. */
  restart(): Promise<void> {
    return this.#connection.call('restartAgent');
  }

  /**
   * Gives the connection up; everything in the agent goes on. Calls that are under way get their durable answers first
   * (at most 2 s); promises of `start()` and `attach()` that are still pending reject with `detached`, which ends no
   * process when nobody awaits them. Sockets that were reclaimed and not given back are let go of: the agent parks them again.
   * Afterwards nothing of the SDK keeps this process alive.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave(defaults.disposeTimeoutMs);
    await this.#connection.dispose(defaults.disposeTimeoutMs);
  }
}
