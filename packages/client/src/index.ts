// @longhaul/client: hand a download to the user's agent and exit. Exactly the public exports.

export {
  type AgentStatus,
  type AppManifest,
  type AppRecord,
  type ChecksumRequest,
  type CollisionOption,
  type CreateDownloadRequest,
  type ErrorCode,
  errorTable,
  isTerminal,
  LonghaulError,
  type TransferAttempt,
  type TransferChecksum,
  type TransferDetails,
  type TransferError,
  type TransferLimitsRecord,
  type TransferLimitsRequest,
  type TransferRange,
  type TransferRecord,
  type TransferStatus,
  type WebErrorStatus,
} from '@longhaul/agent-protocol';
export { Agent } from './agent.ts';
export { connectAgent } from './connect-agent.ts';
export { type ConnectAgentOptions, defaults } from './options.ts';
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
