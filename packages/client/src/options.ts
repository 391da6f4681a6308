// Options of `connectAgent`: resolved and frozen once at the door. Every number someone may want to change stands here.
import type { AppManifest } from '@longhaul/agent-protocol';

export interface ConnectAgentOptions {
  /**
   * App id whose transfers this connection sees and makes: letters, digits, dot, dash, underscore, at most 128 characters.
   * Its grant file (mode 0600) proves who it is; an unknown id is registered first. Without it: the owner, who sees everything.
   */
  readonly app?: string;
  /**
   * The app's manifest, by the path of its file or as an object; `app` may be left out then. The code that it declares may be
   * started from then on (TI-03); whatever it says replaces what was registered before.
   */
  readonly manifest?: string | URL | AppManifest;
  /** Name for people, used when the app is registered by this call. Default: the app id. */
  readonly appName?: string;
  /** Ends the waiting for the first connection (rejects with `operation-canceled`). Later it does nothing. */
  readonly signal?: AbortSignal;
  /** Whether an agent is started when none runs, now and after one was lost. Default `when-needed`. */
  readonly start?: 'when-needed' | 'never';
  /**
   * How long a call, or an attached transfer, waits for an unreachable agent before it rejects with `agent-not-reachable`.
   * Milliseconds, default 30 000.
   */
  readonly reachTimeoutMs?: number;
  /** Where Longhaul's folders are found (`LONGHAUL_HOME`, `XDG_…`, `HOME`). Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What stands behind `connectAgent` when nothing else is asked for. */
export const defaults = Object.freeze({
  /** See `ConnectAgentOptions.start`. */
  start: 'when-needed' as const,
  /** Longer than a cold start of the agent on a busy machine, shorter than a person's patience. Milliseconds. */
  reachTimeoutMs: 30_000,
  /**
   * How long an unused connection stays open for the next call. Milliseconds. It is also the longest time by which
   * the SDK delays the exit of a process that forgot to dispose its agent.
   */
  lingerMs: 100,
  /** How long one dial (socket, handshake) may take before it is given up and tried again. Milliseconds. */
  dialTimeoutMs: 5_000,
  /** First wait before dialling again; doubles with every failure. Milliseconds. */
  reconnectFirstDelayMs: 20,
  /** Longest wait before dialling again. Milliseconds. */
  reconnectMaxDelayMs: 1_000,
  /** The longest answer that is taken: as much as the agent may send at once, a list of 10,000s. Bytes. */
  maxAnswerBytes: 67_108_864,
  /** How long `dispose` waits for answers that are already under way. Milliseconds. */
  disposeTimeoutMs: 2_000,
});
