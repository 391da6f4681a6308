// The way to an Agent object. What it takes to connect is loaded by the first who connects: a task that is started for a
// socket imports the SDK, and mostly needs no connection.
import type { AppManifest } from '@longhaul/agent-protocol';
import type { Agent } from './agent.ts';
import type { ConnectAgentOptions } from './options.ts';

/**
 * Connects to this user's agent, and starts it when none runs. With `app`, the connection sees and makes that app's
 * transfers only; an app that is not registered yet is registered first, and with `manifest` whenever that says something new.
 *
 * The connection exists while it is used, so that it keeps no process alive: a call under way, a pending `start()` or
 * `attach()`, and 100 ms after the last of them. Dispose the agent (`await using`) to let the process exit at once.
 *
 * @throws LonghaulError `invalid-argument`, `agent-not-reachable`, `access-denied`, `operation-canceled` (by `signal`), and
 * why no agent can serve: `store-unreadable`, `store-newer`, `unsafe-folder`, `internal`
 */
export async function connectAgent(options: ConnectAgentOptions = {}): Promise<Agent> {
  const { openAgent } = await import('./open-agent.ts');
  return await openAgent(options);
}

/**
 * The manifest of an app, checked, as `connectAgent` reads it: from a JSON file of at most 1 MiB, whose folder becomes the
 * manifest's where it names none, or from an object.
 *
 * @throws LonghaulError `invalid-argument`
 */
export async function readManifest(manifest: string | URL | AppManifest): Promise<AppManifest> {
  const reading = await import('./read-manifest.ts');
  return await reading.readManifest(manifest);
}
