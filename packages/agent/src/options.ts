// The numbers of keeper, launch and API that someone may want to change, each with unit, default and reason.
// (Those of the transfers are in transfers/options.ts.)

export interface KeeperLimits {
  /** Connections held while no agent can take them, and as many on each door that are told why there is none; one more is closed. */
  readonly maxHeldConnections: number;
  /** A held connection is closed after this time. Milliseconds. */
  readonly holdMs: number;
  /** The agent must report ready within this time or is killed. Milliseconds. Long: a store with 10,000s of transfers is read. */
  readonly startDeadlineMs: number;
  /** After being asked to stop the agent has this time for its last checkpoints; then it is killed. Milliseconds. */
  readonly stopDeadlineMs: number;
  /** Starts that fail one after the other without a code before the keeper gives up and reports the last failure. */
  readonly maxFailedStarts: number;
  /** First wait between failed starts or repeated crashes; doubles. Milliseconds. */
  readonly backoffMs: number;
  /** Longest wait. Milliseconds. */
  readonly maxBackoffMs: number;
  /** Crashes older than this are forgotten. Milliseconds. */
  readonly crashWindowMs: number;
  /** Crashes of a serving agent in the window that are answered by an immediate restart. */
  readonly freeCrashes: number;
  /** The same for SIGKILL from outside, which is not the agent's fault. */
  readonly freeKills: number;
  /** How long a new keeper waits for the lock of one that is just ending. Milliseconds. */
  readonly lockWaitMs: number;
  /** Parked sockets in one vault process, if its limit of open files allows as many. */
  readonly maxSocketsPerVault: number;
  /** Vault processes of one keeper; each costs as much memory as a small Node program. */
  readonly maxVaults: number;
}

export interface LaunchLimits {
  /** How long `ensureAgent` waits for an agent in all. Milliseconds. */
  readonly startTimeoutMs: number;
  /** A connection attempt to a socket that might be dead. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** Fallback to the file watcher while waiting for a report or an end. Milliseconds. */
  readonly pollMs: number;
  /** The service manager's own command. Milliseconds. */
  readonly serviceManagerTimeoutMs: number;
}

export interface ApiLimits {
  /** Open connections on the Unix socket; one more is closed. */
  readonly maxSocketConnections: number;
  /** Open connections on the loopback port; one more is closed. Other users of the machine can connect there. */
  readonly maxLoopbackConnections: number;
  /** A request head must arrive within this time. Milliseconds. */
  readonly headersTimeoutMs: number;
  /** A whole request must arrive within this time (WebSockets are no longer requests). Milliseconds. */
  readonly requestTimeoutMs: number;
  /** Bytes of a request head. */
  readonly maxHeaderBytes: number;
  /** Bytes of a login body. */
  readonly maxLoginBytes: number;
  /** A login link works this long, once. Milliseconds. DESIGN decision 4. */
  readonly loginCodeMs: number;
  /** Unused login codes at a time; the oldest goes. */
  readonly maxLoginCodes: number;
  /** Wrong codes in the window after which logging in is closed until the window is over or the owner asks for a new link. */
  readonly maxWrongCodes: number;
  /** That window. Milliseconds. */
  readonly wrongCodeWindowMs: number;
  /** Dashboard sessions at a time; the oldest goes. */
  readonly maxSessions: number;
  /** Bytes of one hub message from a client: a request with 64 headers of 16 KiB is refused by its own rules first. */
  readonly maxMessageBytes: number;
  /** Calls of one connection that run at the same time: an app may create many downloads at once, in one group commit. */
  readonly maxParallelCalls: number;
  /** Bytes that one connection may leave unread before it is closed. Large: one answer may list 10,000s of transfers. */
  readonly maxUnreadBytes: number;
}

export const defaults = Object.freeze({
  keeper: Object.freeze<KeeperLimits>({
    maxHeldConnections: 256,
    holdMs: 10_000,
    startDeadlineMs: 30_000,
    stopDeadlineMs: 10_000,
    maxFailedStarts: 3,
    backoffMs: 100,
    maxBackoffMs: 5_000,
    crashWindowMs: 60_000,
    freeCrashes: 3,
    freeKills: 120,
    lockWaitMs: 300,
    maxSocketsPerVault: 15_000,
    maxVaults: 16,
  }),
  launch: Object.freeze<LaunchLimits>({
    startTimeoutMs: 30_000,
    connectTimeoutMs: 2_000,
    pollMs: 25,
    serviceManagerTimeoutMs: 5_000,
  }),
  api: Object.freeze<ApiLimits>({
    maxSocketConnections: 1_024,
    maxLoopbackConnections: 128,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 30_000,
    maxHeaderBytes: 16_384,
    maxLoginBytes: 1_024,
    loginCodeMs: 60_000,
    maxLoginCodes: 16,
    maxWrongCodes: 10,
    wrongCodeWindowMs: 60_000,
    maxSessions: 64,
    maxMessageBytes: 1_300_000,
    maxParallelCalls: 64,
    maxUnreadBytes: 67_108_864,
  }),
});
/** How long the agent waits for the lock of an agent that is just ending because its keeper died. Milliseconds; it has 1 s. */
export const agentLockWaitMs = 3_000;
