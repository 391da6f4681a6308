// The agent's hub (`/agent`) as its clients see it: methods, events, roles. Parsed once at the agent's door.
import * as v from 'valibot';
import { AppId } from './app-id.ts';
import type { SettingVerbs } from './settings.ts';
import type { SocketEvents, SocketVerbs } from './sockets.ts';
import { ManifestTask, type TaskEvents, type TaskVerbs } from './tasks.ts';
import type {
  CreateDownloadRequest,
  TransferDetails,
  TransferLimitsRecord,
  TransferLimitsRequest,
  TransferRecord,
} from './transfers.ts';

/** Where the hub is, on the Unix socket and on the loopback port. */
export const agentHubPath = '/agent';

/** Tasks in one manifest. */
export const maxManifestTasks = 64;

/** `longhaul app register MANIFEST` (JSON). Registering again keeps what is left out. */
export const AppManifest = v.strictObject({
  id: AppId,
  name: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** Absolute: what entry points are relative to. The command and the SDK set it to the folder of the manifest's file. */
  folder: v.optional(v.pipe(v.string(), v.maxLength(4_096), v.regex(/^\/[^\0]*$/, 'not an absolute path'))),
  /** The code of the app that may be started (TI-03). Given, it replaces all that was declared before. */
  tasks: v.optional(v.pipe(v.array(ManifestTask), v.maxLength(maxManifestTasks))),
});
export type AppManifest = v.InferOutput<typeof AppManifest>;

export interface AppRecord {
  readonly id: string;
  readonly name: string;
  /** `null` where the app has never said. */
  readonly folder: string | null;
  readonly tasks: readonly ManifestTask[];
  readonly registeredAt: number;
  /** The app's grant file (mode 0600): whoever can read it is the app. */
  readonly grantFile: string;
}

/** `agent status --json`. */
export interface AgentStatus {
  readonly running: boolean;
  readonly pid: number;
  readonly keeperPid: number;
  readonly version: string;
  /** Path of the Unix socket. */
  readonly socket: string;
  /** `null` until the first `longhaul dashboard` opens the loopback port. No secret in it. */
  readonly dashboardUrl: string | null;
  readonly startedAt: number;
  /** The task host that waits for the next app whose socket wakes; `null` while there is none. */
  readonly spareHostPid: number | null;
}

/** What a connection may do. `owner`: this user through the Unix socket; `app`: one app's grant; `browser`: a dashboard session. */
export type Role = 'owner' | 'app' | 'browser';

/** Methods of the hub. Every answer that promises something means it is durable. */
export interface AgentHub extends SettingVerbs, SocketVerbs, TaskVerbs {
  createDownload(request: CreateDownloadRequest): Promise<TransferRecord>;
  startTransfer(id: string): Promise<TransferRecord>;
  getTransfer(id: string): Promise<TransferRecord>;
  /** All transfers in this connection's scope, oldest first. */
  listTransfers(): Promise<TransferRecord[]>;
  /** As `listTransfers`, and from then on `transferChanged` and `transferRemoved` come to this connection. */
  watchTransfers(): Promise<TransferRecord[]>;
  pauseTransfer(id: string): Promise<TransferRecord>;
  resumeTransfer(id: string): Promise<TransferRecord>;
  cancelTransfer(id: string): Promise<TransferRecord>;
  removeTransfer(id: string): Promise<void>;
  /** Starts one that ended with an error or was canceled anew, under the same id. */
  retryTransfer(id: string): Promise<TransferRecord>;
  /** Everything in scope that has not ended. Resolves with how many were canceled. */
  cancelAllTransfers(): Promise<number>;
  /** Everything in scope that has ended. Resolves with how many were removed. */
  removeFinishedTransfers(): Promise<number>;
  getTransferDetails(id: string): Promise<TransferDetails>;
  /** Takes effect at once, also while it runs; `null` takes the limit away. */
  setTransferLimit(id: string, maxBytesPerSecond: number | null): Promise<TransferRecord>;
  getLimits(): Promise<TransferLimitsRecord>;
  /**
   * Takes effect at once and is kept over restarts; what is left out stays as it is. Where fewer may be active than are,
   * those that run go on to their end. Resolves with what holds then.
   */
  setLimits(limits: TransferLimitsRequest): Promise<TransferLimitsRecord>;
  getStatus(): Promise<AgentStatus>;
  /** Opens the loopback port when needed; a link with a single-use code of 60 s in its fragment. Unix socket only. */
  openDashboard(): Promise<{ url: string }>;
  registerApp(manifest: AppManifest): Promise<AppRecord>;
  unregisterApp(id: string): Promise<void>;
  listApps(): Promise<AppRecord[]>;
  /** Ends agent and keeper after this answer. Unix socket, owner only. */
  stopAgent(): Promise<void>;
  /** The keeper starts the agent anew; its sockets stay open. Unix socket, owner only. */
  restartAgent(): Promise<void>;
}

/** Events the agent sends. At most 10 a second for one transfer; the last state is never left out. */
export interface AgentClient extends SocketEvents, TaskEvents {
  transferChanged(record: TransferRecord): void;
  transferRemoved(id: string): void;
  limitsChanged(limits: TransferLimitsRecord): void;
}
