// The page's end of the agent's hub, through the official SignalR client: connects, comes back after a loss, and tells
// what it hears as facts. It decides nothing but when to try again (link/retry.ts).
import {
  type AgentStatus,
  agentHubPath,
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
import { requestFrame } from '../frame.ts';
import type { LinkEvent } from '../link/link-states.ts';
import { reconnectDelayMs } from '../link/retry.ts';
import type { DashboardOptions } from '../options.ts';
import type { TransferAction } from '../transfers/transfer-actions.ts';
import type { TransferChange } from '../transfers/transfer-list.ts';
import type { BulkAction } from '../view-state.ts';
import { StatusNotingHttpClient } from './status-noting-http-client.ts';

/** Who hears the facts. A snapshot comes right after each `connected`, changes only after a snapshot. */
export interface AgentListener {
  onLink(event: LinkEvent): void;
  onSnapshot(records: readonly TransferRecord[]): void;
  /** At most once a frame. */
  onChanges(changes: readonly TransferChange[]): void;
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
  /** Heard and not yet told; kept back until the snapshot of this connection is here. */
  #heard: TransferChange[] = [];
  #hasSnapshot = false;

  constructor(token: string, listener: AgentListener, options: DashboardOptions) {
    this.#listener = listener;
    this.#options = options;
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
    this.#hub.on('transferChanged', (record: TransferRecord) => this.#hear({ type: 'changed', record }));
    this.#hub.on('transferRemoved', (id: string) => this.#hear({ type: 'removed', id }));
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
      this.#hasSnapshot = true;
      this.#listener.onLink({ type: 'connected' });
      this.#listener.onSnapshot(records);
      this.#tellChanges();
    } catch {
      // A connection without a picture is of no use; its end is told by `onclose`.
      await this.#hub.stop();
      return;
    }
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

  #hear(change: TransferChange): void {
    this.#heard.push(change);
    if (this.#hasSnapshot && this.#heard.length === 1) requestFrame(() => this.#tellChanges());
  }

  #tellChanges(): void {
    if (!this.#hasSnapshot || this.#heard.length === 0) return;
    this.#listener.onChanges(this.#heard.splice(0));
  }

  #onLost(): void {
    if (this.#isOver) return;
    this.#tellChanges();
    this.#hasSnapshot = false;
    this.#heard = [];
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
