// The page's end of the agent's hub, through the official SignalR client: connects, comes back after a loss, and tells
// what it hears as facts. It decides nothing but when to try again (link/retry.ts).
import {
  type AgentStatus,
  agentHubPath,
  type RunDetails,
  type RunRecord,
  type SocketChange,
  type SocketName,
  type SocketRecord,
  type TaskChange,
  type TaskRecord,
  type TransferDetails,
  type TransferLimitsRecord,
  type TransferLimitsRequest,
  type TransferRecord,
} from '@longhaul/agent-protocol';
import {
  DefaultHttpClient,
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  HubConnectionState,
  LogLevel,
  NullLogger,
} from '@microsoft/signalr';
import type { LinkEvent } from '../link/link-states.ts';
import { reconnectDelayMs } from '../link/retry.ts';
import type { DashboardOptions } from '../options.ts';
import type { TransferAction } from '../transfers/transfer-actions.ts';
import type { TransferChange } from '../transfers/transfer-list.ts';
import type { BulkAction } from '../view-state.ts';
import { Heard } from './heard.ts';
import { StatusNotingHttpClient } from './status-noting-http-client.ts';

/** Who hears the facts. The transfers come right after each `connected`, the other lists when they are here; changes only after. */
export interface AgentListener {
  onLink(event: LinkEvent): void;
  onSnapshot(records: readonly TransferRecord[]): void;
  /** At most once a frame. */
  onChanges(changes: readonly TransferChange[]): void;
  /** `changes`: heard before the records were here, and perhaps older. */
  onSockets(records: readonly SocketRecord[], changes: readonly SocketChange[]): void;
  onSocketChanges(changes: readonly SocketChange[]): void;
  onTasks(records: readonly TaskRecord[], runs: readonly RunRecord[], changes: readonly TaskChange[]): void;
  onTaskChanges(changes: readonly TaskChange[]): void;
  onAgent(agent: AgentStatus): void;
  onLimits(limits: TransferLimitsRecord): void;
}

const methodOf = {
  pause: 'pauseTransfer',
  resume: 'resumeTransfer',
  cancel: 'cancelTransfer',
  retry: 'retryTransfer',
  remove: 'removeTransfer',
} as const satisfies { [A in TransferAction]: string };

const bulkMethodOf = {
  'cancel-all': 'cancelAllTransfers',
  'remove-finished': 'removeFinishedTransfers',
} as const satisfies { [A in BulkAction]: string };

export class AgentConnection implements Disposable {
  readonly #hub: HubConnection;
  readonly #http = new StatusNotingHttpClient(new DefaultHttpClient(NullLogger.instance));
  readonly #listener: AgentListener;
  readonly #options: DashboardOptions;
  #failedAttempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  readonly #transfers: Heard<TransferChange>;
  readonly #sockets: Heard<SocketChange>;
  readonly #tasks: Heard<TaskChange>;

  constructor(token: string, listener: AgentListener, options: DashboardOptions) {
    this.#listener = listener;
    this.#options = options;
    const [transfers, sockets, tasks] = [
      new Heard<TransferChange>(changes => listener.onChanges(changes)),
      new Heard<SocketChange>(changes => listener.onSocketChanges(changes)),
      new Heard<TaskChange>(changes => listener.onTaskChanges(changes)),
    ];
    this.#transfers = transfers;
    this.#sockets = sockets;
    this.#tasks = tasks;
    // The token goes into a header of the negotiate request; the WebSocket is let in by the single-use connection token
    // of its answer. An `accessTokenFactory` would put our token into the WebSocket's URL instead.
    this.#hub = new HubConnectionBuilder()
      .withUrl(agentHubPath, {
        transport: HttpTransportType.WebSockets,
        headers: { Authorization: `Bearer ${token}` },
        withCredentials: false,
        timeout: options.requestTimeoutMs,
        httpClient: this.#http,
      })
      .configureLogging(LogLevel.None)
      .build();
    this.#hub.on('transferChanged', (record: TransferRecord) => transfers.hear({ type: 'changed', record }));
    this.#hub.on('transferRemoved', (id: string) => transfers.hear({ type: 'removed', id }));
    this.#hub.on('socketChanged', (record: SocketRecord) => sockets.hear({ type: 'changed', record }));
    this.#hub.on('socketRemoved', (name: SocketName) => sockets.hear({ type: 'removed', name }));
    this.#hub.on('taskChanged', (record: TaskRecord) => tasks.hear({ type: 'changed', record }));
    this.#hub.on('taskRemoved', (taskId: string) => tasks.hear({ type: 'removed', taskId }));
    this.#hub.on('runChanged', (run: RunRecord) => tasks.hear({ type: 'run', run }));
    this.#hub.on('limitsChanged', (limits: TransferLimitsRecord) => listener.onLimits(limits));
    this.#hub.onclose(() => this.#onLost());
  }

