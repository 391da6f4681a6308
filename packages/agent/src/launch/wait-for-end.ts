// After an agent was asked to stop: waits until its keeper is gone, so that the next start finds nothing in its way.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { defaults } from '../options.ts';
import type { Endpoint } from './endpoint.ts';

export interface WaitForEndOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, default 15,000: the agent's own deadline and a reserve. */
  readonly timeoutMs?: number | undefined;
}

/** True when the keeper of `endpoint` is gone, false when it still lives after `timeoutMs`. */
export async function waitForAgentEnd(endpoint: Endpoint, options: WaitForEndOptions = {}): Promise<boolean> {
  const deadline = performance.now() + (options.timeoutMs ?? defaults.keeper.stopDeadlineMs + 5_000);
  while (isAlive(endpoint.keeperPid)) {
    options.signal?.throwIfAborted();
    if (performance.now() >= deadline) return false;
    await delay(defaults.launch.pollMs);
  }
  return true;
}

/**
 * A process that has ended but was not fetched by its parent (a container without an init) counts as gone; one whose main
 * thread alone has ended does not: the others still hold its sockets.
 */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const isZombie = stat.charAt(stat.lastIndexOf(')') + 2) === 'Z';
    return !isZombie || readdirSync(`/proc/${pid}/task`).length > 1;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
