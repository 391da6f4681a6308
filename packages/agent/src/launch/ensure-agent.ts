// What an app's first use does: finds the running agent or starts one. Any number of callers may do so at the same moment.
import { setTimeout as delay } from 'node:timers/promises';
import { LonghaulError } from '@longhaul/agent-protocol';
import { defaults } from '../options.ts';
import { resolvePaths } from '../paths.ts';
import type { Endpoint } from './endpoint.ts';
import { findAgentOf } from './find-agent.ts';
import { startKeeper } from './start-keeper.ts';

export interface EnsureAgentOptions {
  /** Where to look for the folders. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, default 30,000. After it `agent-not-reachable`. */
  readonly timeoutMs?: number | undefined;
}

/**
 * @throws LonghaulError `store-unreadable`, `store-newer`, `unsafe-folder`, `folder-not-writable`, `access-denied`,
 * `internal` (why no agent can serve this store), `agent-not-reachable` (none came in time); the signal's reason when aborted
 */
export async function ensureAgent(options: EnsureAgentOptions = {}): Promise<Endpoint> {
  const { env = process.env, timeoutMs = defaults.launch.startTimeoutMs } = options;
  const paths = resolvePaths(env);
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort(
      new LonghaulError('agent-not-reachable', `no agent served ${paths.stateFolder} within ${timeoutMs} ms`),
    );
  }, timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout.signal]) : timeout.signal;
  try {
    for (;;) {
      signal.throwIfAborted();
      const found = await findAgentOf(paths);
      if (found !== undefined) return found;
      await startUnlessRunning(env, signal);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Another keeper that holds the store is either about to serve or about to end: both are over soon, then look again. */
async function startUnlessRunning(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  try {
    await startKeeper({ env, signal });
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'agent-already-running') throw error;
    const paths = resolvePaths(env);
    for (let tries = 0; tries < 20 && (await findAgentOf(paths)) === undefined; tries++) {
      signal.throwIfAborted();
      await delay(defaults.launch.pollMs);
    }
  }
}
