// `longhaul agent run`: this process is the keeper, until Ctrl-C, SIGTERM or a client's stop.
import { resolve } from 'node:path';
import { resolvePaths } from '../paths.ts';
import type { Endpoint } from './endpoint.ts';
import { agentEnvironment } from './environment.ts';

export interface ForegroundOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Aborted: as SIGTERM. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the agent serves. */
  readonly onServing?: ((endpoint: Endpoint) => void) | undefined;
}

/** Resolves after a clean stop. @throws LonghaulError as `runKeeper` */
export async function runKeeperInForeground(options: ForegroundOptions = {}): Promise<void> {
  const { env = process.env } = options;
  // Only here: apps that merely start an agent need none of it.
  const { runKeeper } = await import('../keeper/keeper.ts');
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    await runKeeper({
      paths: resolvePaths(env),
      env: agentEnvironment(env, env.LONGHAUL_HOME ? resolve(env.LONGHAUL_HOME) : undefined),
      signal: options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal,
      onServing: options.onServing ?? (() => {}),
    });
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}
