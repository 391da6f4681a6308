// @longhaul/client: hand downloads and sockets to the user's agent and exit. Exactly the public exports.

export type {
  AgentStatus,
  AppManifest,
  AppRecord,
  CancellationReason,
  ChecksumRequest,
  CollisionOption,
  CreateDownloadRequest,
  ErrorCode,
  ManifestTask,
  RunDetails,
  RunRecord,
  SocketChange,
  SocketName,
  SocketReason,
  SocketRecord,
  TaskChange,
  TaskRecord,
  TransferAttempt,
  TransferChecksum,
  TransferDetails,
  TransferError,
  TransferLimitsRecord,
  TransferLimitsRequest,
  TransferRange,
  TransferRecord,
  TransferStatus,
  WebErrorStatus,
} from '@longhaul/agent-protocol';
export { errorTable, isTerminal, LonghaulError } from '@longhaul/agent-protocol/plain';
export { Agent } from './agent.ts';
export { connectAgent, readManifest } from './connect-agent.ts';
export { type ConnectAgentOptions, defaults } from './options.ts';
export { LocalSettings, localSettings, type SettingsOwner } from './settings/local-settings.ts';
export { SettingsDoor } from './settings/settings-door.ts';
export type { BrokeredSocket, SocketOfKind } from './sockets/brokered-sockets.ts';
export { type CancelIOOptions, cancelIO } from './sockets/cancel-io.ts';
export { type EnableTransferOwnershipOptions, enableTransferOwnership } from './sockets/enable-transfer-ownership.ts';
export { type AnySocketActivityInformation, SocketActivityInformation } from './sockets/socket-activity-information.ts';
export { SocketActivityTrigger } from './sockets/socket-activity-trigger.ts';
export type { SocketDoor } from './sockets/socket-door.ts';
export { type SocketErrorStatus, socketErrorStatus } from './sockets/socket-error-status.ts';
export { SocketsDoor } from './sockets/sockets-door.ts';
export { type SocketBroker, type TransferOwnershipOptions, transferOwnership } from './sockets/transfer-ownership.ts';
export {
  type OnSuspendingOptions,
  onSuspending,
  type SuspendingDeferral,
  type SuspendingEvent,
  type SuspendingHandler,
  type SuspendingSignal,
} from './suspending/on-suspending.ts';
export type {
  BackgroundTask,
  BackgroundTaskDeferral,
  BackgroundTaskInstance,
  SocketActivityTriggerDetails,
} from './task-host/background-task-instance.ts';
export { BackgroundTaskBuilder, type BackgroundTrigger } from './tasks/background-task-builder.ts';
export { BackgroundTaskRegistration, type TaskOwner } from './tasks/background-task-registration.ts';
export type { TaskCompletion, TaskFollower, TaskProgress } from './tasks/run-follower.ts';
export { TasksDoor } from './tasks/tasks-door.ts';
export {
  BackgroundDownloader,
  type BackgroundDownloaderOptions,
  type CreateDownloadOptions,
} from './transfers/background-downloader.ts';
export { parseDownloadUrl } from './transfers/download-arguments.ts';
export { DownloadOperation, type ResponseInformation } from './transfers/download-operation.ts';
export type { FollowOptions } from './transfers/follow-to-end.ts';
export type { LimitsFollower } from './transfers/limits-feed.ts';
export { type DownloadProgress, progressOf } from './transfers/progress.ts';
export type { HeaderPair, HeadersInput } from './transfers/request-headers.ts';
export { headerPair } from './transfers/request-headers.ts';
export type { AllFollower, Follower } from './transfers/transfer-feed.ts';
export { TransfersDoor } from './transfers/transfers-door.ts';
export type { WatchOptions } from './watching/change-feed.ts';
export type { WatchState } from './watching/change-queue.ts';