  /** Tries now, also when the next attempt was planned for later. Does nothing while connected or trying. */
  async connect(): Promise<void> {
    if (this.#isOver || this.#hub.state !== HubConnectionState.Disconnected) return;
    clearTimeout(this.#timer);
    this.#listener.onLink({ type: 'attempt-started' });
    try {
      await this.#hub.start();
    } catch {
      this.#onLost();
      return;
    }
    try {
      const records: TransferRecord[] = await this.#hub.invoke('watchTransfers');
      this.#failedAttempts = 0;
      this.#listener.onLink({ type: 'connected' });
      this.#listener.onSnapshot(records);
      // Their revisions say which are older.
      const heard = this.#transfers.snapshotArrived();
      if (heard.length > 0) this.#listener.onChanges(heard);
    } catch {
      // A connection without a picture is of no use; its end is told by `onclose`.
      await this.#hub.stop();
      return;
    }
    void this.#watchOthers();
    this.#hub.invoke('getLimits').then(
      limits => this.#listener.onLimits(limits),
      () => {},
    );
    // Only a line at the foot of the page: without an answer it is left out.
    this.#hub.invoke('getStatus').then(
      agent => this.#listener.onAgent(agent),
      () => {},
    );
  }

  /** Where they fail the page goes on without them: the connection is lost, or the agent is older and has none. */
  async #watchOthers(): Promise<void> {
    const sockets = this.#hub.invoke<SocketRecord[]>('watchSockets').then(
      records => this.#listener.onSockets(records, this.#sockets.snapshotArrived()),
      () => {},
    );
    const watching = this.#hub.invoke<TaskRecord[]>('watchTasks');
    const runs = this.#hub.invoke<RunRecord[]>('listRuns', null);
    const tasks = Promise.all([watching, runs]).then(
      ([records, known]) => this.#listener.onTasks(records, known, this.#tasks.snapshotArrived()),
      () => {},
    );
    await Promise.all([sockets, tasks]);
  }

  /** Resolves when the agent has done it durably; rejects with the agent's words or because the connection was lost. */
  async perform(action: TransferAction, id: string): Promise<void> {
    await this.#hub.invoke(methodOf[action], id);
  }

  /** As `perform`, for everything that has not ended, or that has. */
  async performOnAll(action: BulkAction): Promise<void> {
    await this.#hub.invoke(bulkMethodOf[action]);
  }

  /** Bytes a second; `null` takes the limit away. */
  async limit(id: string, maxBytesPerSecond: number | null): Promise<void> {
    await this.#hub.invoke('setTransferLimit', id, maxBytesPerSecond);
  }

  /** What a record leaves out. */
  async detailsOf(id: string): Promise<TransferDetails> {
    return await this.#hub.invoke('getTransferDetails', id);
  }

  /** Ends the connection of a socket, or forgets one that is over. */
  async removeSocket(name: SocketName): Promise<void> {
    await this.#hub.invoke('removeSocket', name);
  }

  /** Tells the run to end. */
  async cancelRun(id: string): Promise<void> {
    await this.#hub.invoke('cancelRun', id);
  }

  /** With what it wrote. */
  async runOf(id: string): Promise<RunDetails> {
    return await this.#hub.invoke('getRun', id);
  }

  /** Of all transfers together; what is left out stays as it is. */
  async setLimits(wanted: TransferLimitsRequest): Promise<void> {
    const limits: TransferLimitsRecord = await this.#hub.invoke('setLimits', wanted);
    this.#listener.onLimits(limits);
  }

  get isConnected(): boolean {
    return this.#hub.state === HubConnectionState.Connected;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    void this.#hub.stop();
  }

  #onLost(): void {
    if (this.#isOver) return;
    for (const heard of [this.#transfers, this.#sockets, this.#tasks]) heard.lost();
    const at = Date.now();
    if (this.#http.lastStatus === 401) {
      this.#isOver = true;
      this.#listener.onLink({ type: 'session-refused', at });
      return;
    }
    this.#failedAttempts += 1;
    const delay = reconnectDelayMs(this.#failedAttempts, Math.random(), this.#options);
    this.#timer = setTimeout(() => void this.connect(), delay);
    this.#listener.onLink({ type: 'connection-lost', at, nextAttemptAt: at + delay });
  }
}
